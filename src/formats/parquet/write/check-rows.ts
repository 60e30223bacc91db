/** Finds rows that a Parquet file cannot hold, before any of their batch is encoded. */
import { isUtf8 } from 'node:buffer';
import type { Batch } from '../../../core/batch.ts';
import { type Column, firstNull, isNull, listElements, valueBytes } from '../../../core/column.ts';
import type { Field } from '../../../core/schema.ts';
import { formatTimestamp } from '../../../core/time.ts';
import { VtsError } from '../../../errors.ts';

/** @throws VtsError RowInvalid for the first such row of each check; `firstRow` is the number of the batch's first row. */
export function checkRows(fields: readonly Field[], batch: Batch, firstRow: number): void {
  fields.forEach((field, i) => {
    checkColumn(field, batch.columns[i], field.name, (item) => firstRow + item);
  });
}

/** Checks `column`, whose item i belongs to row `rowOf(i)`. */
function checkColumn(field: Field, column: Column, path: string, rowOf: (item: number) => number): void {
  const fail = (item: number, message: string, expected: string, remedy: string): never => {
    throw new VtsError('RowInvalid', message, { row: rowOf(item), field: path, expected, remedy });
  };
  if (!field.nullable) {
    const item = firstNull(column);
    if (item >= 0) {
      fail(item, 'a null where there must be none', 'a value', 'make the field nullable in the schema');
    }
  }
  const { type, offsets } = column;
  switch (type.kind) {
    case 'VarChar':
    case 'JSON':
    case 'Geometry': {
      const item = firstInvalidText(column);
      if (item >= 0) fail(item, 'text is not valid UTF-8', 'UTF-8', 'mend the text, or leave the field out');
      return;
    }
    case 'Timestamptz': {
      const item = firstInvalidTime(column);
      if (item >= 0) {
        fail(item, 'a time that RFC 3339 cannot say', 'a year from 1 to 9999', 'cast it to Int64');
      }
      return;
    }
    case 'Array':
    case 'StructArray': {
      const rowBelow = (item: number) => rowOf(listRowOf(offsets!, offsets![0] + item));
      const below = type.kind === 'Array'
        ? [{ name: 'element', type: type.element, nullable: true }]
        : type.fields;
      below.forEach((child, i) =>
        checkColumn(child, listElements(column, column.children[i]), `${path}.${child.name}`, rowBelow)
      );
    }
  }
}

/** The first row whose text is not UTF-8, or -1. All is when the whole is and no row begins within a character. */
function firstInvalidText(column: Column): number {
  const bytes = column.values as Uint8Array;
  const offsets = column.offsets!;
  const beginsWithin = (row: number) =>
    offsets[row] < offsets[row + 1] && (bytes[offsets[row]] & 0xc0) === 0x80;
  let row = 0;
  if (isUtf8(valueBytes(column))) {
    while (row < column.length && !beginsWithin(row)) row++;
    if (row === column.length) return -1;
  }
  for (row = 0; row < column.length; row++) {
    if (!isUtf8(bytes.subarray(offsets[row], offsets[row + 1]))) return row;
  }
  return -1;
}

/** The first row outside the years that text can say, or -1. */
function firstInvalidTime(column: Column): number {
  const times = column.values as BigInt64Array;
  let min = 0n;
  let max = 0n;
  for (const time of times) {
    if (time < min) min = time;
    if (time > max) max = time;
  }
  if (formatTimestamp(min) !== undefined && formatTimestamp(max) !== undefined) return -1;
  return times.findIndex((time, row) => !isNull(column, row) && formatTimestamp(time) === undefined);
}

/** The row of a list column that holds item `item` of its child. */
function listRowOf(offsets: Int32Array, item: number): number {
  return offsets.findIndex((_, row) => offsets[row + 1] > item);
}
