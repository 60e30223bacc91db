/** Reads the first rows of a source, to tell how long all of them will take. */
import { batchBytes as sizeOf } from '../core/batch.ts';
import type { Source } from '../core/endpoint.ts';
import { release } from '../core/garbage.ts';
import type { Mapping } from '../core/mapping.ts';

/** How long rows are read, and how many bytes, at most. */
const MOST_MS = 1000;
const MOST_BYTES = 64 * 2 ** 20;
const BATCH_BYTES = 2 ** 20;

/** What was read. */
export interface FirstRows {
  readonly rows: number;
  readonly bytes: number;
  readonly seconds: number;
  /** Whether these were all rows. */
  readonly all: boolean;
  /** How many rows there are, by the share of the bytes that were read. */
  readonly estimate?: number;
}

/** What to read, and what to make of it. */
export interface FirstOptions {
  readonly mapping?: Pick<Mapping, 'columns' | 'apply'>;
  readonly limit?: number;
  readonly signal: AbortSignal;
}

/** Reads as a transfer would, and so finds what is wrong with the first rows. @throws VtsError for a row that does not fit */
export async function readFirst(
  source: Source,
  { mapping, limit = Infinity, signal }: FirstOptions,
): Promise<FirstRows> {
  let [rows, bytes, all] = [0, 0, true];
  const ranges = await source.plan();
  const began = performance.now();
  const elapsed = () => performance.now() - began;
  const enough = () => rows >= limit || bytes >= MOST_BYTES || elapsed() >= MOST_MS;
  for (const range of ranges) {
    let ofRange = 0;
    const columns = mapping === undefined ? {} : { columns: mapping.columns };
    for await (const { batch } of source.read(range, { ...columns, batchBytes: BATCH_BYTES, signal })) {
      const mapped = mapping?.apply(batch, ofRange) ?? batch;
      ofRange += mapped.length;
      rows += mapped.length;
      bytes += sizeOf(mapped);
      release(sizeOf(mapped));
      if (enough()) break;
    }
    all = !enough();
    if (!all) break;
  }
  const fraction = source.fraction?.();
  const estimate = fraction ? { estimate: Math.round(rows / Math.min(1, fraction)) } : {};
  return { rows, bytes, seconds: elapsed() / 1000, all: all && ranges.length > 0, ...estimate };
}
