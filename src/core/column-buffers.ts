/** Columns on their way to another thread, which takes their memory over. */
import { type Column, listElements, valueBytes, type Values } from './column.ts';

/** A copy of `column` that shares no memory with other columns and holds nothing but its rows. */
export function ownColumn(column: Column): Column {
  const { offsets, length } = column;
  const validity = column.validity && column.validity.slice();
  if (offsets === null) return { ...column, validity, values: column.values.slice() as Values };
  const own = offsets.slice();
  for (let i = 0; i <= length; i++) own[i] -= offsets[0];
  const children = column.children.map((child) => ownColumn(listElements(column, child)));
  const values = children.length > 0 ? column.values : valueBytes(column).slice();
  return { ...column, validity, offsets: own, values, children };
}

/** The memory that `column` lies in, each piece once. Empty pieces may be those of all columns, so they stay. */
export function columnBuffers(column: Column): ArrayBuffer[] {
  const arrays = [column.validity, column.offsets, column.values];
  const own = arrays.flatMap((array) =>
    array === null || array.byteLength === 0 ? [] : array.buffer as ArrayBuffer
  );
  return [...own, ...column.children.flatMap(columnBuffers)];
}
