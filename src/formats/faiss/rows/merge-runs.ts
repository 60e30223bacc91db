/** The second half of an external merge sort: many sorted runs of (id, row) pairs become one, in bounded memory. */
import type { Scratch } from '../../../stores/bytes.ts';

/** Bytes of a pair: id i64, row u64. */
export const PAIR = 16;

/** A sorted run while it is merged: some of its pairs in memory, the others in the scratch file. */
interface RunHead {
  readonly words: Uint32Array;
  /** Word of the next pair, and the words that are filled. */
  at: number;
  filled: number;
  nextByte: number;
  readonly endByte: number;
}

/** Bytes of all runs' pairs in memory together. */
const MEMORY = 16 << 20;

/** Merges the sorted runs of `runLength` pairs each (the last may be shorter) in `runs` into `merged`. */
export function mergeRuns(
  runs: Scratch,
  runLength: number,
  merged: Scratch,
  signal: AbortSignal | undefined,
): void {
  const count = Math.ceil(runs.size / (runLength * PAIR));
  const pairsEach = Math.max(64, Math.floor(MEMORY / count / PAIR));
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
