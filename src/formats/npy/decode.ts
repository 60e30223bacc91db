/** The bytes of an array's values, rows in order and little-endian, as a column. */
import { bitmapBytes, clearBit, makeBitmap, setBit } from '../../core/bitmap.ts';
import {
  boolColumn,
  bytesColumn,
  type Column,
  fixedColumn,
  fixedColumnFromBytes,
  listColumn,
} from '../../core/column.ts';
import { halfTable } from '../../core/half.ts';
import type { LogicalType } from '../../core/types.ts';
import { decodeUtf8 } from '../../core/values.ts';
import { VtsError } from '../../errors.ts';
import type { ArrayType } from './array-type.ts';
import type { ColumnPlan } from './column-plan.ts';
import { microseconds } from './times.ts';

/** What decoding is about, for errors. */
export interface Place {
  readonly file: string;
  /** The first row of the bytes. */
  readonly firstRow: number;
}

/** The column over `bytes`. @throws VtsError RowInvalid for what the column cannot hold */
export function decodeRows(
  { field, layout, type, width }: ColumnPlan,
  bytes: Uint8Array<ArrayBuffer>,
  place: Place,
): Column {
  switch (layout) {
    case 'vector':
      return fixedColumnFromBytes(field.type, bytes);
    case 'widened':
      return fixedColumn(field.type, Float32Array.from(bytes));
    case 'packed':
      return fixedColumn(field.type, packBits(bytes));
    case 'scalar':
      return decodeValues(
        field.type,
        type,
        bytes,
        (at, what, expected) => invalid(place, at, 1, what, expected),
      );
    case 'list': {
      const element = (field.type as LogicalType & { kind: 'Array' }).element;
      const values = decodeValues(
        element,
        type,
        bytes,
        (at, what, expected) => invalid(place, at, width, what, expected),
      );
      const rows = width === 0 ? 0 : values.length / width;
      return listColumn(field.type, Int32Array.from({ length: rows + 1 }, (_, row) => row * width), [values]);
    }
  }
}

/** Makes the error for the value number `at`. */
type Refusal = (at: number, what: string, expected: string) => VtsError;

function invalid(
  { file, firstRow }: Place,
  at: number,
  width: number,
  what: string,
  expected: string,
): VtsError {
  return new VtsError('RowInvalid', what, { file, row: firstRow + Math.floor(at / width), expected });
}

function decodeValues(
  target: LogicalType,
  type: ArrayType,
  bytes: Uint8Array<ArrayBuffer>,
  refuse: Refusal,
): Column {
  const { buffer, length } = bytes;
  switch (type.kind) {
    case 'b1':
      return boolColumn(length, bitsOf(bytes));
    case 'u1':
      return fixedColumn(target, Int16Array.from(bytes));
    case 'u2':
      return fixedColumn(target, Int32Array.from(new Uint16Array(buffer, 0, length / 2)));
    case 'u4':
      return fixedColumn(target, widenToLong(new Uint32Array(buffer, 0, length / 4)));
    case 'u8': {
      const values = new BigInt64Array(buffer, 0, length / 8);
      const at = values.findIndex((value) => value < 0n);
      if (at < 0) return fixedColumn(target, values);
      throw refuse(at, `${BigInt.asUintN(64, values[at])} is beyond int64`, 'at most 9223372036854775807');
    }
    case 'f2':
      return fixedColumn(target, floatsOfHalves(new Uint16Array(buffer, 0, length / 2)));
    case 'U':
      return decodeCharacters(target, type, bytes, refuse);
    case 'S':
      return decodeByteStrings(target, type, bytes, refuse);
    case 'M':
      return decodeTimes(target, type, new BigInt64Array(buffer, 0, length / 8), refuse);
    default:
      return fixedColumnFromBytes(target, bytes);
  }
}

function bitsOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const bits = new Uint8Array(bitmapBytes(bytes.length));
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) setBit(bits, i);
  return bits;
}

/** The first of eight is the highest bit. */
function packBits(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(bytes.length / 8);
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) packed[i >>> 3] |= 0x80 >>> (i & 7);
  return packed;
}

function widenToLong(values: Uint32Array): BigInt64Array<ArrayBuffer> {
  const longs = new BigInt64Array(values.length);
  const words = new Uint32Array(longs.buffer);
  for (let i = 0; i < values.length; i++) words[i * 2] = values[i];
  return longs;
}

function floatsOfHalves(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const table = halfTable();
  return Float32Array.from(halves, (half) => table[half]);
}

/** Characters of 4 bytes each, filled up with zeros. */
function decodeCharacters(
  target: LogicalType,
  { size }: ArrayType,
  bytes: Uint8Array<ArrayBuffer>,
  refuse: Refusal,
): Column {
  const points = new Uint32Array(bytes.buffer, 0, bytes.length / 4);
  const width = size / 4;
  const rows = width === 0 ? 0 : points.length / width;
  const offsets = new Int32Array(rows + 1);
  const utf8 = new Uint8Array(bytes.length);
  let end = 0;
  for (let row = 0; row < rows; row++) {
    const first = row * width;
    let last = first + width;
    while (last > first && points[last - 1] === 0) last--;
    for (let i = first; i < last; i++) {
      const point = points[i];
      if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        throw refuse(row, `0x${point.toString(16)} is no Unicode character`, 'text');
      }
      end = putUtf8(utf8, end, point);
    }
    offsets[row + 1] = end;
  }
  return bytesColumn(target, offsets, utf8.subarray(0, end));
}

/** Appends a character, which has no more bytes in UTF-8 than here. */
function putUtf8(bytes: Uint8Array, at: number, point: number): number {
  if (point < 0x80) {
    bytes[at] = point;
    return at + 1;
  }
  const more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  bytes[at] = (0xff00 >> more + 1 & 0xff) | (point >> more * 6);
  for (let i = more - 1; i >= 0; i--) bytes[++at] = 0x80 | (point >> i * 6 & 0x3f);
  return at + 1;
}

/** Bytes, filled up with zeros, which have to be UTF-8. */
function decodeByteStrings(
  target: LogicalType,
  { size }: ArrayType,
  bytes: Uint8Array<ArrayBuffer>,
  refuse: Refusal,
): Column {
  const rows = size === 0 ? 0 : bytes.length / size;
  const offsets = new Int32Array(rows + 1);
  let end = 0;
  for (let row = 0; row < rows; row++) {
    let last = (row + 1) * size;
    while (last > row * size && bytes[last - 1] === 0) last--;
    const text = bytes.subarray(row * size, last);
    if (decodeUtf8(text) === undefined) throw refuse(row, 'the bytes are not valid UTF-8', 'text');
    bytes.copyWithin(end, row * size, last);
    end += text.length;
    offsets[row + 1] = end;
  }
  return bytesColumn(target, offsets, bytes.subarray(0, end));
}

const NOT_A_TIME = -(2n ** 63n);

function decodeTimes(
  target: LogicalType,
  { timeUnit }: ArrayType,
  values: BigInt64Array<ArrayBuffer>,
  refuse: Refusal,
): Column {
  const convert = microseconds(timeUnit!);
  let validity: Uint8Array | null = null;
  for (let row = 0; row < values.length; row++) {
    if (values[row] === NOT_A_TIME) {
      validity ??= makeBitmap(values.length, true);
      clearBit(validity, row);
      values[row] = 0n;
      continue;
    }
    const time = convert(values[row]);
    if (time === undefined) {
      throw refuse(
        row,
        `${values[row]} ${timeUnit} after 1970 is no time in whole microseconds`,
        'times in int64 microseconds',
      );
    }
    values[row] = time;
  }
  return fixedColumn(target, values, validity);
}
