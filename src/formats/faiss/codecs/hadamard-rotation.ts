/**
 * The random rotation `HRot`: three times signs and a Hadamard transform. faiss offers no way back, but there is one: the transform
 * is its own inverse but for its scale, and so are the signs.
 */
import { hadamard, splitMixSigns } from './hadamard.ts';
import type { Inverse } from './transform.ts';

/** Goes back from `dimOut` (a power of two) to `dimIn` dimensions. */
export function rotationInverse(seed: number, dimIn: number, dimOut: number): Inverse {
  const drawn = splitMixSigns(seed);
  const signs = [0, 1, 2].map(() => Float64Array.from({ length: dimOut }, () => drawn.next().value))
    .reverse();
  const scale = dimOut ** -1.5;
  const x = new Float64Array(dimOut);
  return (values, count, out) => {
    for (let row = 0; row < count; row++) {
      for (let i = 0; i < dimOut; i++) x[i] = values[row * dimOut + i] * scale;
      for (const sign of signs) {
        hadamard(x);
        for (let i = 0; i < dimOut; i++) x[i] *= sign[i];
      }
      for (let i = 0; i < dimIn; i++) out[row * dimIn + i] = x[i];
    }
  };
}
