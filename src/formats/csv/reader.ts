/** Reads CSV as batches: whole records in a buffer, each cell parsed straight into its column. */
import { makeBatch, rowsPerBatch } from '../../core/batch.ts';
import { projectSchema } from '../../core/endpoint.ts';
import type { Dataset, Schema } from '../../core/schema.ts';
import { VtsError } from '../../errors.ts';
import type { ByteSource } from '../../stores/bytes.ts';
import type { FormatReader, PositionedBatch, ReaderFactory, ReadOptions, ReadRequest } from '../format.ts';
import { columnBuilder } from '../json-values/column-builders.ts';
import { inferredSchema } from '../json-values/infer.ts';
import { checkRowBytes, MAX_ROWS, sizeOf } from '../json-values/row-limits.ts';
import { countRows } from './count-rows.ts';
import { type Head, openHead } from './head.ts';
import { sampleColumns } from './infer.ts';
import { isBlank, type Mark } from './records.ts';
import { type Column, rowReader } from './row-reader.ts';

/** Opens readers of CSV. */
export const readerFactory: ReaderFactory = { access: 'stream', open: openReader, countRows };

async function openReader(source: ByteSource, options: ReadOptions): Promise<FormatReader> {
  const head = await openHead(source, options.schema);
  const dataset = describe(head, options, source.name);
  return {
    dataset,
    inspect: () => Promise.resolve(head.facts),
    read: (request) => readBatches(head, dataset.schema, options.schema !== undefined, request),
    close: () => head.close(),
  };
}

function describe(head: Head, options: ReadOptions, file: string): Dataset {
  const { schema, roles } = options;
  const { header } = head;
  if (schema === undefined) {
    const { seen, rows } = sampleColumns(head);
    const inferred = inferredSchema(seen, rows, file, options);
    return { ...inferred, notes: [...header.notes, ...inferred.notes], roles };
  }
  checkRowBytes(schema, file);
  checkNames(header.names, schema, file);
  return { schema, roles, notes: header.notes };
}

/** Refuses columns that the schema lacks, and fields without a column that cannot be null. */
function checkNames(names: readonly string[], { fields }: Schema, file: string): void {
  const unknown = names.find((name) => !fields.some((field) => field.name === name));
  const missing = fields.find((field) => !field.nullable && !names.includes(field.name));
  if (unknown === undefined && missing === undefined) return;
  const message = unknown === undefined
    ? `There is no column "${missing!.name}"`
    : `The column ${JSON.stringify(unknown)} is not in the schema`;
  throw new VtsError('RowInvalid', message, {
    file,
    line: 1,
    expected: `the columns ${fields.map((field) => field.name).join(', ')}`,
    remedy: 'correct the first line, or the schema',
  });
}

async function* readBatches(
  head: Head,
  schema: Schema,
  typesGiven: boolean,
  { columns: names, batchBytes, signal, limit, after }: ReadRequest,
): AsyncGenerator<PositionedBatch> {
  const kept = projectSchema(schema, names);
  const places = new Map(head.header.names.map((name, i) => [name, i]));
  const capacity = Math.min(rowsPerBatch(kept, batchBytes), MAX_ROWS, head.maxRows);
  const columns = kept.fields.map((field): Column => ({
    field,
    index: places.get(field.name) ?? -1,
    builder: columnBuilder(field, capacity),
  }));
  const builders = columns.map((column) => column.builder);
  const records = head.records(after as Mark | undefined);
  const isSingle = head.header.names.length === 1;
  const readRow = rowReader(records, head.header.names.length, columns, typesGiven);
  let left = limit ?? Infinity;
  let rows = 0;
  const take = (): PositionedBatch => {
    left -= rows;
    rows = 0;
    const batch = makeBatch(kept, builders.map((builder) => builder.take()));
    const cursor: Mark = { byte: records.base + records.pos, line: records.line, row: records.row };
    return { batch, cursor };
  };
  try {
    while (left > 0 && (records.scan() || await records.next())) {
      // In a file of one column an empty line is a row, whose value is null.
      if (isBlank(records) && !isSingle) continue;
      readRow();
      records.row++;
      rows++;
      if (rows < left && rows < MAX_ROWS && sizeOf(builders) < batchBytes) continue;
      yield take();
      signal?.throwIfAborted();
    }
    if (rows > 0) yield take();
  } finally {
    await records.close();
  }
}
