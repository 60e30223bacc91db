/** Reads rows: slices of the chosen data sets as columns. */
import { type Batch, makeBatch } from '../../core/batch.ts';
import { roomFor } from '../../core/batch-memory.ts';
import { type Column, columnBytes, concatColumns, sliceColumn } from '../../core/column.ts';
import { type Dataset, estimatedRowBytes } from '../../core/schema.ts';
import type { ByteSource } from '../../stores/bytes.ts';
import type { FormatReader, PositionedBatch, ReadOptions, ReadRequest } from '../format.ts';
import { type ColumnPlan, isVariable } from './column-plan.ts';
import { decodeRows } from './decode.ts';
import type { H5File, Slab } from './h5-file.ts';
import { inspectFile } from './inspect.ts';
import { openWithLibrary } from './library/library-file.ts';
import { openPlain } from './plain/plain-file.ts';
import { select, type Selection } from './select.ts';
import { readSuperblock } from './superblock.ts';

/** Opens a file and chooses what is read of it. */
export async function openReader(source: ByteSource, options: ReadOptions): Promise<FormatReader> {
  const superblock = readSuperblock(source);
  const file = openPlain(source) ?? await openWithLibrary(source);
  try {
    const selection = select(file, options);
    return {
      dataset: datasetOf(selection, options),
      // deno-lint-ignore require-await
      inspect: async () => inspectFile(file, superblock),
      read: (request) => readRows(file, selection, request),
      // deno-lint-ignore require-await
      close: async () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

function datasetOf({ columns, rows, facts, description, notes }: Selection, options: ReadOptions): Dataset {
  return {
    schema: { ...(description !== undefined && { description }), fields: columns.map((plan) => plan.field) },
    rows,
    ...facts,
    roles: { ...facts.roles, ...options.roles },
    notes,
  };
}

/** The cursor of a batch is the row after its last. */
async function* readRows(
  file: H5File,
  { columns, rows }: Selection,
  request: ReadRequest,
): AsyncGenerator<PositionedBatch> {
  const wanted = columns.filter((plan) => request.columns?.includes(plan.field.name) ?? true);
  const schema = { fields: wanted.map((plan) => plan.field) };
  const read = wanted.map((plan) => columnReader(file, plan));
  const start = typeof request.after === 'number' ? request.after : 0;
  const end = Math.min(rows, start + (request.limit ?? Infinity));
  const size = batchSizer(wanted, request.batchBytes);
  for (let at = start; at < end;) {
    if (request.signal?.aborted) throw request.signal.reason;
    const next = Math.min(end, at + size.rowsFrom(at));
    const columns: Column[] = [];
    for (const column of read) columns.push(await column(at, next));
    const batch = makeBatch(schema, columns);
    size.learn(batch);
    at = next;
    yield { batch, cursor: at };
  }
}

/** Reads rows [`start`, `end`) of a column, going forward. A stored piece is read once, and what is left of it kept. */
function columnReader(file: H5File, plan: ColumnPlan): (start: number, end: number) => Promise<Column> {
  const window = { start: 0, end: 0, column: undefined as Column | undefined };
  const load = async (start: number, end: number): Promise<void> => {
    window.start = start;
    window.end = Math.min(plan.rows, Math.ceil(end / plan.chunkRows) * plan.chunkRows);
    window.column = undefined;
    window.column = await readSlab(file, plan, start, window.end - start);
  };
  return async (start, end) => {
    const pieces: Column[] = [];
    for (let at = start; at < end;) {
      if (window.column === undefined || at < window.start || at >= window.end) await load(at, end);
      const to = Math.min(end, window.end);
      pieces.push(sliceColumn(window.column!, at - window.start, to - window.start));
      at = to;
    }
    return concatColumns(pieces);
  };
}

async function readSlab(file: H5File, plan: ColumnPlan, firstRow: number, rows: number): Promise<Column> {
  const slab: Slab = { dataset: plan.path, firstRow, rows, inner: plan.inner };
  const from = { firstRow, file: file.name };
  if (isVariable(plan.layout)) {
    return await file.withVariable(
      slab,
      plan.rowBytes,
      (bytes, heap) => decodeRows(plan, { bytes, heap, ...from }),
    );
  }
  const bytes = roomFor(rows * plan.rowBytes);
  await file.readFixed(slab, bytes, plan.asStored);
  return decodeRows(plan, { bytes, ...from });
}

/** Rows of the first batch when the length of their values is not known. */
const FIRST_ROWS = 256;
/** How much longer a batch may be than the one that its size was learnt from. */
const GROWTH = 4;

/** Chooses the rows of each batch: exactly where rows have a fixed size, else from those before. */
function batchSizer(columns: readonly ColumnPlan[], batchBytes: number) {
  const fixed = columns.reduce((sum, plan) => sum + (isVariable(plan.layout) ? 0 : fixedBytes(plan)), 0);
  const variable = columns.map((plan) => isVariable(plan.layout));
  const anyVariable = variable.includes(true);
  let rowBytes = fixed;
  let most = anyVariable ? FIRST_ROWS : Infinity;
  return {
    rowsFrom(row: number): number {
      const rows = Math.max(1, Math.min(most, Math.floor(batchBytes / Math.max(1, rowBytes))));
      // Ends where a stored piece ends, if one does within the batch.
      const chunk = Math.max(...columns.map((plan) => plan.chunkRows <= rows ? plan.chunkRows : 1));
      return rows - (row + rows) % chunk || rows;
    },
    learn(batch: Batch): void {
      if (!anyVariable) return;
      const bytes = batch.columns.reduce(
        (sum, column, i) => sum + (variable[i] ? columnBytes(column) : 0),
        0,
      );
      rowBytes = fixed + bytes / batch.length;
      most = batch.length * GROWTH;
    },
  };
}

/** Bytes of a row in a column; for lists of fixed text, at most. */
function fixedBytes({ field: { type }, layout }: ColumnPlan): number {
  if (layout.as === 'list') {
    return 4 + layout.width * (elementBytes(layout.element.size, layout.element.read));
  }
  if (layout.as === 'scalar') return elementBytes(layout.element.size, layout.element.read);
  return estimatedRowBytes(type);
}

function elementBytes(size: number, read: string): number {
  return read === 'same' || read === 'uint64'
    ? size
    : read === 'bool'
    ? 1
    : read === 'fixedText'
    ? size + 4
    : size * 2;
}
