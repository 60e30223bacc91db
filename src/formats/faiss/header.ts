/** The headers that indexes begin with, after their four-character code. */
import type { Metric } from '../../core/schema.ts';
import type { Cursor } from './cursor.ts';
import { metricFromNumber } from './metrics.ts';

/** Faiss refuses more dimensions than this (since 1.14). */
export const MAX_DIM = 2 ** 20;

/** What faiss writes into the two unused fields of the header. */
export const UNUSED_FIELD = 1n << 20n;

/** What every index says of itself. */
export interface IndexHeader {
  /** Dimensions; bits in a binary index. */
  readonly dim: number;
  /** Vectors that were added (`ntotal`). */
  readonly total: number;
  readonly trained: boolean;
  readonly metric: Metric;
  /** The parameter of the metric, where it has one (p of Lp). */
  readonly metricArg: number | undefined;
  /** Milvus' mark for cosine: inner product over vectors whose norms lie beside them. */
  readonly cosine: boolean;
  /** The library whose marks the header bears. */
  readonly writtenBy: 'faiss' | 'knowhere';
}

/** The header of a float index: `i32 d, i64 ntotal, i64 unused, i64 unused, bool trained, i32 metric, [f32 metric_arg]`. */
export function readHeader(cursor: Cursor): IndexHeader {
  const dim = readDim(cursor);
  const total = cursor.count('the number of vectors', Number.MAX_SAFE_INTEGER);
  const unused = [cursor.i64('the header'), cursor.i64('the header')];
  const knowhere = (unused[0] === 0n || unused[0] === 1n) && unused[1] === 0n;
  const trained = cursor.bool('the flag "is trained"');
  const { metric, number } = readMetric(cursor);
  const metricArg = number > 1 ? cursor.f32('the parameter of the metric') : undefined;
  const writtenBy = knowhere ? 'knowhere' : 'faiss';
  return { dim, total, trained, metric, metricArg, cosine: knowhere && unused[0] === 1n, writtenBy };
}

/** The header of a binary index: `i32 d, i32 code_size, i64 ntotal, bool trained, i32 metric`. */
export function readBinaryHeader(cursor: Cursor): IndexHeader {
  const dim = readDim(cursor);
  const codeSize = cursor.i32('the code size');
  if (codeSize * 8 !== dim) {
    throw cursor.malformed(`the header gives ${codeSize} bytes to a vector of ${dim} bits`, {
      byte: cursor.position - 8,
      expected: 'eight bits a byte',
    });
  }
  const total = cursor.count('the number of vectors', Number.MAX_SAFE_INTEGER);
  const trained = cursor.bool('the flag "is trained"');
  readMetric(cursor);
  return { dim, total, trained, metric: 'HAMMING', metricArg: undefined, cosine: false, writtenBy: 'faiss' };
}

/** The dimensions that an index begins with. */
export function readDim(cursor: Cursor): number {
  const dim = cursor.i32('the header');
  if (dim > 0 && dim <= MAX_DIM) return dim;
  throw cursor.malformed(`the header gives the vectors ${dim} dimensions`, {
    byte: cursor.position - 4,
    expected: `1 to ${MAX_DIM}`,
  });
}

function readMetric(cursor: Cursor): { metric: Metric; number: number } {
  const number = cursor.i32('the metric');
  const metric = metricFromNumber(number);
  if (metric !== undefined) return { metric, number };
  throw cursor.malformed(`the header has the metric number ${number}`, {
    byte: cursor.position - 4,
    expected: 'a number of faiss: 0 (inner product), 1 (L2), 2 to 4 or 20 to 25',
  });
}
