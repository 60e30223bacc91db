/** Reads an index: an `id` column when the file has ids, and a `vector` column. */
import { makeBatch, rowsPerBatch, sliceBatch } from '../../core/batch.ts';
import { fixedColumnFromBytes } from '../../core/column.ts';
import { type Dataset, type Field, field } from '../../core/schema.ts';
import { VtsError } from '../../errors.ts';
import type { FormatReader, PositionedBatch, ReaderFactory, ReadOptions, ReadRequest } from '../format.ts';
import { Cursor } from './cursor.ts';
import type { IndexNode, StoredVectors } from './index-node.ts';
import { describeIndex } from './inspect.ts';
import { parseIndex } from './parse-index.ts';
import { sortById, type SortedIndex } from './sorted-index.ts';

/** Opens index files. */
export const faissReader: ReaderFactory = {
  access: 'seek',
  // deno-lint-ignore require-await
  async open(source, options) {
    const cursor = new Cursor(source);
    const node = parseIndex(cursor);
    if (typeof node.vectors === 'string') {
      throw new VtsError('InputUnsupported', `There are no vectors in this Faiss index: ${node.vectors}`, {
        file: source.name,
        remedy: 'save the index again with its vectors, or take them from where they came from',
      });
    }
    return openReader(node, node.vectors, cursor.remaining, options);
  },
};

function openReader(
  node: IndexNode,
  vectors: StoredVectors,
  trailingBytes: number,
  options: ReadOptions,
): FormatReader {
  const dataset = datasetOf(node, vectors, trailingBytes, options.order);
  const columns = storedColumns(node, vectors);
  let sorted: SortedIndex | undefined;
  return {
    dataset,
    // deno-lint-ignore require-await
    inspect: async () => describeIndex(node, vectors, trailingBytes),
    async *read(request) {
      const wanted = columns.filter(({ field }) => request.columns?.includes(field.name) ?? true);
      if (options.order === 'stored' || node.ids === undefined) {
        yield* readBatches(wanted, vectors.rows.count, request, request.batchBytes);
        return;
      }
      sorted ??= await sortById(node.ids, { scratch: options.scratch, signal: request.signal });
      yield* readBatches(sortedColumns(wanted, vectors, sorted), vectors.rows.count, request, SORTED_WINDOW);
    },
    // deno-lint-ignore require-await
    async close() {
      sorted?.close();
      sorted = undefined;
    },
  };
}

function datasetOf(
  node: IndexNode,
  vectors: StoredVectors,
  trailingBytes: number,
  order: ReadOptions['order'],
): Dataset {
  const { header, ids } = node;
  const notes = [...node.notes];
  if (ids === undefined) {
    notes.push('the index has no ids of its own: a row is known by its number, from 0 on');
  }
  if (node.byList && order === 'stored') {
    notes.push('rows come list by list, as they are stored; --order id sorts them by id');
  }
  if (header.cosine) {
    notes.push('Milvus marked the index as COSINE, which faiss itself would read as inner product');
  }
  if (!header.trained) notes.push('the index is not trained');
  if (trailingBytes > 0) {
    notes.push(`${trailingBytes} bytes follow the index; they are passed over, as faiss does`);
  }
  return {
    schema: { fields: storedColumns(node, vectors).map((column) => column.field) },
    rows: vectors.rows.count,
    metric: header.cosine ? 'COSINE' : header.metric,
    ...(header.metric === 'Lp' && header.metricArg !== undefined ? { metricArg: header.metricArg } : {}),
    roles: { ...(ids === undefined ? {} : { id: 'id' }), vector: 'vector' },
    notes,
  };
}

/** A column and how to read rows of it, as bytes. */
interface ReadableColumn {
  readonly field: Field;
  read(start: number, count: number): Promise<Uint8Array<ArrayBuffer>>;
}

function storedColumns({ ids }: IndexNode, { type, rows }: StoredVectors): ReadableColumn[] {
  const vector = { field: field('vector', type), read: rows.read };
  if (ids === undefined) return [vector];
  return [{ field: field('id', { kind: 'Int64' }, { primaryKey: true }), read: ids.read }, vector];
}

function sortedColumns(
  columns: readonly ReadableColumn[],
  { rows }: StoredVectors,
  sorted: SortedIndex,
): ReadableColumn[] {
  return columns.map(({ field }) => ({
    field,
    // deno-lint-ignore require-await
    async read(start, count) {
      if (field.name === 'vector') return rows.pick(sorted.rows(start, count));
      return new Uint8Array(sorted.ids(start, count).buffer);
    },
  }));
}

/**
 * Sorted rows are gathered in windows of this many bytes: ids mostly rise within each list, so the more of them are
 * gathered at once, the longer the pieces that are read.
 */
const SORTED_WINDOW = 16 << 20;

async function* readBatches(
  columns: readonly ReadableColumn[],
  count: number,
  { after, limit = Infinity, batchBytes, signal }: ReadRequest,
  windowBytes: number,
): AsyncGenerator<PositionedBatch> {
  const schema = { fields: columns.map((column) => column.field) };
  const batchRows = rowsPerBatch(schema, batchBytes);
  const windowRows = Math.max(batchRows, rowsPerBatch(schema, windowBytes));
  const start = after === undefined ? 0 : after as number;
  const end = Math.min(count, start + limit);
  for (let row = start; row < end; row += windowRows) {
    signal?.throwIfAborted();
    const rows = Math.min(windowRows, end - row);
    const data = [];
    for (const { field, read } of columns) data.push(fixedColumnFromBytes(field.type, await read(row, rows)));
    const window = makeBatch(schema, data);
    for (let at = 0; at < rows; at += batchRows) {
      const to = Math.min(rows, at + batchRows);
      yield { batch: sliceBatch(window, at, to), cursor: row + to };
    }
  }
}
