/** Rows that are packed in blocks of a fixed number of rows, the values of one row spread over its block. */
import type { ByteSource } from '../../../stores/bytes.ts';
import { readFully, readFullyAside } from '../../read-fully.ts';
import type { RowReader } from './rows.ts';
import { rowNumbers } from './rows.ts';
import { sortOrder } from './sort-order.ts';

/** How a block is laid out. */
export interface BlockShape {
  readonly blockRows: number;
  readonly blockBytes: number;
  /** Bytes of a row once it is taken out. */
  readonly rowBytes: number;
  /** Takes `count` rows from slot `slot` on out of `block`, to `out`. */
  unpack(block: Uint8Array, slot: number, count: number, out: Uint8Array): void;
}

/** Where blocks lie. */
export interface BlockLayout {
  readonly count: number;
  /** The run of blocks that `row` is in: its first row, how many rows it has, and the byte of its first block. */
  runAt(row: number): BlockRun;
}

/** Blocks one after the other; the last need not be full. */
export interface BlockRun {
  readonly position: number;
  readonly firstRow: number;
  readonly rows: number;
}

const MAX_READ = 1 << 20;

/** Reads rows out of blocks. */
export function blockRows(source: ByteSource, layout: BlockLayout, shape: BlockShape): RowReader {
  const { rowBytes } = shape;
  return {
    count: layout.count,
    rowBytes,
    async read(start, count) {
      const out = new Uint8Array(count * rowBytes);
      for (let done = 0; done < count;) {
        const run = layout.runAt(start + done);
        const slot = start + done - run.firstRow;
        const rows = Math.min(count - done, run.rows - slot);
        await readRun(
          source,
          shape,
          run,
          slot,
          out.subarray(done * rowBytes, (done + rows) * rowBytes),
          rows,
        );
        done += rows;
      }
      return out;
    },
    // deno-lint-ignore require-await
    pick: async (rows) => pickFromBlocks(source, layout, shape, rows),
  };
}

/** Takes `count` rows from `slot` on, counted from the first block of `run`. */
async function readRun(
  source: ByteSource,
  shape: BlockShape,
  run: BlockRun,
  slot: number,
  out: Uint8Array,
  count: number,
): Promise<void> {
  const { blockRows, blockBytes, rowBytes } = shape;
  const end = slot + count;
  const lastBlock = Math.floor((end - 1) / blockRows);
  const perRead = Math.max(1, Math.floor(MAX_READ / blockBytes));
  let done = 0;
  for (let block = Math.floor(slot / blockRows); block <= lastBlock; block += perRead) {
    const blocks = Math.min(perRead, lastBlock + 1 - block);
    const bytes = new Uint8Array(blocks * blockBytes);
    await readFullyAside(source, bytes, run.position + block * blockBytes);
    for (let i = 0; i < blocks; i++) {
      const first = (block + i) * blockRows;
      const from = Math.max(slot, first);
      const rows = Math.min(end, first + blockRows) - from;
      const into = out.subarray(done * rowBytes, (done + rows) * rowBytes);
      shape.unpack(bytes.subarray(i * blockBytes, (i + 1) * blockBytes), from - first, rows, into);
      done += rows;
    }
  }
}

function pickFromBlocks(
  source: ByteSource,
  layout: BlockLayout,
  { blockRows, blockBytes, rowBytes, unpack }: BlockShape,
  rows: BigInt64Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(rows.length * rowBytes);
  const row = rowNumbers(rows);
  const block = new Uint8Array(blockBytes);
  let position = -1;
  for (const index of sortOrder(rows)) {
    const run = layout.runAt(row(index));
    const slot = row(index) - run.firstRow;
    const wanted = run.position + Math.floor(slot / blockRows) * blockBytes;
    if (wanted !== position) readFully(source, block, position = wanted);
    unpack(block, slot % blockRows, 1, out.subarray(index * rowBytes, (index + 1) * rowBytes));
  }
  return out;
}
