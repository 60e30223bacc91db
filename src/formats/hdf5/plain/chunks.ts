/** The chunks of a data set: a B-tree of version 1 (HDF5 file format specification, version 3.0, section III.A.1). */
import { expectPlain, type FileView, partOf, u64At } from './file-view.ts';

/** A chunk as its index has it. */
export interface Chunk {
  readonly address: number;
  /** Bytes in the file. */
  readonly bytes: number;
  /** Filters that were left out. */
  readonly skipped: number;
  /** Its first value, in each extent of the data set. */
  readonly offsets: readonly number[];
}

/** The part of a tree under a node. */
interface Branch {
  readonly address: number;
  /** Its level is below this. */
  readonly above: number;
  /** All of its chunks begin from the first of these keys on, and before the second. */
  readonly from: readonly number[];
  readonly to: readonly number[];
}

const HEAD_BYTES = 24;
const CHUNK_NODE = 1;

/** The chunks that the tree at `address` names, in their order. @throws NotPlain where looking one up may fail */
export function readChunks(file: FileView, address: number, rank: number): Generator<Chunk> {
  return chunksOf(file, rank, { address, above: 256, from: [0], to: [Infinity] });
}

function* chunksOf(file: FileView, rank: number, branch: Branch): Generator<Chunk> {
  const head = file.at(branch.address, HEAD_BYTES);
  expectPlain(head.getUint32(0) === 0x54524545 && head.getUint8(4) === CHUNK_NODE, 'no node of chunks');
  const [level, used] = [head.getUint8(5), head.getUint16(6, true)];
  expectPlain(level < branch.above && used > 0, 'levels that do not end');
  // A key: bytes, mask, and the first value in each extent, with one more for the bytes of a value. A child follows each but the last.
  const keyBytes = 8 + (rank + 1) * 8;
  const step = keyBytes + 8;
  const entries = file.at(branch.address + HEAD_BYTES, used * step + keyBytes);
  const keyAt = (at: number) => Array.from({ length: rank + 1 }, (_, i) => u64At(entries, at + 8 + i * 8));
  for (let at = 0, key = keyAt(0); at < used * step; at += step) {
    const next = keyAt(at + step);
    const from = later(key, branch.from);
    const to = isBefore(next, branch.to) ? next : branch.to;
    expectPlain(isBefore(from, to), 'keys that are out of order');
    const address = u64At(entries, at + keyBytes);
    if (level > 0) {
      yield* chunksOf(file, rank, { address, above: level, from, to });
    } else {
      expectPlain(from === key && key[rank] === 0, 'a chunk where it is not looked for');
      const view = partOf(entries, at, keyBytes);
      const [bytes, skipped] = [view.getUint32(0, true), view.getUint32(4, true)];
      yield { address, bytes, skipped, offsets: key.slice(0, rank) };
    }
    key = next;
  }
}

function later(a: readonly number[], b: readonly number[]): readonly number[] {
  return isBefore(a, b) ? b : a;
}

/** Whether key `a` comes before key `b`; one that is shorter goes on with zeros. */
function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const i = a.findIndex((value, extent) => value !== (b[extent] ?? 0));
  return i >= 0 && a[i] < (b[i] ?? 0);
}
