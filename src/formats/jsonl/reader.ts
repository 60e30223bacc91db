/** Reads JSON lines as batches: whole lines in a buffer, each row parsed straight into the columns. */
import { rowsPerBatch } from '../../core/batch.ts';
import { projectSchema } from '../../core/endpoint.ts';
import type { Dataset, Schema } from '../../core/schema.ts';
import type { ByteSource } from '../../stores/bytes.ts';
import type { FormatReader, PositionedBatch, ReaderFactory, ReadOptions, ReadRequest } from '../format.ts';
import { checkRowBytes, MAX_ROWS } from '../json-values/row-limits.ts';
import { countRows } from './count-rows.ts';
import { type Head, openHead } from './head.ts';
import { inferSchema } from './infer.ts';
import { type Mark, markOf } from './lines.ts';
import { readInThreads } from './read-in-threads.ts';
import { rowBatches } from './row-batches.ts';
import { THREADS_FROM_BYTES } from './threads.ts';

/** Opens readers of JSON lines. */
export const readerFactory: ReaderFactory = { access: 'stream', open: openReader, countRows };

async function openReader(source: ByteSource, options: ReadOptions): Promise<FormatReader> {
  const head = await openHead(source);
  const dataset = describe(head, options, source.name);
  return {
    dataset,
    inspect: () => Promise.resolve(head.facts),
    read: (request) => readBatches(head, dataset.schema, options, request),
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
  { threads = 1, schema: given }: ReadOptions,
  request: ReadRequest,
): AsyncGenerator<PositionedBatch> {
  const { batchBytes, columns, signal } = request;
  const typesGiven = given !== undefined;
  const capacity = Math.min(rowsPerBatch(projectSchema(schema, columns), batchBytes), MAX_ROWS, head.maxRows);
  const batches = rowBatches(schema, { columns, batchBytes, capacity });
  const lines = head.lines(request.after as Mark | undefined);
  const { text } = lines;
  text.typesGiven = typesGiven;
  const until = threads > 1 && request.limit === undefined ? text.base + THREADS_FROM_BYTES : Infinity;
  let left = request.limit ?? Infinity;
  const take = (): PositionedBatch => {
    left -= batches.rows;
    return { batch: batches.take(), cursor: markOf(text) };
  };
  try {
    while (left > 0 && (text.pos < text.end || await lines.fill())) {
      signal?.throwIfAborted();
      while (left > 0 && batches.fill(text, left)) {
        yield take();
        signal?.throwIfAborted();
        if (text.base + text.pos < until) continue;
        return yield* readInThreads(
          lines,
          batches,
          threads,
          { schema, columns, batchBytes, typesGiven },
          signal,
        );
      }
    }
    if (batches.rows > 0) yield take();
  } finally {
    await lines.close();
  }
}
