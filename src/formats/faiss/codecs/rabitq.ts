/**
 * RaBitQ: `u64 d, u64 code_size, i32 metric, [u64 nb_bits]`. A code is the signs of what a vector differs by from its centre, then
 * two float32: its squared length less a product, and a factor; more bits a dimension follow in multi-bit codes:
 *
 *     ceil(d / 8) signs, f32, f32 factor, [f32 error, ceil(d * extra / 8) numbers, f32, f32 rescale]
 *
 * faiss itself decodes the signs only; with the further bits the error is down to a hundredth. Norms and constants are of faiss'
 * RaBitQuantizer.cpp and RaBitQuantizerMultiBit.cpp.
 */
import type { Cursor } from '../cursor.ts';
import { bitsAt } from './bits.ts';
import type { Codec, Decode } from './codec.ts';

/** A RaBitQ quantizer. */
export interface RabitQ extends Codec {
  readonly bits: number;
  /** Bytes of a code behind the signs. */
  readonly factorBytes: number;
}

const METRICS = 25;

/** Which fields a RaBitQ quantizer has: the number of bits or not; Milvus once added a third factor to each code of 1 bit. */
export type RabitQForm = '1 bit' | 'multi-bit' | "Milvus' 1 bit";

/** Parses a RaBitQ quantizer. */
export function readRabitQ(cursor: Cursor, dim: number, form: RabitQForm): RabitQ {
  const start = cursor.position;
  const d = cursor.count('the number of dimensions of the RaBitQ', Number.MAX_SAFE_INTEGER);
  const codeBytes = cursor.count('the code size of the RaBitQ', Number.MAX_SAFE_INTEGER);
  const metric = cursor.small('the metric of the RaBitQ', 0, METRICS);
  const bits = form === 'multi-bit' ? cursor.count('the number of bits of the RaBitQ', 9) : 1;
  const factorBytes = rabitQFactorBytes(dim, bits) + (form === "Milvus' 1 bit" ? 4 : 0);
  const expected = Math.ceil(dim / 8) + factorBytes;
  if (d !== dim || bits === 0 || codeBytes !== expected) {
    throw cursor.malformed(`a RaBitQ of ${d} dimensions and ${bits} bits has codes of ${codeBytes} bytes`, {
      byte: start,
      expected: `${dim} dimensions, ${expected} bytes`,
    });
  }
  return {
    ...{ label: bits === 1 ? 'RaBitQ' : `RaBitQ${bits}`, dim, codeBytes, bits, factorBytes },
    load: () =>
      bits === 1 ? signDecoder(dim, codeBytes) : multiBitDecoder(dim, codeBytes, bits - 1, metric === 0),
  };
}

function rabitQFactorBytes(dim: number, bits: number): number {
  return bits === 1 ? 8 : 20 + Math.ceil(dim * (bits - 1) / 8);
}

/** Signs only: `± factor / sqrt(d)`; the centre is added elsewhere. */
function signDecoder(dim: number, codeBytes: number): Decode {
  return (codes, count, out) => {
    const view = new DataView(codes.buffer, codes.byteOffset, codes.byteLength);
    for (let row = 0; row < count; row++) {
      const at = row * codeBytes;
      const step = view.getFloat32(at + Math.ceil(dim / 8) + 4, true) / Math.sqrt(dim);
      for (let i = 0; i < dim; i++) out[row * dim + i] = codes[at + (i >>> 3)] >>> (i & 7) & 1 ? step : -step;
    }
  };
}

/** `scale * (sign and further bits, as one number around 0)`. */
function multiBitDecoder(dim: number, codeBytes: number, extra: number, innerProduct: boolean): Decode {
  const numbers = Math.ceil(dim / 8) + 12;
  const middle = 2 ** extra - 0.5;
  return (codes, count, out) => {
    const view = new DataView(codes.buffer, codes.byteOffset, codes.byteLength);
    for (let row = 0; row < count; row++) {
      const at = row * codeBytes;
      const rescale = view.getFloat32(at + codeBytes - 4, true);
      const scale = innerProduct ? rescale : rescale / -2;
      for (let i = 0; i < dim; i++) {
        const sign = codes[at + (i >>> 3)] >>> (i & 7) & 1;
        const number = (sign << extra) + bitsAt(codes, at + numbers, i * extra, extra);
        out[row * dim + i] = scale * (number - middle);
      }
    }
  };
}
