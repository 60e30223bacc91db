/** Batches cut into requests. Servers limit the bytes of a message (64 MiB), and work best with some MiB at a time. */
import { type Batch, batchBytes, sliceBatch } from '../../../core/batch.ts';

/** Rows of a batch. */
export interface Slice {
  readonly batch: Batch;
  /** The place of the first of them in the batch. */
  readonly start: number;
}

/** A request may be this much larger than asked for. */
export const SLACK = 1.5;

/** Cuts `batch` into slices of about `bytes` bytes, in order; a row is never cut. */
export function* slices(batch: Batch, bytes: number, start = 0): Generator<Slice> {
  const size = batchBytes(batch);
  if (size <= bytes || batch.length <= 1) {
    if (batch.length > 0) yield { batch, start };
    return;
  }
  const count = Math.min(batch.length, Math.ceil(size / bytes));
  for (let i = 0; i < count; i++) {
    const from = Math.floor(batch.length * i / count);
    const to = Math.floor(batch.length * (i + 1) / count);
    const slice = sliceBatch(batch, from, to);
    // Rows of very different sizes: the slice that got the long ones is cut again.
    if (batchBytes(slice) > SLACK * bytes) yield* slices(slice, bytes, start + from);
    else yield { batch: slice, start: start + from };
  }
}

/** Runs of rows with the same value of `keys`, by value, in the order of first appearance. */
export function rowsByKey(keys: readonly string[]): Map<string, [from: number, to: number][]> {
  const groups = new Map<string, [number, number][]>();
  keys.forEach((key, row) => {
    const runs = groups.get(key);
    const last = runs?.at(-1);
    if (last !== undefined && last[1] === row) last[1] = row + 1;
    else if (runs === undefined) groups.set(key, [[row, row + 1]]);
    else runs.push([row, row + 1]);
  });
  return groups;
}
