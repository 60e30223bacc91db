/** Rows of a fixed size that lie in runs in a file: vectors, codes, ids. Read as ranges, or picked one by one. */
import { roomFor } from '../../../core/batch-memory.ts';
import type { ByteSource } from '../../../stores/bytes.ts';
import { readFully, readFullyAside } from '../../read-fully.ts';
import { sortOrder } from './sort-order.ts';

/** Reads rows of `rowBytes` bytes. */
export interface RowReader {
  readonly count: number;
  readonly rowBytes: number;
  /** Rows [`start`, `start + count`) in a fresh buffer. */
  read(start: number, count: number): Promise<Uint8Array<ArrayBuffer>>;
  /** The rows with these numbers, in this order, in a fresh buffer. */
  pick(rows: BigInt64Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

/** Where rows lie. */
export interface RowLayout {
  readonly count: number;
  readonly rowBytes: number;
  /** The rows from `row` (below `count`) on that lie one after the other. */
  runAt(row: number): Run;
}

/** Some rows one after the other; `position` is the byte of the first. */
export interface Run {
  readonly position: number;
  readonly rows: number;
}

/** All rows one after the other from `position` on. */
export function oneRun(position: number, count: number, rowBytes: number): RowLayout {
  return {
    count,
    rowBytes,
    runAt: (row) => ({ position: position + row * rowBytes, rows: count - row }),
  };
}

/** Reads rows that lie in `source` as `layout` says. */
export function rowReader(source: ByteSource, layout: RowLayout): RowReader {
  const { count, rowBytes } = layout;
  return {
    count,
    rowBytes,
    read: (start, rows) => readRange(source, layout, start, rows),
    // deno-lint-ignore require-await
    pick: async (rows) => pickRows(source, layout, rows),
  };
}

async function readRange(
  source: ByteSource,
  layout: RowLayout,
  start: number,
  count: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { rowBytes } = layout;
  const bytes = roomFor(count * rowBytes);
  for (let done = 0; done < count;) {
    const run = layout.runAt(start + done);
    const rows = Math.min(run.rows, count - done);
    await readFullyAside(source, bytes.subarray(done * rowBytes, (done + rows) * rowBytes), run.position);
    done += rows;
  }
  return bytes;
}

/** One read may skip this many unwanted bytes rather than end: about what another read would cost. */
const MAX_GAP = 4096;
const MAX_READ = 1 << 20;

/** Reads near rows together, from the front of the file to its end, and puts each in its place. */
function pickRows(
  source: ByteSource,
  layout: RowLayout,
  rows: BigInt64Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const { rowBytes } = layout;
  const picked = new Uint8Array(rows.length * rowBytes);
  const order = sortOrder(rows);
  const positions = positionsOf(layout, rows, order);
  const buffer = new Uint8Array(Math.max(rowBytes, Math.min(MAX_READ, rows.length * (rowBytes + MAX_GAP))));
  for (let i = 0; i < order.length;) {
    const from = positions[i];
    let next = i + 1;
    while (
      next < order.length && positions[next] >= positions[next - 1] &&
      positions[next] - positions[next - 1] <= rowBytes + MAX_GAP &&
      positions[next] + rowBytes - from <= buffer.length
    ) next++;
    const chunk = buffer.subarray(0, positions[next - 1] + rowBytes - from);
    readFully(source, chunk, from);
    for (; i < next; i++) {
      const at = positions[i] - from;
      picked.set(chunk.subarray(at, at + rowBytes), order[i] * rowBytes);
    }
  }
  return picked;
}

/** Byte positions of `rows` in the order of `order`, which makes the rows ascend (and, but for lists on disk, the bytes). */
function positionsOf(layout: RowLayout, rows: BigInt64Array<ArrayBuffer>, order: Uint32Array): Float64Array {
  const positions = new Float64Array(order.length);
  const row = rowNumbers(rows);
  let first = 0;
  let run: Run = { position: 0, rows: 0 };
  for (let i = 0; i < order.length; i++) {
    const wanted = row(order[i]);
    if (wanted >= first + run.rows) {
      first = wanted;
      run = layout.runAt(wanted);
    }
    positions[i] = run.position + (wanted - first) * layout.rowBytes;
  }
  return positions;
}

/** Reads row numbers without making a BigInt of any. */
export function rowNumbers(rows: BigInt64Array<ArrayBuffer>): (index: number) => number {
  const words = new Uint32Array(rows.buffer, rows.byteOffset, rows.length * 2);
  return (index) => words[index * 2] + words[index * 2 + 1] * 2 ** 32;
}
