/** What formats of one array have in common: one column is written, and the others have to be left out. */
import { type Column, firstWithNull } from '../core/column.ts';
import { type Dataset, type Field, findField, idField } from '../core/schema.ts';
import { fieldList } from '../core/shell.ts';
import { isVector, type Kind } from '../core/types.ts';
import { VtsError } from '../errors.ts';
import type { Problem } from './format.ts';

/** The column that is meant: the one the user named as the vector, else the only vector, else the first that `kinds` has. */
export function keptField({ schema, roles }: Dataset, kinds: ReadonlySet<Kind>): Field | undefined {
  if (roles.vector !== undefined) return findField(schema, roles.vector);
  const vectors = schema.fields.filter((f) => isVector(f.type));
  return vectors[0] ?? schema.fields.find((f) => kinds.has(f.type.kind)) ?? schema.fields[0];
}

/** A problem for each column but `kept`; `what` is the file in messages. */
export function extraColumns(dataset: Dataset, kept: Field | undefined, what: string): readonly Problem[] {
  if (kept === undefined) {
    return [{ message: `${what} holds one column, and there is none`, remedy: '--fields COLUMN' }];
  }
  const id = idField(dataset);
  const remedy = `--fields ${fieldList([kept.name])}`;
  return dataset.schema.fields.filter((f) => f.name !== kept.name).map((f) => ({
    field: f.name,
    message: `${what} holds one column${
      f.name === id?.name ? '; ids go into a file of their own, which --ids FILE joins again' : ''
    }`,
    remedy,
  }));
}

/** Refuses a null. @throws VtsError RowInvalid */
export function refuseNulls(column: Column, name: string, firstRow: number, title: string): void {
  const row = firstWithNull(column);
  if (row < 0) return;
  throw new VtsError('RowInvalid', `${title} cannot hold a null`, {
    row: firstRow + row,
    field: name,
    remedy: 'leave out the rows that are null, or write .parquet or .jsonl',
  });
}

/** Refuses lists that differ. @throws VtsError RowInvalid when a list is of another length than `dim` */
export function requireLength(
  { offsets, length }: Column,
  name: string,
  firstRow: number,
  dim: number,
): void {
  if (offsets === null) return;
  for (let row = 0; row < length; row++) {
    const count = offsets[row + 1] - offsets[row];
    if (count === dim && dim > 0) continue;
    const what = dim === 0 ? 'an empty list' : `a list of ${count} among lists of ${dim}`;
    throw new VtsError('RowInvalid', what, {
      row: firstRow + row,
      field: name,
      expected: 'lists of one length, which are not empty',
      remedy: 'write .parquet or .jsonl, which hold lists of any length',
    });
  }
}
