/** Reads an index: an `id` column when the file has ids, and a `vector` column. */
import { makeBatch, rowsPerBatch, sliceBatch } from '../../core/batch.ts';
import { fixedColumnFromBytes } from '../../core/column.ts';
import { type Dataset, type Field, field, type Schema } from '../../core/schema.ts';
import { VtsError } from '../../errors.ts';
import type { ByteSource } from '../../stores/bytes.ts';
import type { FormatReader, PositionedBatch, ReaderFactory, ReadOptions, ReadRequest } from '../format.ts';
import { Cursor } from './cursor.ts';
import { hasVectors, type IndexNode, type MissingVectors, type StoredVectors } from './index-node.ts';
import { describeIndex } from './inspect.ts';
import { parseIndex } from './parse-index.ts';
import { sortById, type SortedIndex } from './rows/sorted-index.ts';

/** Opens index files. */
export const faissReader: ReaderFactory = {
  access: 'seek',
  async open(source, options) {
    const siblings = siblingsOf(options);
    try {
      const cursor = new Cursor(source);
      const node = parseIndex(cursor, siblings.open);
      const refusal = refuse(node.vectors, source.name, options);
      if (refusal !== undefined && !options.inspectOnly) throw refusal;
      return openReader({ node, trailingBytes: cursor.remaining, options, refusal, close: siblings.close });
    } catch (error) {
      await siblings.close();
      throw error;
    }
  },
};

/** Files beside the index, opened when their names turn up in it. */
function siblingsOf(
  { sibling }: ReadOptions,
): { open(name: string): ByteSource | undefined; close(): Promise<void> } {
  const opened: ByteSource[] = [];
  return {
    open(name) {
      const source = sibling?.(name);
      if (source !== undefined) opened.push(source);
      return source;
    },
    async close() {
      for (const source of opened.splice(0)) await source.close();
    },
  };
}

/** Why the vectors are not read, if they are not. */
function refuse(
  vectors: StoredVectors | MissingVectors,
  file: string,
  { allowLossy = false }: ReadOptions,
): VtsError | undefined {
  if (!hasVectors(vectors)) {
    const {
      missing,
      remedy = 'save the index again with its vectors, or take them from where they came from',
    } = vectors;
    return new VtsError('InputUnsupported', `There are no vectors in this Faiss index: ${missing}`, {
      file,
      remedy,
    });
  }
  if (vectors.lossy === undefined || allowLossy) return undefined;
  return new VtsError(
    'InputUnsupported',
    `This Faiss index does not keep its vectors, only ${vectors.lossy}`,
    {
      file,
      remedy: '--allow-lossy decodes them, as faiss does: near the vectors that were added, but not equal',
    },
  );
}

/** An index and what was found on the way. */
interface Opened {
  readonly node: IndexNode;
  readonly trailingBytes: number;
  readonly options: ReadOptions;
  /** Thrown when rows are asked for. */
  readonly refusal: VtsError | undefined;
  close(): Promise<void>;
}

function openReader({ node, trailingBytes, options, refusal, close }: Opened): FormatReader {
  const dataset = datasetOf(node, trailingBytes, options.order);
  let sorted: SortedIndex | undefined;
  return {
    dataset,
    // deno-lint-ignore require-await
    inspect: async () => describeIndex(node, trailingBytes),
    async *read(request) {
      const { vectors, ids } = node;
      if (refusal !== undefined || !hasVectors(vectors)) throw refusal;
      const wanted = storedColumns(node, vectors, dataset.schema).filter(({ field }) =>
        request.columns?.includes(field.name) ?? true
      );
      if (options.order === 'stored' || ids === undefined) {
        yield* readBatches(wanted, vectors.rows.count, request, request.batchBytes);
        return;
      }
      sorted ??= await sortById(ids, { scratch: options.scratch, signal: request.signal });
      yield* readBatches(sortedColumns(wanted, vectors, sorted), vectors.rows.count, request, SORTED_WINDOW);
    },
    async close() {
      sorted?.close();
      sorted = undefined;
      await close();
    },
  };
}

function datasetOf(node: IndexNode, trailingBytes: number, order: ReadOptions['order']): Dataset {
  const { header, ids, vectors } = node;
  const notes = [...node.notes];
  if (hasVectors(vectors) && vectors.lossy !== undefined) notes.unshift(lossyNote(vectors.lossy));
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
    schema: schemaOf(node),
    rows: hasVectors(vectors) ? vectors.rows.count : 0,
    ...(hasVectors(vectors) && vectors.lossy !== undefined ? { lossy: vectors.lossy } : {}),
    metric: header.cosine ? 'COSINE' : header.metric,
    ...(header.metric === 'Lp' && header.metricArg !== undefined ? { metricArg: header.metricArg } : {}),
    roles: { ...(ids === undefined ? {} : { id: 'id' }), vector: 'vector' },
    notes,
  };
}

function lossyNote(lossy: string): string {
  return `vectors are decoded from ${lossy}: near those that were added, but not equal`;
}

/** The vector's description goes with it into formats that keep one. */
function schemaOf({ vectors, ids, header }: IndexNode): Schema {
  const stored = hasVectors(vectors) ? vectors : undefined;
  const type = stored?.type ?? { kind: 'FloatVector', dim: Math.max(1, header.dim) };
  const description = stored?.lossy === undefined ? {} : { description: lossyNote(stored.lossy) };
  const vector = field('vector', type, description);
  return {
    fields: [...(ids === undefined ? [] : [field('id', { kind: 'Int64' }, { primaryKey: true })]), vector],
  };
}

/** A column and how to read rows of it, as bytes. */
interface ReadableColumn {
  readonly field: Field;
  read(start: number, count: number): Promise<Uint8Array<ArrayBuffer>>;
}

function storedColumns({ ids }: IndexNode, { rows }: StoredVectors, { fields }: Schema): ReadableColumn[] {
  return fields.map((field) => ({ field, read: field.name === 'id' ? ids!.read : rows.read }));
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
