/**
 * The stored rows of an index in the order of their ids, kept in scratch files: an external merge sort of (id, row) pairs in
 * bounded memory. Equal ids stay in stored order.
 */
import type { Scratch } from '../../../stores/bytes.ts';
import { mergeRuns, PAIR } from './merge-runs.ts';
import type { RowReader } from './rows.ts';
import { sortOrder } from './sort-order.ts';

/** Ids in ascending order, each with its stored row. */
export interface SortedIndex {
  /** The ids at [`start`, `start + count`) of the order. */
  ids(start: number, count: number): BigInt64Array<ArrayBuffer>;
  /** The stored rows of these ids. */
  rows(start: number, count: number): BigInt64Array<ArrayBuffer>;
  close(): void;
}

/** How {@linkcode sortById} works. */
export interface SortOptions {
  scratch(): Scratch;
  /** Pairs sorted in memory at a time (24 bytes each and a little). */
  readonly runLength?: number;
  readonly signal?: AbortSignal | undefined;
}

const RUN_LENGTH = 1 << 19;

/** Sorts the rows of `ids`. */
export async function sortById(ids: RowReader, options: SortOptions): Promise<SortedIndex> {
  const runLength = options.runLength ?? RUN_LENGTH;
  const runs = options.scratch();
  try {
    for (let start = 0; start < ids.count; start += runLength) {
      options.signal?.throwIfAborted();
      const bytes = await ids.read(start, Math.min(runLength, ids.count - start));
      runs.append(sortedPairs(new BigInt64Array(bytes.buffer), start));
    }
    if (ids.count <= runLength) return sortedIndex(runs);
    const merged = options.scratch();
    try {
      mergeRuns(runs, runLength, merged, options.signal);
    } catch (error) {
      merged.close();
      throw error;
    }
    runs.close();
    return sortedIndex(merged);
  } catch (error) {
    runs.close();
    throw error;
  }
}

function sortedIndex(scratch: Scratch): SortedIndex {
  const halves = (start: number, count: number, half: 0 | 1) => {
    const pairs = new Uint32Array(count * 4);
    scratch.readSync(new Uint8Array(pairs.buffer), start * PAIR);
    const values = new BigInt64Array(count);
    const words = new Uint32Array(values.buffer);
    for (let i = 0; i < count; i++) {
      words[i * 2] = pairs[i * 4 + half * 2];
      words[i * 2 + 1] = pairs[i * 4 + half * 2 + 1];
    }
    return values;
  };
  return {
    ids: (start, count) => halves(start, count, 0),
    rows: (start, count) => halves(start, count, 1),
    close: () => scratch.close(),
  };
}

/** The pairs of rows from `firstRow` on, sorted by their `ids`. */
function sortedPairs(ids: BigInt64Array<ArrayBuffer>, firstRow: number): Uint8Array {
  const order = sortOrder(ids);
  const words = new Uint32Array(ids.buffer);
  const pairs = new Uint32Array(order.length * 4);
  for (let i = 0; i < order.length; i++) {
    const row = firstRow + order[i];
    pairs[i * 4] = words[order[i] * 2];
    pairs[i * 4 + 1] = words[order[i] * 2 + 1];
    pairs[i * 4 + 2] = row;
    pairs[i * 4 + 3] = row / 2 ** 32;
  }
  return new Uint8Array(pairs.buffer);
}
