/** Rows as JSON lines. */
import { putByte } from '../json-values/byte-store.ts';
import { objectWriter } from '../json-values/column-writers.ts';
import type { RowWriter } from '../json-values/text-writer.ts';

/** Writes the object of a row and the end of its line. */
export const lineWriter: RowWriter = (out, fields, columns) => {
  const writeObject = objectWriter(out, fields, columns);
  return (row) => {
    writeObject(row);
    putByte(out, 0x0a);
  };
};
