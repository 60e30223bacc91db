/** What all casts share: their shape, what they know, and what they say of a value that would not survive. */
import { VtsError } from '../errors.ts';
import type { Column } from './column.ts';
import { formatType, type LogicalType } from './types.ts';

/** Turns a column of the old type into one of the new. Rows in errors count from the column's first. */
export type Cast = (column: Column) => Column;

/** What a cast knows: the field and its new type. */
export interface Context {
  readonly name: string;
  readonly to: LogicalType;
}

/** What `cast` returns; where it refuses an element of a list, the error names the row that `rowOf` says it is in. */
export function inRows<T>(cast: () => T, rowOf: (element: number) => number): T {
  try {
    return cast();
  } catch (error) {
    if (!(error instanceof VtsError) || error.details.row === undefined) throw error;
    throw new VtsError(error.code, error.message, { ...error.details, row: rowOf(error.details.row) });
  }
}

/** The error for `value` in row `row`. */
export function misfit({ name, to }: Context, row: number, value: string): VtsError {
  return new VtsError('RowInvalid', `--cast ${name}: ${value} is no ${formatType(to)}`, {
    row,
    field: name,
    remedy: 'cast to a wider type, or leave the column out with --fields',
  });
}
