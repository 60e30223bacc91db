/** Rows of a fixed size as they are stored. */
import { getBit } from '../../../core/bitmap.ts';
import { type Column, valueBytes } from '../../../core/column.ts';

/** The bytes of `column`: those in memory, except that a Bool takes a byte. */
export function storedBytes(column: Column): Uint8Array<ArrayBuffer> {
  if (column.type.kind !== 'Bool') return valueBytes(column);
  const bytes = new Uint8Array(column.length);
  for (let row = 0; row < column.length; row++) bytes[row] = getBit(column.values as Uint8Array, row) ? 1 : 0;
  return bytes;
}
