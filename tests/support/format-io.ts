/** Writes and reads a whole table through a format in memory. */
import { type Batch, concatBatches, makeBatch, sliceBatch } from '../../src/core/batch.ts';
import { columnFromValues } from '../../src/core/values.ts';
import type { Dataset, Schema } from '../../src/core/schema.ts';
import type {
  Format,
  FormatReader,
  ReadOptions,
  ReadRequest,
  WriteOptions,
} from '../../src/formats/format.ts';
import { memoryScratch, memorySink, memorySource } from '../../src/stores/memory.ts';

/** Options for {@linkcode ReadOptions} and {@linkcode WriteOptions} that tests need no more of. */
export const READ: ReadOptions = { roles: {}, order: 'stored', scratch: memoryScratch };
export const WRITE: WriteOptions = { scratch: memoryScratch };

/** What a table is to a writer. */
export function datasetOf(table: Batch, more: Partial<Dataset> = {}): Dataset {
  return { schema: table.schema, rows: table.length, roles: {}, notes: [], ...more };
}

/** The bytes of a file that holds `table`, handed to the writer in batches of `rowsPerWrite` rows. */
export async function writeTable(
  format: Format,
  table: Batch,
  { dataset = datasetOf(table), options = WRITE, rowsPerWrite = 7 }: {
    dataset?: Dataset;
    options?: WriteOptions;
    rowsPerWrite?: number;
  } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const sink = memorySink();
  const writer = await format.writer!.open(sink, dataset, options);
  for (let row = 0; row < table.length; row += rowsPerWrite) {
    await writer.write(sliceBatch(table, row, Math.min(table.length, row + rowsPerWrite)));
  }
  await writer.finish();
  await sink.commit();
  return sink.bytes();
}

/** Opens `bytes`. */
export function openBytes(
  format: Format,
  bytes: Uint8Array,
  options: ReadOptions = READ,
): Promise<FormatReader> {
  return format.reader!.open(memorySource(bytes), options);
}

/** All rows of `bytes` in one batch, and the data set. */
export async function readTable(
  format: Format,
  bytes: Uint8Array,
  options: ReadOptions = READ,
  request: Partial<ReadRequest> = {},
): Promise<{ table: Batch; dataset: Dataset; batches: number }> {
  const reader = await openBytes(format, bytes, options);
  try {
    const { table, batches } = await readAll(reader, request);
    return { table, dataset: reader.dataset, batches };
  } finally {
    await reader.close();
  }
}

/** All rows of an open reader. */
export async function readAll(
  reader: FormatReader,
  request: Partial<ReadRequest> = {},
): Promise<{ table: Batch; batches: number }> {
  const batches: Batch[] = [];
  for await (const { batch } of reader.read({ batchBytes: 1 << 20, ...request })) batches.push(batch);
  const fields = reader.dataset.schema.fields.filter((f) => request.columns?.includes(f.name) ?? true);
  return {
    table: batches.length > 0 ? concatBatches(batches) : emptyTable({ fields }),
    batches: batches.length,
  };
}

/** A table of `schema` without rows. */
export function emptyTable(schema: Schema): Batch {
  return makeBatch(schema, schema.fields.map((f) => columnFromValues(f.type, [])));
}
