/** Columns built from JSON values: for each logical type how one value is read into Arrow buffers. */
import { bitmapBytes, clearBit, makeBitmap, setBit } from '../../core/bitmap.ts';
import {
  boolColumn,
  bytesColumn,
  type Column,
  encodingOf,
  fixedColumn,
  listColumn,
} from '../../core/column.ts';
import type { ValuesConstructor } from '../../core/column.ts';
import type { Field } from '../../core/schema.ts';
import type { LogicalType } from '../../core/types.ts';
import { many } from '../../core/many.ts';
import { byteStore, release } from './byte-store.ts';
import { bytesReader } from './bytes-values.ts';
import { type FixedArray, fixedReader } from './fixed-values.ts';
import { objectShape, readObject } from './object-reader.ts';
import { nextItem } from './skip-value.ts';
import { atWord, misfit, skipSpace, type Text, wrongType } from './text.ts';

/** A column that grows by a value at a time. */
export interface ColumnBuilder {
  /** Reads the value at `text.pos`, which is not null, as the next row. */
  read(text: Text): void;
  pushNull(): void;
  /** Bytes that the rows so far take. */
  bytes(): number;
  /** The column of all rows so far; the builder is empty then. */
  take(): Column;
}

/** A builder of the column of `field`, with room for `capacity` rows at first. */
export function columnBuilder(field: Field, capacity: number): ColumnBuilder {
  const { type } = field;
  const encoding = encodingOf(type);
  switch (encoding.layout) {
    case 'bits':
      return boolBuilder();
    case 'fixed':
      return fixedBuilder(type, encoding.array, encoding.stride, capacity);
    case 'bytes':
      return bytesBuilder(type, capacity);
    case 'list':
      return type.kind === 'StructArray'
        ? structsBuilder(type, field)
        : arrayBuilder(type as ArrayType, field);
  }
}

type ArrayType = Extract<LogicalType, { kind: 'Array' }>;
type StructArrayType = Extract<LogicalType, { kind: 'StructArray' }>;

/** `array` with room for `needed` elements, as it is when it has that; else with room for `atLeast` or twice as many. */
function grown<T extends FixedArray>(array: T, needed: number, atLeast = 0): T {
  if (needed <= array.length) return array;
  const size = Math.max(needed, atLeast, array.length * 2);
  const larger = new (array.constructor as new (length: number) => T)(size);
  larger.set(array as never);
  return larger;
}

/** The null rows of a column; no bitmap exists before the first. */
function nullRows(): { add(row: number): void; take(length: number): Uint8Array | null } {
  let valid: Uint8Array<ArrayBuffer> | null = null;
  return {
    add(row) {
      const needed = bitmapBytes(row + 1);
      if (valid === null || valid.length < needed) {
        const larger = new Uint8Array(Math.max(64, needed * 2)).fill(255);
        if (valid !== null) larger.set(valid);
        valid = larger;
      }
      clearBit(valid, row);
    },
    take(length) {
      if (valid === null) return null;
      const bitmap = makeBitmap(length, true);
      const shared = Math.min(bitmap.length, valid.length);
      for (let i = 0; i < shared; i++) bitmap[i] &= valid[i];
      valid = null;
      return bitmap;
    },
  };
}

function boolBuilder(): ColumnBuilder {
  const nulls = nullRows();
  let bits = new Uint8Array(0);
  let rows = 0;
  return {
    read(text) {
      const value = atWord(text, 'true');
      if (!value && !atWord(text, 'false')) throw wrongType(text, 'true or false');
      text.pos += value ? 4 : 5;
      bits = grown(bits, bitmapBytes(rows + 1));
      if (value) setBit(bits, rows);
      rows++;
    },
    pushNull() {
      nulls.add(rows++);
      bits = grown(bits, bitmapBytes(rows));
    },
    bytes: () => rows >>> 3,
    take() {
      const column = boolColumn(rows, bits.subarray(0, bitmapBytes(rows)), nulls.take(rows));
      bits = new Uint8Array(0);
      rows = 0;
      return column;
    },
  };
}

function fixedBuilder(
  type: LogicalType,
  array: ValuesConstructor,
  stride: number,
  capacity: number,
): ColumnBuilder {
  const { words, perValue, read } = fixedReader(type);
  const perRow = stride * perValue;
  const rowBytes = stride * array.BYTES_PER_ELEMENT;
  const nulls = nullRows();
  let values = new words(0);
  let room = capacity * perRow;
  let rows = 0;
  return {
    read(text) {
      if ((rows + 1) * perRow > values.length) values = grown(values, (rows + 1) * perRow, room);
      read(text, values, rows * perRow);
      rows++;
    },
    pushNull() {
      nulls.add(rows++);
      values = grown(values, rows * perRow, room);
    },
    bytes: () => rows * rowBytes,
    take() {
      const column = fixedColumn(type, new array(values.buffer, 0, rows * stride), nulls.take(rows));
      room = values.length;
      values = new words(0);
      rows = 0;
      return column;
    },
  };
}

/** Rows' ends in a list or bytes column. */
function offsetList(
  capacity: number,
): { push(end: number): void; rows(): number; take(): Int32Array<ArrayBuffer> } {
  let offsets = new Int32Array(1);
  let room = capacity + 1;
  let rows = 0;
  return {
    push(end) {
      rows++;
      if (rows >= offsets.length) offsets = grown(offsets, rows + 1, room);
      offsets[rows] = end;
    },
    rows: () => rows,
    take() {
      const taken = offsets.subarray(0, rows + 1);
      room = offsets.length;
      offsets = new Int32Array(1);
      rows = 0;
      return taken;
    },
  };
}

function bytesBuilder(type: LogicalType, capacity: number): ColumnBuilder {
  const read = bytesReader(type);
  const nulls = nullRows();
  const offsets = offsetList(capacity);
  const store = byteStore(0);
  return {
    read(text) {
      read(text, store);
      offsets.push(store.length);
    },
    pushNull() {
      nulls.add(offsets.rows());
      offsets.push(store.length);
    },
    bytes: () => store.length + 4 * offsets.rows(),
    take() {
      const validity = nulls.take(offsets.rows());
      const column = bytesColumn(type, offsets.take(), store.bytes.subarray(0, store.length), validity);
      release(store);
      return column;
    },
  };
}

function arrayBuilder(type: ArrayType, field: Field): ColumnBuilder {
  const child = columnBuilder({ name: field.name, type: type.element, nullable: false }, 0);
  return listBuilder(type, type.maxCapacity, () => [child.take()], child.bytes, (text) => {
    if (!atWord(text, 'null')) child.read(text);
    else {
      if (!field.elementNullable) throw misfit(text, 'An element is null', 'elements that are not null');
      text.pos += 4;
      child.pushNull();
    }
  });
}

function structsBuilder(type: StructArrayType, field: Field): ColumnBuilder {
  const shape = objectShape(type.fields, (child) => columnBuilder(child, 0), `${field.name}.`);
  const builders = shape.slots.map((slot) => slot.builder!);
  const bytes = () => builders.reduce((sum, builder) => sum + builder.bytes(), 0);
  return listBuilder(
    type,
    type.maxCapacity,
    () => builders.map((builder) => builder.take()),
    bytes,
    (text) => {
      readObject(text, shape);
      text.field = field.name;
    },
  );
}

function listBuilder(
  type: LogicalType,
  maxCapacity: number | undefined,
  takeChildren: () => Column[],
  childBytes: () => number,
  readElement: (text: Text) => void,
): ColumnBuilder {
  const nulls = nullRows();
  const offsets = offsetList(0);
  let elements = 0;
  return {
    read(text) {
      const start = text.pos;
      const before = elements;
      elements += readList(text, readElement);
      if (maxCapacity !== undefined && elements - before > maxCapacity) {
        throw misfit(
          text,
          `The array has ${many(elements - before, 'element')}`,
          `at most ${maxCapacity}`,
          start,
        );
      }
      offsets.push(elements);
    },
    pushNull() {
      nulls.add(offsets.rows());
      offsets.push(elements);
    },
    bytes: () => childBytes() + 4 * offsets.rows(),
    take() {
      const validity = nulls.take(offsets.rows());
      elements = 0;
      return listColumn(type, offsets.take(), takeChildren(), validity);
    },
  };
}

/** Reads the array at `pos` and returns how many elements it had. */
function readList(text: Text, readElement: (text: Text) => void): number {
  if (text.bytes[text.pos] !== 0x5b) throw wrongType(text, 'an array');
  text.pos++;
  if (skipSpace(text) === 0x5d) {
    text.pos++;
    return 0;
  }
  let count = 0;
  do {
    skipSpace(text);
    readElement(text);
    count++;
  } while (nextItem(text, 0x5d));
  return count;
}
