/** How many rows a batch of text takes, and which row of an output an error is about. */
import { fixedRowBytes } from '../../core/column.ts';
import type { Schema } from '../../core/schema.ts';
import { VtsError } from '../../errors.ts';

/** Rows of a batch at most, whatever their size. */
export const MAX_ROWS = 1 << 18;
/** Bytes of one row of fixed-size columns at most. */
const MAX_ROW_BYTES = 1 << 28;

/** Refuses a schema of the user whose rows are absurdly large. @throws VtsError MemoryLimit */
export function checkRowBytes({ fields }: Schema, file: string): void {
  const rowBytes = fields.reduce((sum, field) => sum + (fixedRowBytes(field.type) ?? 0), 0);
  if (rowBytes <= MAX_ROW_BYTES) return;
  throw new VtsError('MemoryLimit', `A row of this schema takes ${rowBytes} bytes`, {
    file,
    expected: `at most ${MAX_ROW_BYTES} bytes a row`,
    remedy: 'check the dims in the schema',
  });
}

/** Bytes that the rows in `builders` take. */
export function sizeOf(builders: readonly { bytes(): number }[]): number {
  let bytes = 0;
  for (const builder of builders) bytes += builder.bytes();
  return bytes;
}

/** `error`, whose row counts within its batch, with the row's number in the output. */
export function atRow(error: VtsError, rowsBefore: number): VtsError {
  const { row, ...details } = error.details;
  return new VtsError(error.code, error.message, {
    ...details,
    row: row === undefined ? undefined : rowsBefore + row,
  });
}
