/**
 * Additive quantization: a vector is the sum of one row of each of several codebooks.
 *
 *     u64 d, u64 M, vec<u64> nbits, bool trained, vec<f32> codebooks[sum of 2^nbits][d], i32 search_type, f32 norm_min, f32 norm_max,
 *     [vec<f32> norms if search_type is 6..9], [vec<f32> tables if 8 or 9]
 *
 * RQ, LSQ, PRQ and PLSQ follow it with fields of their own. PRQ and PLSQ split the vector and quantize each piece by itself; their
 * codebooks are those of the pieces, one after the other. What follows the sub-codes in a code is a norm, for search only.
 */
import type { Cursor, Extent } from '../cursor.ts';
import { MAX_DIM } from '../header.ts';
import { bitsAt, MAX_CODE_BITS } from './bits.ts';
import type { Codec, Decode } from './codec.ts';
import { loadFloats } from './tables.ts';

/** Which additive quantizer: residual, local search, or a product of either. */
export type AdditiveKind = 'RQ' | 'LSQ' | 'PRQ' | 'PLSQ';

/** An additive quantizer. */
export interface AdditiveQuantizer extends Codec {
  /** Bits of each sub-code. */
  readonly bits: readonly number[];
  readonly codebooks: Extent;
  /** Dimensions are split into this many pieces. */
  readonly splits: number;
}

/** Bits of the norm that follows the sub-codes, by search type. */
const NORM_BITS = [0, 0, 0, 32, 8, 4, 8, 4, 8, 8];
const LAST_SEARCH_TYPE = NORM_BITS.length - 1;
/** Sub-codes of a real index; each has a codebook in the file. */
const MAX_SUB_CODES = 1 << 16;

/** Parses an additive quantizer of vectors of `dim` dimensions. */
export function readAdditive(cursor: Cursor, kind: AdditiveKind, dim: number): AdditiveQuantizer {
  if (kind === 'RQ' || kind === 'LSQ') return readOne(cursor, kind, dim);
  const start = cursor.position;
  const base = readBase(cursor, dim);
  const splits = cursor.count('the number of splits of the quantizer', base.bits.length);
  if (splits === 0 || dim % splits !== 0 || base.bits.length % splits !== 0) {
    throw cursor.malformed(`a ${kind} has ${splits} splits`, {
      byte: start,
      expected: `a divisor of ${dim} and of ${base.bits.length}`,
    });
  }
  for (let i = 0; i < splits; i++) readOne(cursor, kind === 'PRQ' ? 'RQ' : 'LSQ', dim / splits);
  return additiveCodec(cursor, kind, dim, base, splits, start);
}

function readOne(cursor: Cursor, kind: 'RQ' | 'LSQ', dim: number): AdditiveQuantizer {
  const start = cursor.position;
  const base = readBase(cursor, dim);
  if (kind === 'RQ') cursor.skip(4 + 4, 'the training options of the RQ');
  else cursor.skip(5 * 8 + 4 + 4 + 8 + 4 + 8 + 1, 'the training options of the LSQ');
  return additiveCodec(cursor, kind, dim, base, 1, start);
}

/** Parses a residual quantizer as old versions saved it (`IxRQ`): other fields in another order. */
export function readOldRq(cursor: Cursor, dim: number): AdditiveQuantizer {
  const start = cursor.position;
  const bits = readBits(cursor, dim);
  cursor.bool('the flag "is trained" of the RQ');
  cursor.skip(4 + 4, 'the training options of the RQ');
  const codebooks = cursor.array('the codebooks', 4);
  const searchType = cursor.small('the search type', 0, LAST_SEARCH_TYPE);
  cursor.skip(4 + 4, 'the range of norms');
  return additiveCodec(cursor, 'RQ', dim, { bits, codebooks, searchType }, 1, start);
}

interface AdditiveBase {
  readonly bits: readonly number[];
  readonly codebooks: Extent;
  readonly searchType: number;
}

function readBase(cursor: Cursor, dim: number): AdditiveBase {
  const bits = readBits(cursor, dim);
  cursor.bool('the flag "is trained" of the quantizer');
  const codebooks = cursor.array('the codebooks', 4);
  const searchType = cursor.small('the search type', 0, LAST_SEARCH_TYPE);
  cursor.skip(4 + 4, 'the range of norms');
  if (searchType >= 6) cursor.array('the quantized norms', 4);
  if (searchType >= 8) cursor.array('the tables of norms', 4);
  return { bits, codebooks, searchType };
}

function readBits(cursor: Cursor, dim: number): number[] {
  const start = cursor.position;
  const d = cursor.count('the number of dimensions of the quantizer', MAX_DIM);
  const m = cursor.count('the number of sub-codes of the quantizer', MAX_SUB_CODES);
  if (d !== dim || m === 0) {
    throw cursor.malformed(`a quantizer has ${d} dimensions and ${m} sub-codes`, {
      byte: start,
      expected: `${dim} dimensions`,
    });
  }
  const stored = cursor.count('the length of the bits of sub-codes', m);
  if (stored !== m) {
    throw cursor.malformed(`bits are given for ${stored} of ${m} sub-codes`, { byte: start });
  }
  return Array.from({ length: m }, () => cursor.count('the number of bits of a sub-code', MAX_CODE_BITS));
}

function additiveCodec(
  cursor: Cursor,
  kind: AdditiveKind,
  dim: number,
  { bits, codebooks, searchType }: AdditiveBase,
  splits: number,
  start: number,
): AdditiveQuantizer {
  const rows = bits.reduce((sum, b) => sum + 2 ** b, 0);
  const width = dim / splits;
  if (codebooks.count !== rows * width && codebooks.count !== 0) {
    throw cursor.malformed(`the codebooks of a ${kind} have ${codebooks.count} numbers`, {
      byte: start,
      expected: `${rows * width}`,
    });
  }
  const total = bits.reduce((sum, b) => sum + b, NORM_BITS[searchType]);
  const perSplit = bits.length / splits;
  return {
    label: `${kind}${splits > 1 ? `${splits}x` : ''}${perSplit}x${bits[0]}`,
    ...{ dim, codeBytes: Math.ceil(total / 8), bits, codebooks, splits },
    load() {
      if (codebooks.count === 0) throw cursor.malformed(`a ${kind} was never trained`, { byte: start });
      return additiveDecoder(loadFloats(cursor.source, codebooks), width, bits, splits);
    },
  };
}

/** Adds up the rows of codebooks that the sub-codes number; `width` dimensions a piece. */
function additiveDecoder(
  codebooks: Float32Array<ArrayBuffer>,
  width: number,
  bits: readonly number[],
  splits: number,
): Decode {
  const perSplit = bits.length / splits;
  const firstBit = prefixSums(bits);
  const firstRow = prefixSums(bits.map((b) => 2 ** b));
  return (codes, count, out) => {
    // FastScan codes need not have the norm that others end with.
    const codeBytes = codes.length / count;
    let at = 0;
    for (let row = 0; row < count; row++) {
      for (let split = 0; split < splits; split++, at += width) {
        for (let m = split * perSplit; m < (split + 1) * perSplit; m++) {
          const from = (firstRow[m] + bitsAt(codes, row * codeBytes, firstBit[m], bits[m])) * width;
          if (m === split * perSplit) { for (let i = 0; i < width; i++) out[at + i] = codebooks[from + i]; }
          else for (let i = 0; i < width; i++) out[at + i] += codebooks[from + i];
        }
      }
    }
  };
}

function prefixSums(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value) => (sum += value) - value);
}
