/**
 * Scalar quantization: `i32 qtype, i32 rangestat, f32 rangestat_arg, u64 d, u64 code_size, trained[]`. Each dimension is a number of
 * its own. The decoders are those of faiss' ScalarQuantizer, in its float32 arithmetic.
 */
import { bfloatToNumber, halfTable } from '../../../core/half.ts';
import { VtsError } from '../../../errors.ts';
import type { Cursor, Extent } from '../cursor.ts';
import { MAX_DIM } from '../header.ts';
import { bitsAt, unpackCodes } from './bits.ts';
import type { Codec, Decode } from './codec.ts';
import { loadFloats } from './tables.ts';
import { turboQuantDecoder } from './turbo-quant.ts';

/** A scalar quantizer. */
export interface ScalarQuantizer extends Codec {
  readonly qtype: number;
}

/** One kind of scalar quantizer. */
interface SqKind {
  readonly label: string;
  /** Bytes of a code of `dim` dimensions. */
  codeBytes(dim: number): number;
  /** Numbers of `trained`. */
  trained(dim: number): number;
  decoder(trained: Float32Array<ArrayBuffer>, dim: number): Decode;
}

const bits = (n: number) => (dim: number) => Math.ceil(n * dim / 8);

const ranged = (label: string, n: number, uniform: boolean): SqKind => ({
  label,
  codeBytes: bits(n),
  trained: (dim) => uniform ? 2 : 2 * dim,
  decoder: (trained, dim) => rangeDecoder(trained, dim, n, uniform),
});

const direct = (label: string, bytes: number, valueOf: (code: number) => number): SqKind => ({
  label,
  codeBytes: (dim) => bytes * dim,
  trained: () => 0,
  decoder: (_, dim) => directDecoder(dim, bytes, valueOf),
});

/** Centroids of each dimension's number, then the boundaries between them. */
const tabled = (label: string, n: number): SqKind => ({
  label,
  codeBytes: bits(n),
  trained: () => 2 * 2 ** n - 1,
  decoder: (trained, dim) => tableDecoder(trained, dim, n),
});

const turbo = (n: number): SqKind => ({
  label: `SQ${n}_tq`,
  codeBytes: (dim) => n * Math.ceil(dim / 8) + 8,
  trained: () => 2 * 2 ** (n - 1) + 2,
  decoder: (trained, dim) => turboQuantDecoder(trained, dim, n - 1),
});

/** By qtype. */
const SQ_KINDS: readonly SqKind[] = [
  ranged('SQ8', 8, false),
  ranged('SQ4', 4, false),
  ranged('SQ8_uniform', 8, true),
  ranged('SQ4_uniform', 4, true),
  direct('SQfp16', 2, (code) => halfTable()[code]),
  direct('SQ8_direct', 1, (code) => code),
  ranged('SQ6', 6, false),
  direct('SQbf16', 2, bfloatToNumber),
  direct('SQ8_direct_signed', 1, (code) => code - 128),
  { label: 'SQ0', codeBytes: () => 0, trained: () => 0, decoder: () => () => {} },
  ...[1, 2, 3, 4, 8].map((n) => tabled(`SQ${n}_tqmse`, n)),
  ...[2, 3, 4, 5].map(turbo),
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((n) => tabled(`SQ${n}_eden`, n)),
];

/** Parses a scalar quantizer of vectors of `dim` dimensions. */
export function readSq(cursor: Cursor, dim: number): ScalarQuantizer {
  const start = cursor.position;
  const qtype = cursor.small('the type of the SQ', 0, SQ_KINDS.length - 1);
  cursor.i32('the range statistic of the SQ');
  cursor.f32('the argument of the range statistic');
  const d = cursor.count('the number of dimensions of the SQ', MAX_DIM);
  const codeBytes = cursor.count('the code size of the SQ', Number.MAX_SAFE_INTEGER);
  const trained = cursor.array('the trained ranges of the SQ', 4);
  const kind = SQ_KINDS[qtype];
  const allowed = trained.count === kind.trained(dim) || trained.count === 0;
  if (d !== dim || codeBytes !== kind.codeBytes(dim) || !allowed) {
    throw cursor.malformed(
      `an ${kind.label} of ${d} dimensions has codes of ${codeBytes} bytes and ${trained.count} trained numbers`,
      {
        byte: start,
        expected: `${dim} dimensions, ${kind.codeBytes(dim)} bytes, ${kind.trained(dim)} numbers`,
      },
    );
  }
  return {
    ...{ label: kind.label, dim, codeBytes, qtype },
    load: () => kind.decoder(loadTrained(cursor, trained, kind, dim), dim),
  };
}

function loadTrained(
  { source }: Cursor,
  extent: Extent,
  kind: SqKind,
  dim: number,
): Float32Array<ArrayBuffer> {
  if (extent.count === kind.trained(dim)) return loadFloats(source, extent);
  throw new VtsError('InputMalformed', `The ${kind.label} has vectors, but was never trained`, {
    file: source.name,
    byte: extent.position,
  });
}

/** `vmin + vdiff * (number + 0.5) / (2^n - 1)`, with a range for each dimension or (`uniform`) one for all. */
function rangeDecoder(trained: Float32Array, dim: number, n: number, uniform: boolean): Decode {
  const { fround } = Math;
  const steps = 2 ** n - 1;
  const share = Float32Array.from({ length: 2 ** n }, (_, q) => fround(fround(q + 0.5) / steps));
  const low = uniform ? new Float32Array(dim).fill(trained[0]) : trained.subarray(0, dim);
  const width = uniform ? new Float32Array(dim).fill(trained[1]) : trained.subarray(dim);
  const codeBytes = Math.ceil(n * dim / 8);
  return (codes, count, out) => {
    const numbers = unpackCodes(codes, count, codeBytes, dim, n);
    let at = 0;
    for (let row = 0; row < count; row++) {
      for (let i = 0; i < dim; i++, at++) {
        out[at] = fround(low[i] + fround(share[numbers[at]] * width[i]));
      }
    }
  };
}

/** One or two bytes a dimension, each with a value of its own. */
function directDecoder(dim: number, bytes: number, valueOf: (code: number) => number): Decode {
  const table = Float32Array.from({ length: 256 ** bytes }, (_, code) => valueOf(code));
  return (codes, count, out) => {
    const total = count * dim;
    if (bytes === 1) { for (let i = 0; i < total; i++) out[i] = table[codes[i]]; }
    else {
      const words = new Uint16Array(codes.buffer, codes.byteOffset, total);
      for (let i = 0; i < total; i++) out[i] = table[words[i]];
    }
  };
}

/** `n` bits a dimension that number a value of a table. */
function tableDecoder(table: Float32Array, dim: number, n: number): Decode {
  const codeBytes = Math.ceil(n * dim / 8);
  return (codes, count, out) => {
    let at = 0;
    for (let row = 0; row < count; row++) {
      const from = row * codeBytes;
      for (let i = 0; i < dim; i++) out[at++] = table[bitsAt(codes, from, i * n, n)];
    }
  };
}
