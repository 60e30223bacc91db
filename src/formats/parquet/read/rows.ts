/** Batches out of columns whose pages end at different rows. */
import { type Batch, makeBatch } from '../../../core/batch.ts';
import { type Column, columnBytes, concatColumns, sliceColumn } from '../../../core/column.ts';
import { type PositionedBatch, projectSchema, type ReadRequest } from '../../../core/endpoint.ts';
import type { Schema } from '../../../core/schema.ts';
import { VtsError } from '../../../errors.ts';
import type { ColumnPlan } from './column-plan.ts';
import { type ColumnReader, openColumn } from './column-reader.ts';
import type { ParquetFile } from './footer.ts';
import { leavesOf } from './shape.ts';

/** A column and rows of it that were read and not yet handed out. */
interface OpenColumn {
  readonly reader: ColumnReader;
  held: Column | undefined;
}

/** The rows that `request` asks for. A cursor is the number of rows up to it. */
export async function* readRows(
  file: ParquetFile,
  { columns: plans, schema, request }: {
    columns: readonly ColumnPlan[];
    schema: Schema;
    request: ReadRequest;
  },
): AsyncGenerator<PositionedBatch> {
  const { columns: names, limit = Infinity, batchBytes, signal } = request;
  const projected = projectSchema(schema, names);
  const asked = names && new Set(names);
  const chosen = plans.filter(({ field }) => asked?.has(field.name) ?? true);
  let row = startRow(file, request.after);
  const end = Math.min(file.rows, row + limit);
  if (row >= end || chosen.length === 0) return;

  const group = file.groups.findIndex(({ firstRow, rows }) => firstRow + rows > row);
  const columns: OpenColumn[] = chosen.map((plan) => ({
    reader: openColumn(file, plan, group),
    held: undefined,
  }));
  for (const { reader } of columns) await reader.skip(row - file.groups[group].firstRow);
  let bytesPerRow = estimateRowBytes(file, chosen, columns, group);
  while (row < end) {
    if (signal?.aborted) throw signal.reason;
    const wanted = Math.min(end - row, alike(Math.max(1, Math.floor(batchBytes / bytesPerRow))));
    const batch = await nextBatch(projected, columns, wanted, batchBytes);
    bytesPerRow = Math.max(
      1,
      batch.columns.reduce((sum, column) => sum + columnBytes(column), 0) / batch.length,
    );
    row += batch.length;
    if (row === file.rows) { for (const { reader } of columns) await reader.finish(); }
    yield { batch, cursor: row };
  }
}

/** A little fewer than `rows`: the same for batches whose rows are nearly of one size, so that they take each other's memory. */
function alike(rows: number): number {
  return rows - rows % 2 ** Math.max(0, Math.floor(Math.log2(rows)) - 4);
}

/** At most `wanted` rows. Columns of unknown size go first and may stop sooner; the others then read as many rows. */
async function nextBatch(
  schema: Schema,
  columns: readonly OpenColumn[],
  wanted: number,
  batchBytes: number,
): Promise<Batch> {
  let rows = wanted;
  const read = async (column: OpenColumn, budget: number): Promise<void> => {
    const { reader, held } = column;
    const missing = rows - (held?.length ?? 0);
    if (missing <= 0) return;
    const more = await reader.read(missing, budget);
    column.held = held === undefined ? more : concatColumns([held, more]);
  };
  const variable = columns.filter(({ reader }) => reader.rowBytes === undefined);
  for (const column of variable) {
    await read(column, batchBytes / variable.length);
    rows = Math.min(rows, column.held!.length);
  }
  for (const column of columns) if (column.reader.rowBytes !== undefined) await read(column, Infinity);
  return makeBatch(
    schema,
    columns.map((column) => {
      const held = column.held!;
      column.held = held.length > rows ? sliceColumn(held, rows, held.length) : undefined;
      return sliceColumn(held, 0, rows);
    }),
  );
}

/** Bytes of a row in memory, as far as the footer tells. */
function estimateRowBytes(
  file: ParquetFile,
  plans: readonly ColumnPlan[],
  columns: readonly OpenColumn[],
  group: number,
): number {
  const { chunks, rows } = file.groups[group];
  return columns.reduce((sum, { reader }, i) => {
    if (reader.rowBytes !== undefined) return sum + reader.rowBytes;
    const leaves = leavesOf(plans[i].shape);
    return sum + leaves.reduce((bytes, { leaf }) => bytes + chunks[leaf].unpacked / rows, 8);
  }, 1);
}

function startRow(file: ParquetFile, after: unknown): number {
  if (after === undefined) return 0;
  if (typeof after === 'number' && Number.isSafeInteger(after) && after >= 0 && after <= file.rows) {
    return after;
  }
  throw new VtsError(
    'JournalConflict',
    `the journal goes on after ${JSON.stringify(after)} in ${file.source.name}`,
    {
      file: file.source.name,
      expected: `a row from 0 to ${file.rows}`,
    },
  );
}
