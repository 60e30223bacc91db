/**
 * Product quantization: `u64 d, u64 M, u64 nbits, centroids[M][2^nbits][d/M]`. A code holds M numbers of nbits bits; the vector is
 * the chosen centroids one after the other.
 */
import type { Cursor, Extent } from '../cursor.ts';
import { MAX_DIM } from '../header.ts';
import { MAX_CODE_BITS, unpackCodes } from './bits.ts';
import type { Codec, Decode } from './codec.ts';
import { loadFloats } from './tables.ts';

/** A product quantizer. */
export interface ProductQuantizer extends Codec {
  readonly m: number;
  readonly bits: number;
  readonly centroids: Extent;
}

/** Parses a product quantizer of vectors of `dim` dimensions. */
export function readPq(cursor: Cursor, dim: number): ProductQuantizer {
  const start = cursor.position;
  const d = cursor.count('the number of dimensions of the PQ', MAX_DIM);
  const m = cursor.count('the number of sub-quantizers of the PQ', MAX_DIM);
  const bits = cursor.count('the number of bits of the PQ', MAX_CODE_BITS);
  const centroids = cursor.array('the centroids of the PQ', 4);
  if (d !== dim || m === 0 || d % m !== 0 || bits === 0) {
    throw cursor.malformed(`a PQ${m}x${bits} has ${d} dimensions`, {
      byte: start,
      expected: `${dim}, as the index has, and a multiple of ${m}`,
    });
  }
  if (centroids.count !== dim * 2 ** bits) {
    throw cursor.malformed(`a PQ${m}x${bits} of ${d} dimensions has ${centroids.count} numbers`, {
      byte: start,
      expected: `${dim * 2 ** bits}`,
    });
  }
  return {
    ...{ label: `PQ${m}x${bits}`, dim, codeBytes: Math.ceil(m * bits / 8), m, bits, centroids },
    load: () => pqDecoder(loadFloats(cursor.source, centroids), dim, m, bits),
  };
}

/** Looks up the centroids of each code and copies them. */
function pqDecoder(table: Float32Array<ArrayBuffer>, dim: number, m: number, bits: number): Decode {
  const codeBytes = Math.ceil(m * bits / 8);
  const width = dim / m;
  const copy = width % 4 === 0 ? copyByFours : copyOneByOne;
  return (codes, count, out) => {
    copy(table, unpackCodes(codes, count, codeBytes, m, bits), count * m, m, bits, width, out);
  };
}

type Copy = (
  table: Float32Array,
  numbers: Uint8Array | Uint32Array,
  total: number,
  m: number,
  bits: number,
  width: number,
  out: Float32Array,
) => void;

const copyOneByOne: Copy = (table, numbers, total, m, bits, width, out) => {
  const ksub = 2 ** bits;
  let to = 0;
  for (let k = 0, sub = 0; k < total; k++) {
    const from = (sub * ksub + numbers[k]) * width;
    for (let i = 0; i < width; i++) out[to + i] = table[from + i];
    to += width;
    if (++sub === m) sub = 0;
  }
};

const copyByFours: Copy = (table, numbers, total, m, bits, width, out) => {
  const ksub = 2 ** bits;
  let to = 0;
  for (let k = 0, sub = 0; k < total; k++) {
    let from = (sub * ksub + numbers[k]) * width;
    for (const end = from + width; from < end; from += 4, to += 4) {
      out[to] = table[from];
      out[to + 1] = table[from + 1];
      out[to + 2] = table[from + 2];
      out[to + 3] = table[from + 3];
    }
    if (++sub === m) sub = 0;
  }
};
