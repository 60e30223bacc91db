/** Joins the records of two sides: which are on both, which on one only, which have the same key and differ. */
import { KEY_WORDS, TAIL_WORDS } from './record.ts';
import { BUCKETS, mixKey, type RecordSpool } from './spool.ts';

/** Records in memory, one after another. */
export interface Records {
  readonly words: Uint32Array;
  /** Words of a record. */
  readonly width: number;
}

/** What a join finds. Positions are those of the first words of records. */
export interface JoinListener {
  equal(count: number): void;
  onlyA(a: Records, at: number): void;
  onlyB(b: Records, at: number): void;
  differ(a: Records, atA: number, b: Records, atB: number): void;
}

/** Bytes of records in memory at a time. */
const MEMORY = 48 * 2 ** 20;

/** Joins `a` and `b` bucket by bucket, giving signals their turn between them. Records that are there twice count twice. */
export async function joinSpools(
  a: RecordSpool,
  b: RecordSpool,
  listener: JoinListener,
  options: {
    readonly memory?: number;
    readonly onBucket?: (done: number) => void;
    readonly signal?: AbortSignal;
  },
): Promise<void> {
  const { memory = MEMORY, onBucket, signal } = options;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    onBucket?.(bucket / BUCKETS);
    const bytes = (a.count(bucket) + b.count(bucket)) * a.width * 4;
    // A bucket that is too large is read several times, each time for the keys of one slice.
    const slices = Math.max(1, Math.ceil(bytes / memory));
    for (let slice = 0; slice < slices; slice++) {
      const sides = [a, b].map((side) => load(side, bucket, slice, slices));
      joinRecords(sides[0], sides[1], listener);
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    }
  }
}

function load(spool: RecordSpool, bucket: number, slice: number, slices: number): Records {
  const { width } = spool;
  const belongs = (block: Uint32Array, at: number) =>
    slices === 1 || Math.floor(mixKey(block, at) / BUCKETS) % slices === slice;
  let count = slices === 1 ? spool.count(bucket) : 0;
  if (slices > 1) {
    for (const block of spool.blocks(bucket)) {
      for (let at = 0; at < block.length; at += width) if (belongs(block, at)) count++;
    }
  }
  const words = new Uint32Array(count * width);
  let filled = 0;
  for (const block of spool.blocks(bucket)) {
    if (slices === 1) {
      words.set(block, filled);
      filled += block.length;
      continue;
    }
    for (let at = 0; at < block.length; at += width) {
      if (!belongs(block, at)) continue;
      words.set(block.subarray(at, at + width), filled);
      filled += width;
    }
  }
  return { words, width };
}

/** Whole records first; of what is left, those with the same key belong together. */
function joinRecords(a: Records, b: Records, listener: JoinListener): void {
  const whole = a.width - TAIL_WORDS;
  const rest = pair(a, b, allRows(a), allRows(b), whole, () => {});
  listener.equal(rest.pairs);
  const single = pair(a, b, rest.a, rest.b, KEY_WORDS, (atA, atB) => listener.differ(a, atA, b, atB));
  for (const at of single.a) listener.onlyA(a, at);
  for (const at of single.b) listener.onlyB(b, at);
}

function allRows({ words, width }: Records): Uint32Array<ArrayBuffer> {
  const rows = new Uint32Array(words.length / width);
  for (let i = 0; i < rows.length; i++) rows[i] = i * width;
  return rows;
}

/** Pairs records whose first `count` words are equal, each with one at most. */
function pair(
  a: Records,
  b: Records,
  rowsA: Uint32Array<ArrayBuffer>,
  rowsB: Uint32Array<ArrayBuffer>,
  count: number,
  onPair: (a: number, b: number) => void,
): { pairs: number; a: Uint32Array<ArrayBuffer>; b: Uint32Array<ArrayBuffer> } {
  // A chain for each hash: `heads` and `next` hold numbers into `rowsA` plus one.
  const mask = 2 ** Math.ceil(Math.log2(rowsA.length + 1)) * 2 - 1;
  const heads = new Uint32Array(mask + 1);
  const next = new Uint32Array(rowsA.length + 1);
  for (let i = rowsA.length; i > 0; i--) {
    const slot = mix(a.words, rowsA[i - 1], count) & mask;
    next[i] = heads[slot];
    heads[slot] = i;
  }
  const taken = new Uint8Array(rowsA.length);
  let leftB = 0;
  for (const at of rowsB) {
    const slot = mix(b.words, at, count) & mask;
    let before = 0;
    let i = heads[slot];
    while (i !== 0 && !sameWords(a.words, rowsA[i - 1], b.words, at, count)) {
      before = i;
      i = next[i];
    }
    if (i === 0) {
      // Rows before this one have been looked at already.
      rowsB[leftB++] = at;
      continue;
    }
    if (before === 0) heads[slot] = next[i];
    else next[before] = next[i];
    taken[i - 1] = 1;
    onPair(rowsA[i - 1], at);
  }
  return {
    pairs: rowsB.length - leftB,
    a: rowsA.filter((_, i) => taken[i] === 0),
    b: rowsB.subarray(0, leftB),
  };
}

function mix(words: Uint32Array, at: number, count: number): number {
  let mixed = 0x9e3779b9;
  for (let i = at; i < at + count; i++) {
    mixed = Math.imul(mixed ^ words[i], 0x85ebca6b);
    mixed ^= mixed >>> 15;
  }
  return mixed >>> 0;
}

function sameWords(a: Uint32Array, atA: number, b: Uint32Array, atB: number, count: number): boolean {
  for (let i = 0; i < count; i++) if (a[atA + i] !== b[atB + i]) return false;
  return true;
}
