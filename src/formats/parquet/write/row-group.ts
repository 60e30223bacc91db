/** Row groups: the column chunks of a run of rows, one after the other. */
import type { ColumnChunk, RowGroup } from 'hyparquet';
import { type Batch } from '../../../core/batch.ts';
import { columnBytes, sliceColumn } from '../../../core/column.ts';
import type { Field } from '../../../core/schema.ts';
import type { ByteSink } from '../../../stores/bytes.ts';
import { blockPool, WORTH_KEEPING } from './blocks.ts';
import { chunkWriter } from './chunk.ts';
import type { Compression } from './compression.ts';
import { leafPlaces } from './leaf-place.ts';
import { leavesOf } from './shred.ts';

/** Bytes of a row group before compression: what the writer holds in memory, and an import server of Milvus too. */
export const ROW_GROUP_BYTES = 20 * 1024 * 1024;
/** Bytes of values in a page, more or less. */
const PAGE_BYTES = 1024 * 1024;

/** Writes one row group after the other. */
export interface RowGroupWriter {
  readonly rows: number;
  /** Bytes of the group so far before compression. */
  readonly size: number;
  /** Adds rows, which are no longer needed when it returns; waits for what was begun before. */
  add(batch: Batch): Promise<void>;
  /** Begins the next group. This one goes to `sink` when the one before is there, with `aside` while the next one grows. */
  finish(sink: ByteSink): Promise<RowGroup>;
  /** Waits for groups that are on their way to the sink. */
  settle(): Promise<void>;
}

/** A writer of row groups with the columns of `fields`. */
export function rowGroupWriter(
  fields: readonly Field[],
  compression: Compression,
  { pageBytes = PAGE_BYTES, aside = false }: { pageBytes?: number; aside?: boolean } = {},
): RowGroupWriter {
  const places = fields.map(leafPlaces);
  // Half of the group's bytes at most are in blocks that are not full.
  const blockBytes = ROW_GROUP_BYTES / 2 / Math.max(1, places.flat().length);
  const pool = blockPool(Math.ceil(Math.min(WORTH_KEEPING, Math.max(4096, blockBytes))));
  const options = { compression, pool, aside };
  const columns = places.map((leaves) => leaves.map((place) => chunkWriter(place, options)));
  const chunks = columns.flat();
  let rows = 0;
  let writing = Promise.resolve();
  return {
    get rows() {
      return rows;
    },
    get size() {
      return chunks.reduce((sum, chunk) => sum + chunk.size, 0);
    },
    async add(batch) {
      // Not at the end: what is compressed aside goes on while the next rows are read.
      for (const chunk of chunks) await chunk.settle();
      batch.columns.forEach((column, i) => {
        const pages = Math.max(1, Math.ceil(columnBytes(column) / pageBytes));
        const step = Math.ceil(column.length / pages);
        for (let row = 0; row < column.length; row += step) {
          const page = sliceColumn(column, row, Math.min(column.length, row + step));
          leavesOf(page, fields[i].nullable).forEach((leaf, j) => columns[i][j].addPage(leaf, page.length));
        }
      });
      rows += batch.length;
    },
    settle: () => writing,
    async finish(sink) {
      await writing;
      const written: ColumnChunk[] = [];
      const writes: ((sink: ByteSink) => Promise<void>)[] = [];
      let end = sink.position;
      for (const chunk of chunks) {
        const { facts, bytes, write } = await chunk.finish(end);
        written.push(facts);
        writes.push(write);
        end += bytes;
      }
      writing = writeAll(writes, sink);
      // It is looked at in its turn.
      writing.catch(() => {});
      if (!aside) await writing;
      const sum = (key: 'total_uncompressed_size' | 'total_compressed_size') =>
        written.reduce((total, { meta_data }) => total + meta_data![key], 0n);
      const group = {
        columns: written,
        total_byte_size: sum('total_uncompressed_size'),
        total_compressed_size: sum('total_compressed_size'),
        num_rows: BigInt(rows),
      };
      rows = 0;
      return group;
    },
  };
}

async function writeAll(
  writes: readonly ((sink: ByteSink) => Promise<void>)[],
  sink: ByteSink,
): Promise<void> {
  for (const write of writes) await write(sink);
}
