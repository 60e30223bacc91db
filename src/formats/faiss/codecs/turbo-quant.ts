/**
 * TurboQuant: m planes of index bits into a table, a plane of signs of a random projection of what they miss (QJL), then two
 * float32: the norm of the vector and gamma, that of the rest. `trained` is 2^m centroids, 2^m - 1 boundaries, the seed (u64 in two
 * floats) and the type of the projection.
 *
 *     x = norm * (centroid[index] / sqrt(d) + sqrt(pi / 2) / d * gamma * Qt(signs / sqrt(p)))
 */
import { VtsError } from '../../../errors.ts';
import type { Decode } from './codec.ts';
import { hadamard, mersenneSigns, powerOfTwo } from './hadamard.ts';

/** Decodes `m` index bits and a sign a dimension. @throws VtsError InputUnsupported */
export function turboQuantDecoder(trained: Float32Array<ArrayBuffer>, dim: number, m: number): Decode {
  const table = trained.subarray(0, 2 ** m);
  const tail = new DataView(trained.buffer, trained.byteOffset + (2 * 2 ** m - 1) * 4);
  const projection = tail.getFloat32(8, true);
  if (projection !== 0) {
    throw new VtsError(
      'InputUnsupported',
      'The TurboQuant codes use a random matrix that the index does not hold',
      {
        expected: `projection type 0; this is ${projection}`,
      },
    );
  }
  const plane = Math.ceil(dim / 8);
  const codeBytes = (m + 1) * plane + 8;
  const padded = powerOfTwo(dim);
  const signs = mersenneSigns(tail.getUint32(0, true), padded);
  const rest = new Float64Array(padded);
  return (codes, count, out) => {
    const view = new DataView(codes.buffer, codes.byteOffset, codes.byteLength);
    for (let row = 0; row < count; row++) {
      const at = row * codeBytes;
      const bit = (which: number, i: number) => codes[at + which * plane + (i >>> 3)] >>> (i & 7) & 1;
      const norm = view.getFloat32(at + codeBytes - 8, true);
      const gamma = view.getFloat32(at + codeBytes - 4, true);
      rest.fill(0);
      for (let i = 0; i < padded; i++) {
        rest[i] = (i < dim ? (bit(m, i) ? 1 : -1) : 0) / Math.sqrt(padded);
      }
      hadamard(rest);
      for (let i = 0; i < dim; i++) {
        let index = 0;
        for (let b = 0; b < m; b++) index |= bit(b, i) << b;
        const sketch = Math.sqrt(Math.PI / 2) / dim * gamma * rest[i] * signs[i];
        out[row * dim + i] = norm * (table[index] / Math.sqrt(dim) + sketch);
      }
    }
  };
}
