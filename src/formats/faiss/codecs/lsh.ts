/** Bits as numbers: LSH codes and binary vectors that went through a float index. */
import type { Codec } from './codec.ts';

/** A bit a dimension: 1 or -1, plus the dimension's threshold if there are any. */
export function signCodec(bits: number, loadThresholds: () => Float32Array | undefined): Codec {
  const codeBytes = Math.ceil(bits / 8);
  return {
    ...{ label: `LSH${bits}`, dim: bits, codeBytes },
    load() {
      const thresholds = loadThresholds();
      return (codes, count, out) => {
        for (let row = 0; row < count; row++) {
          for (let i = 0; i < bits; i++) {
            const sign = codes[row * codeBytes + (i >>> 3)] >>> (i & 7) & 1 ? 1 : -1;
            out[row * bits + i] = thresholds === undefined ? sign : sign + thresholds[i];
          }
        }
      };
    },
  };
}

/** Packs float32s into bits: 1 for what is greater than 0. */
export function packSigns(values: Float32Array): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(values.length / 8);
  for (let i = 0; i < values.length; i++) if (values[i] > 0) packed[i >>> 3] |= 1 << (i & 7);
  return packed;
}
