/** Reading of files that are one column of rows of one size: where to begin and end, and batches of a size. */
import { makeBatch } from '../core/batch.ts';
import type { Column } from '../core/column.ts';
import type { PositionedBatch, ReadRequest } from '../core/endpoint.ts';
import type { Field } from '../core/schema.ts';
import { VtsError } from '../errors.ts';
import type { ByteSource } from '../stores/bytes.ts';

/** One column of a file. */
export interface FixedRows {
  readonly field: Field;
  readonly count: number;
  /** Bytes of a row, in the file or in memory, whichever is more. */
  readonly rowBytes: number;
  /** Rows [`start`, `start + count`). */
  read(start: number, count: number): Promise<Column>;
}

/** The rows that `request` asks for; cursors are row numbers. Without a column, batches have none but go on. */
export async function* readFixedRows(
  columns: readonly FixedRows[],
  { after, limit = Infinity, batchBytes, columns: names, signal }: ReadRequest,
): AsyncGenerator<PositionedBatch> {
  const wanted = columns.filter(({ field }) => names?.includes(field.name) ?? true);
  const schema = { fields: wanted.map(({ field }) => field) };
  const rowBytes = wanted.reduce((sum, column) => sum + column.rowBytes, 0);
  const step = Math.max(1, Math.floor(batchBytes / Math.max(1, rowBytes)));
  const start = after === undefined ? 0 : after as number;
  const end = Math.min(columns[0].count, start + limit);
  for (let row = start; row < end; row += step) {
    signal?.throwIfAborted();
    const count = Math.min(step, end - row);
    const read: Column[] = [];
    for (const column of wanted) read.push(await column.read(row, count));
    yield { batch: makeBatch(schema, read), cursor: row + count };
  }
}

/** The size of `source`, which a format that needs random access gets. */
export function sizeOf(source: ByteSource): number {
  if (source.size === undefined) throw new TypeError('Cannot read this format from a stream');
  return source.size;
}

/** The most bytes of a row that are read. */
const MAX_ROW = 1 << 29;

/** @throws VtsError MemoryLimit */
export function refuseHugeRows(source: ByteSource, rowBytes: number): void {
  if (rowBytes <= MAX_ROW) return;
  throw new VtsError('MemoryLimit', `A row takes ${rowBytes} bytes`, {
    file: source.name,
    expected: `at most ${MAX_ROW}`,
    remedy: 'if rows are not that long, the front of the file is damaged',
  });
}
