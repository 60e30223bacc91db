/**
 * The stored rows of an index in the order of their ids, kept in scratch files: an external merge sort of (id, row) pairs in
 * bounded memory. Equal ids stay in stored order. A pair is 16 bytes: id i64, row u64.
 */
import type { Scratch } from '../../stores/bytes.ts';
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

const PAIR = 16;
const RUN_LENGTH = 1 << 20;

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
      merge(runs, runLength, merged, options.signal);
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

/** A sorted run while it is merged: some of its pairs in memory, the others in the scratch file. */
interface RunHead {
  words: Uint32Array;
  /** Word of the next pair, and the words that are filled. */
  at: number;
  filled: number;
  nextByte: number;
  readonly endByte: number;
}

const MERGE_MEMORY = 32 << 20;

function merge(runs: Scratch, runLength: number, merged: Scratch, signal: AbortSignal | undefined): void {
  const count = Math.ceil(runs.size / (runLength * PAIR));
  const pairsEach = Math.max(64, Math.floor(MERGE_MEMORY / count / PAIR));
  const heads = Array.from({ length: count }, (_, run): RunHead => ({
    words: new Uint32Array(Math.min(pairsEach, runLength) * 4),
    at: 0,
    filled: 0,
    nextByte: run * runLength * PAIR,
    endByte: Math.min(runs.size, (run + 1) * runLength * PAIR),
  }));
  heads.forEach((head) => refill(head, runs));
  const heap = heads.map((_, run) => run);
  for (let i = (count >>> 1) - 1; i >= 0; i--) sink(heap, i, heads);
  const out = new Uint32Array(4 * 65536);
  let filled = 0;
  const flush = () => {
    signal?.throwIfAborted();
    merged.append(new Uint8Array(out.buffer, 0, filled * 4));
    filled = 0;
  };
  while (heap.length > 0) {
    const head = heads[heap[0]];
    for (let word = 0; word < 4; word++) out[filled + word] = head.words[head.at + word];
    filled += 4;
    if (filled === out.length) flush();
    head.at += 4;
    if (head.at === head.filled && !refill(head, runs)) {
      const last = heap.pop()!;
      if (heap.length === 0) break;
      heap[0] = last;
    }
    sink(heap, 0, heads);
  }
  flush();
}

/** Loads the next pairs of a run; `false` when there are none. */
function refill(head: RunHead, runs: Scratch): boolean {
  const bytes = Math.min(head.words.byteLength, head.endByte - head.nextByte);
  runs.readSync(new Uint8Array(head.words.buffer, 0, bytes), head.nextByte);
  head.nextByte += bytes;
  head.at = 0;
  head.filled = bytes / 4;
  return bytes > 0;
}

/** Moves `heap[i]` down to its place: a heap of runs by their next id, then by their number. */
function sink(heap: number[], i: number, heads: readonly RunHead[]): void {
  const run = heap[i];
  for (;;) {
    let child = 2 * i + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child], heads)) child++;
    if (!isBefore(heap[child], run, heads)) break;
    heap[i] = heap[child];
    i = child;
  }
  heap[i] = run;
}

function isBefore(a: number, b: number, heads: readonly RunHead[]): boolean {
  const [x, y] = [heads[a], heads[b]];
  const [high, otherHigh] = [x.words[x.at + 1] | 0, y.words[y.at + 1] | 0];
  if (high !== otherHigh) return high < otherHigh;
  const [low, otherLow] = [x.words[x.at], y.words[y.at]];
  return low !== otherLow ? low < otherLow : a < b;
}
