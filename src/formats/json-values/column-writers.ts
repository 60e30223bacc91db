/** Columns written as JSON: for each logical type how one value is appended to the line. */
import { isUtf8 } from 'node:buffer';
import { getBit } from '../../core/bitmap.ts';
import { type Column, isNull, valueBytes } from '../../core/column.ts';
import type { Field } from '../../core/schema.ts';
import { isDenseVector, type LogicalType } from '../../core/types.ts';
import { VtsError } from '../../errors.ts';
import { append, type ByteStore, putByte, reserve } from './byte-store.ts';
import { type Floats, floatsOf, writeFloats, writeVector } from './float-text.ts';
import { writeJson } from './json-text.ts';
import {
  NUMBER_ROOM,
  writeAscii,
  writeBfloat,
  writeDouble,
  writeHalf,
  writeInt64,
  writeInteger,
} from './number-text.ts';
import { writeSparse } from './sparse.ts';
import { writeString } from './strings.ts';
import { formatTimestamp } from '../../core/time.ts';

/** Appends the value of a row. */
export type ValueWriter = (row: number) => void;

/** The writer of the values of `column`, nulls included. @throws VtsError RowInvalid for text that is not valid */
export function columnWriter(out: ByteStore, field: Field, column: Column): ValueWriter {
  const write = valueWriter(out, field, column);
  if (column.validity === null) return write;
  return (row) => isNull(column, row) ? writeNull(out) : write(row);
}

function writeNull(out: ByteStore): void {
  reserve(out, 4);
  out.length = writeAscii(out.bytes, out.length, 'null');
}

function valueWriter(out: ByteStore, field: Field, column: Column): ValueWriter {
  const { type, offsets } = column;
  const values = column.values as Uint8Array<ArrayBuffer>;
  switch (type.kind) {
    case 'Bool':
      return (row) => {
        reserve(out, 5);
        out.length = writeAscii(out.bytes, out.length, getBit(values, row) ? 'true' : 'false');
      };
    case 'VarChar':
    case 'Geometry':
      checkUtf8(field, column);
      return (row) => writeString(out, values, offsets![row], offsets![row + 1]);
    case 'JSON':
      return (row) => writeJson(out, values, offsets![row], offsets![row + 1], field, row);
    case 'SparseFloatVector':
      return (row) => writeSparse(out, values, offsets![row], offsets![row + 1]);
    case 'FloatVector':
      return floatVectorWriter(out, type.dim, floatsOf(column.values as Float32Array));
    case 'Array':
      return arrayWriter(out, offsets!, columnWriter(out, field, column.children[0]));
    case 'StructArray':
      return arrayWriter(out, offsets!, objectWriter(out, type.fields, column.children));
    default: {
      const writeOne = numberWriter(out, type, column, field);
      if (isDenseVector(type)) return vectorWriter(out, column.values.length / column.length, writeOne);
      return (row) => {
        reserve(out, NUMBER_ROOM);
        out.length = writeOne(out.bytes, out.length, row);
      };
    }
  }
}

/** Writes element `i` of the values of a fixed-size column. */
type NumberWriter = (bytes: Uint8Array<ArrayBuffer>, at: number, i: number) => number;

function numberWriter(out: ByteStore, type: LogicalType, { values }: Column, { name }: Field): NumberWriter {
  switch (type.kind) {
    case 'Float': {
      const floats = floatsOf(values as Float32Array);
      // Without the comma.
      return (_, at, i) => writeFloats(out, at, floats, i, i + 1) - 1;
    }
    case 'Double':
    case 'DoubleVector': {
      const doubles = values as Float64Array;
      return (bytes, at, i) => writeDouble(bytes, at, doubles[i]);
    }
    case 'Float16Vector':
      return (bytes, at, i) => writeHalf(bytes, at, values[i] as number);
    case 'BFloat16Vector':
      return (bytes, at, i) => writeBfloat(bytes, at, values[i] as number);
    case 'Int64': {
      const halves = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
      return (bytes, at, i) => writeInt64(bytes, at, halves[2 * i], halves[2 * i + 1]);
    }
    case 'Timestamptz':
      return (bytes, at, i) => writeAscii(bytes, at, `"${timeText(values[i] as bigint, name, i)}"`);
    default: {
      const integers = values as Int32Array;
      return (bytes, at, i) => writeInteger(bytes, at, integers[i]);
    }
  }
}

function floatVectorWriter(out: ByteStore, dim: number, floats: Floats): ValueWriter {
  return (row) => {
    reserve(out, 2 + dim * NUMBER_ROOM);
    out.bytes[out.length] = 0x5b;
    const end = writeVector(out, out.length + 1, floats, row * dim, (row + 1) * dim);
    out.bytes[end - 1] = 0x5d;
    out.length = end;
  };
}

function vectorWriter(out: ByteStore, stride: number, writeOne: NumberWriter): ValueWriter {
  return (row) => {
    reserve(out, 2 + stride * NUMBER_ROOM);
    const { bytes } = out;
    let at = out.length;
    bytes[at++] = 0x5b;
    const end = (row + 1) * stride;
    for (let i = row * stride; i < end; i++) {
      at = writeOne(bytes, at, i);
      bytes[at++] = 0x2c;
    }
    bytes[at - 1] = 0x5d;
    out.length = at;
  };
}

function arrayWriter(out: ByteStore, offsets: Int32Array, writeElement: ValueWriter): ValueWriter {
  return (row) => {
    const start = offsets[row];
    putByte(out, 0x5b);
    for (let i = start; i < offsets[row + 1]; i++) {
      if (i > start) putByte(out, 0x2c);
      writeElement(i);
    }
    putByte(out, 0x5d);
  };
}

/** Writes the object of a row: a key and a value for each field. */
export function objectWriter(
  out: ByteStore,
  fields: readonly Field[],
  columns: readonly Column[],
): ValueWriter {
  const encoder = new TextEncoder();
  const writers = fields.map((field, i) => columnWriter(out, field, columns[i]));
  const keys = fields.map((field, i) =>
    encoder.encode(`${i === 0 ? '{' : ','}${JSON.stringify(field.name)}:`)
  );
  return (row) => {
    if (keys.length === 0) putByte(out, 0x7b);
    for (let i = 0; i < keys.length; i++) {
      append(out, keys[i], 0, keys[i].length);
      writers[i](row);
    }
    putByte(out, 0x7d);
  };
}

function timeText(micros: bigint, field: string, row: number): string {
  const text = formatTimestamp(micros);
  if (text !== undefined) return text;
  throw new VtsError('RowInvalid', `${micros} microseconds since 1970 is not in the years 1 to 9999`, {
    row,
    field,
    expected: 'a time that RFC 3339 can say',
    remedy: 'correct the row, or leave the column out with --fields',
  });
}

/** @throws VtsError RowInvalid when a value of `column` is not UTF-8 */
export function checkUtf8({ name }: Field, column: Column): void {
  if (isUtf8(valueBytes(column))) return;
  const { values, offsets, length } = column;
  for (let row = 0; row < length; row++) {
    if (isUtf8((values as Uint8Array).subarray(offsets![row], offsets![row + 1]))) continue;
    throw new VtsError('RowInvalid', 'The text is not valid UTF-8', { row, field: name, expected: 'UTF-8' });
  }
}
