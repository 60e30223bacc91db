/** Reads JSON lines as batches: whole lines in a buffer, each row parsed straight into the columns. */
import { makeBatch, rowsPerBatch } from '../../core/batch.ts';
import type { Dataset, Field, Schema } from '../../core/schema.ts';
import type { ByteSource } from '../../stores/bytes.ts';
import type { FormatReader, PositionedBatch, ReaderFactory, ReadOptions, ReadRequest } from '../format.ts';
import { columnBuilder } from '../json-values/column-builders.ts';
import { countRows } from './count-rows.ts';
import { type Head, openHead } from './head.ts';
import { inferSchema } from './infer.ts';
import type { Mark } from './lines.ts';
import { objectShape, readObject } from '../json-values/object-reader.ts';
import { checkRowBytes, MAX_ROWS, sizeOf } from '../json-values/row-limits.ts';
import { beginRow, endRow } from '../json-values/text.ts';

/** Opens readers of JSON lines. */
export const readerFactory: ReaderFactory = { access: 'stream', open: openReader, countRows };

async function openReader(source: ByteSource, options: ReadOptions): Promise<FormatReader> {
  const head = await openHead(source);
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
  if (schema === undefined) return { ...inferSchema(head, options), roles };
  checkRowBytes(schema, file);
  return { schema, roles, notes: [] };
}

async function* readBatches(
  head: Head,
  schema: Schema,
  typesGiven: boolean,
  request: ReadRequest,
): AsyncGenerator<PositionedBatch> {
  const { columns, batchBytes, signal } = request;
  const wanted = (field: Field) => columns === undefined || columns.includes(field.name);
  const kept: Schema = { ...schema, fields: schema.fields.filter(wanted) };
  const capacity = Math.min(rowsPerBatch(kept, batchBytes), MAX_ROWS, head.maxRows);
  const shape = objectShape(
    schema.fields,
    (field) => wanted(field) ? columnBuilder(field, capacity) : undefined,
  );
  const builders = shape.slots.flatMap(({ builder }) => builder ?? []);
  const lines = head.lines(request.after as Mark | undefined);
  const { text } = lines;
  text.typesGiven = typesGiven;
  let left = request.limit ?? Infinity;
  let rows = 0;
  const take = (): PositionedBatch => {
    left -= rows;
    rows = 0;
    const batch = makeBatch(kept, builders.map((builder) => builder.take()));
    return { batch, cursor: { byte: text.base + text.pos, line: text.line, row: text.row } satisfies Mark };
  };
  try {
    while (left > 0 && (text.pos < text.end || await lines.fill())) {
      signal?.throwIfAborted();
      while (text.pos < text.end) {
        if (!beginRow(text)) continue;
        readObject(text, shape);
        endRow(text);
        rows++;
        if (rows < left && rows < MAX_ROWS && sizeOf(builders) < batchBytes) continue;
        yield take();
        signal?.throwIfAborted();
        if (left <= 0) return;
      }
    }
    if (rows > 0) yield take();
  } finally {
    await lines.close();
  }
}
