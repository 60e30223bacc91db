/**
 * Single values of a column, for formats made of rows and for people. Not for vectors on the hot path.
 *
 * | logical type | value |
 * |---|---|
 * | Bool | boolean |
 * | Int8 Int16 Int32 Float Double | number |
 * | Int64, Timestamptz (microseconds) | bigint |
 * | VarChar JSON Geometry | string |
 * | dense vectors | the typed array of the column's encoding, `stride` long |
 * | SparseFloatVector | Uint8Array of (u32, f32) pairs |
 * | Array | array of values |
 * | StructArray | array of objects |
 * | any, null | null |
 */
import { VtsError } from '../errors.ts';
import { bitmapBytes, clearBit, getBit, makeBitmap, setBit } from './bitmap.ts';
import {
  boolColumn,
  bytesColumn,
  type Column,
  encodingOf,
  fixedColumn,
  isNull,
  listColumn,
  MAX_OFFSET,
  type Values,
} from './column.ts';
import type { LogicalType } from './types.ts';

/** One value of a column. */
export type Value = null | boolean | number | bigint | string | Values | readonly Value[] | StructValue;

/** One struct of a StructArray row. */
export interface StructValue {
  readonly [field: string]: Value;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Decodes UTF-8; `undefined` when `bytes` are not valid UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The value of row `row`. */
export function valueAt(column: Column, row: number): Value {
  if (isNull(column, row)) return null;
  const { type, values, offsets } = column;
  const encoding = encodingOf(type);
  switch (encoding.layout) {
    case 'bits':
      return getBit(values as Uint8Array, row);
    case 'fixed':
      if (encoding.stride === 1 && !type.kind.endsWith('Vector')) return values[row];
      return values.subarray(row * encoding.stride, (row + 1) * encoding.stride) as Values;
    case 'bytes': {
      const bytes = (values as Uint8Array<ArrayBuffer>).subarray(offsets![row], offsets![row + 1]);
      if (type.kind === 'SparseFloatVector') return bytes;
      const text = decodeUtf8(bytes);
      if (text === undefined) throw new VtsError('RowInvalid', 'text is not valid UTF-8', { row });
      return text;
    }
    case 'list':
      return listAt(column, offsets![row], offsets![row + 1]);
  }
}

function listAt(column: Column, start: number, end: number): Value[] {
  const list: Value[] = [];
  for (let i = start; i < end; i++) {
    if (column.type.kind !== 'StructArray') list.push(valueAt(column.children[0], i));
    else {
      list.push(
        Object.fromEntries(column.type.fields.map((f, c) => [f.name, valueAt(column.children[c], i)])),
      );
    }
  }
  return list;
}

/** A column of `type` from single values, which must already be as the table above says. */
export function columnFromValues(type: LogicalType, list: readonly Value[]): Column {
  const length = list.length;
  let validity: Uint8Array | null = null;
  list.forEach((value, row) => {
    if (value !== null) return;
    validity ??= makeBitmap(length, true);
    clearBit(validity, row);
  });
  const encoding = encodingOf(type);
  switch (encoding.layout) {
    case 'bits': {
      const bits = new Uint8Array(bitmapBytes(length));
      list.forEach((value, row) => value === true && setBit(bits, row));
      return boolColumn(length, bits, validity);
    }
    case 'fixed': {
      const values = new encoding.array(length * encoding.stride);
      list.forEach((value, row) => {
        if (value === null) return;
        if (typeof value === 'object') values.set(value as never, row * encoding.stride);
        else values[row] = value as never;
      });
      return fixedColumn(type, values, validity);
    }
    case 'bytes':
      return bytesFromValues(type, list, validity);
    case 'list':
      return listFromValues(type, list, validity);
  }
}

function bytesFromValues(type: LogicalType, list: readonly Value[], validity: Uint8Array | null): Column {
  const offsets = new Int32Array(list.length + 1);
  const parts = list.map((value) => {
    if (value === null) return null;
    return typeof value === 'string' ? encoder.encode(value) : value as Uint8Array;
  });
  let end = 0;
  parts.forEach((part, row) => {
    end += part?.length ?? 0;
    if (end > MAX_OFFSET) {
      throw new VtsError('MemoryLimit', 'a batch holds more than 2 GiB of one column', { row });
    }
    offsets[row + 1] = end;
  });
  const bytes = new Uint8Array(end);
  parts.forEach((part, row) => part && bytes.set(part, offsets[row]));
  return bytesColumn(type, offsets, bytes, validity);
}

function listFromValues(type: LogicalType, list: readonly Value[], validity: Uint8Array | null): Column {
  const offsets = new Int32Array(list.length + 1);
  const elements: Value[] = [];
  list.forEach((value, row) => {
    for (const element of (value ?? []) as readonly Value[]) elements.push(element);
    offsets[row + 1] = elements.length;
  });
  if (type.kind === 'Array') {
    return listColumn(type, offsets, [columnFromValues(type.element, elements)], validity);
  }
  if (type.kind !== 'StructArray') throw new TypeError(`${type.kind} is no list`);
  const children = type.fields.map((f) =>
    columnFromValues(f.type, elements.map((element) => (element as StructValue)[f.name] ?? null))
  );
  return listColumn(type, offsets, children, validity);
}
