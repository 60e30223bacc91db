/** Leaves as columns of scalar and text types. A value that does not fit is an error with its row, never cut or wrapped. */
import { isUtf8 } from 'node:buffer';
import type { SchemaElement } from 'hyparquet';
import { bitmapBytes, getBit, setBit } from '../../../core/bitmap.ts';
import {
  boolColumn,
  bytesColumn,
  type Column,
  encodingOf,
  fixedColumn,
  fixedColumnFromBytes,
} from '../../../core/column.ts';
import { halfTable } from '../../../core/half.ts';
import { parseTimestamp } from '../../../core/time.ts';
import { formatType, type LogicalType } from '../../../core/types.ts';
import { VtsError } from '../../../errors.ts';
import { type TextOf, textOf } from './leaf-text.ts';
import { type Meaning, meaningOf } from './leaf-type.ts';
import type { LeafNest } from './nest.ts';
import { type LeafValues, ValuesBuilder } from './values.ts';

/** Makes the error for the value of a slot, which knows the row. */
export type Reject = (slot: number, message: string, expected: string) => VtsError;

/** Rejects elements of a list by the slot that they are in. */
export function elementReject({ offsets }: { readonly offsets: Int32Array }, reject: Reject): Reject {
  return (element, message, expected) => {
    let slot = 0;
    while (offsets[slot + 1] <= element) slot++;
    return reject(slot, message, expected);
  };
}

/** The types that can be read from a leaf, for those that a schema declares. */
export function leafHolds(element: SchemaElement, type: LogicalType): boolean {
  const meaning = meaningOf(element);
  switch (type.kind) {
    case 'Bool':
      return meaning.kind === 'bool';
    case 'Int8':
    case 'Int16':
    case 'Int32':
    case 'Int64':
      return meaning.kind === 'integer';
    case 'Float':
      return meaning.kind === 'float' || meaning.kind === 'half';
    case 'Double':
      return meaning.kind === 'double';
    case 'Timestamptz':
      return meaning.kind === 'text' || (meaning.kind === 'timestamp' && meaning.unit <= 1e6);
    case 'VarChar':
      return !['bool', 'integer', 'float', 'double', 'half'].includes(meaning.kind);
    case 'JSON':
    case 'Geometry':
      return meaning.kind === 'text' || meaning.kind === 'json';
    default:
      return false;
  }
}

/** The column of `nest` as `type`, which {@linkcode leafHolds}. @throws VtsError RowInvalid, InputUnsupported */
export function leafColumn(nest: LeafNest, type: LogicalType, reject: Reject): Column {
  const meaning = meaningOf(nest.element);
  const { validity, values } = nest;
  switch (type.kind) {
    case 'Bool':
      return boolColumn(nest.length, packBits(values.bytes), validity);
    case 'Int8':
    case 'Int16':
    case 'Int32':
    case 'Int64':
      return integerColumn(nest, type, meaning, reject);
    case 'Float':
      if (meaning.kind === 'half') return halfColumn(nest);
      return fixedColumnFromBytes(type, values.bytes, validity);
    case 'Double':
      return fixedColumnFromBytes(type, values.bytes, validity);
    case 'Timestamptz':
      return meaning.kind === 'timestamp'
        ? timestampColumn(nest, meaning.unit, reject)
        : parsedTimestamps(nest, reject);
    default:
      return textColumn(nest, type, meaning, reject);
  }
}

function packBits(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const bits = new Uint8Array(bitmapBytes(bytes.length));
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) setBit(bits, i);
  return bits;
}

function halfColumn({ values, validity }: LeafNest): Column {
  const table = halfTable();
  const { bytes } = values;
  const numbers = new Float32Array(values.count);
  for (let i = 0; i < numbers.length; i++) numbers[i] = table[bytes[2 * i] | bytes[2 * i + 1] << 8];
  return fixedColumn({ kind: 'Float' }, numbers, validity);
}

function integerColumn(nest: LeafNest, type: LogicalType, meaning: Meaning, reject: Reject): Column {
  const { bytes, width, count } = nest.values;
  const signed = meaning.kind !== 'integer' || meaning.signed;
  const target = type.kind === 'Int64' ? 64 : type.kind === 'Int32' ? 32 : type.kind === 'Int16' ? 16 : 8;
  const same = width * 8 === target;
  if (same && signed) return fixedColumnFromBytes(type, bytes, nest.validity);
  const expected = `an integer that fits ${formatType(type)}`;
  const encoding = encodingOf(type);
  if (encoding.layout !== 'fixed') throw new TypeError(`${type.kind} is no integer`);
  const out = new encoding.array(count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (width === 8) {
    const high = 2n ** BigInt(target - 1);
    for (let i = 0; i < count; i++) {
      const value = signed ? view.getBigInt64(i * 8, true) : view.getBigUint64(i * 8, true);
      if (value >= high || value < -high) throw reject(i, `${value} is too large`, expected);
      out[i] = (target === 64 ? value : Number(value)) as never;
    }
  } else {
    // A narrow unsigned integer is stored as it is, a 32-bit one as its bits.
    const high = 2 ** (target - 1);
    for (let i = 0; i < count; i++) {
      const value = signed ? view.getInt32(i * 4, true) : view.getUint32(i * 4, true);
      if (value >= high || value < -high) throw reject(i, `${value} is too large`, expected);
      out[i] = (target === 64 ? BigInt(value) : value) as never;
    }
  }
  return fixedColumn(type, out, nest.validity);
}

const INT64_HIGH = 2n ** 63n;

function timestampColumn({ values, validity }: LeafNest, unit: number, reject: Reject): Column {
  const column = fixedColumnFromBytes({ kind: 'Timestamptz' }, values.bytes, validity);
  if (unit === 1e6) return column;
  const factor = BigInt(1e6 / unit);
  const source = column.values as BigInt64Array<ArrayBuffer>;
  const micros = new BigInt64Array(source.length);
  for (let i = 0; i < source.length; i++) {
    const value = source[i] * factor;
    if (value >= INT64_HIGH || value < -INT64_HIGH) {
      throw reject(i, `the time ${source[i]} is out of range`, 'a time that fits 64 bits in microseconds');
    }
    micros[i] = value;
  }
  return fixedColumn({ kind: 'Timestamptz' }, micros, validity);
}

function parsedTimestamps({ values, validity }: LeafNest, reject: Reject): Column {
  const { bytes, offsets, count } = values;
  const micros = new BigInt64Array(count);
  const decoder = new TextDecoder();
  for (let i = 0; i < count; i++) {
    if (validity !== null && !getBit(validity, i)) continue;
    const text = decoder.decode(bytes.subarray(offsets[i], offsets[i + 1]));
    const value = parseTimestamp(text);
    if (value === undefined) {
      throw reject(i, `"${text}" is no time`, 'a time as RFC 3339 has it, such as 2024-05-01T12:00:00Z');
    }
    micros[i] = value;
  }
  return fixedColumn({ kind: 'Timestamptz' }, micros, validity);
}

function textColumn(nest: LeafNest, type: LogicalType, meaning: Meaning, reject: Reject): Column {
  const { values, validity } = nest;
  const format = textOf(meaning, values);
  if (format !== undefined) return formattedColumn(nest, type, { meaning, format, reject });
  if (meaning.kind === 'binary') throw unreadable(`the column holds ${meaning.what}`);
  const { bytes, offsets } = values.width === 0 ? values : fixedTexts(nest);
  const bad = firstInvalidText(bytes, offsets);
  if (bad >= 0 && meaning.kind === 'text' && !meaning.annotated) {
    throw unreadable('the column holds binary values');
  }
  if (bad >= 0) throw reject(bad, 'text is not valid UTF-8', 'UTF-8');
  return bytesColumn(type, offsets, bytes, validity);
}

/** Values of a fixed length as byte arrays; null slots are empty. */
function fixedTexts({ validity, values }: LeafNest): LeafValues {
  const { bytes, width, count } = values;
  const builder = new ValuesBuilder(0);
  for (let i = 0; i < count; i++) {
    if (validity !== null && !getBit(validity, i)) builder.growBytes(0);
    else {
      const at = builder.growBytes(width);
      builder.data.bytes.set(bytes.subarray(i * width, (i + 1) * width), at);
    }
  }
  return builder.finish();
}

function formattedColumn(
  nest: LeafNest,
  type: LogicalType,
  { meaning, format, reject }: { meaning: Meaning; format: TextOf; reject: Reject },
): Column {
  const encoder = new TextEncoder();
  const { validity, length } = nest;
  const builder = new ValuesBuilder(0);
  for (let i = 0; i < length; i++) {
    if (validity !== null && !getBit(validity, i)) {
      builder.growBytes(0);
      continue;
    }
    const text = format(i);
    if (text === undefined) throw reject(i, ...outOfRange(meaning));
    const at = builder.growBytes(text.length);
    encoder.encodeInto(text, builder.data.bytes.subarray(at));
  }
  const { bytes, offsets } = builder.finish();
  return bytesColumn(type, offsets, bytes, validity);
}

function outOfRange({ kind }: Meaning): [string, string] {
  if (kind === 'nothing') return ['a value in a column of nulls', 'null'];
  return ['a date or time is out of range', kind === 'time' ? 'less than 24 hours' : 'a year from 1 to 9999'];
}

/** The first of the texts in `bytes` that is not valid UTF-8, or -1. */
function firstInvalidText(bytes: Uint8Array, offsets: Int32Array): number {
  const count = offsets.length - 1;
  if (isUtf8(bytes)) {
    // All is valid as one text; so is each part that does not begin or end within a character.
    const inside = offsets.findIndex((at) => at < bytes.length && (bytes[at] & 0xc0) === 0x80);
    return inside < 0 ? -1 : Math.max(0, inside - 1);
  }
  for (let i = 0; i < count; i++) if (!isUtf8(bytes.subarray(offsets[i], offsets[i + 1]))) return i;
  return -1;
}

function unreadable(message: string): VtsError {
  return new VtsError('InputUnsupported', message, {
    expected: 'text, numbers or vectors',
    remedy:
      'leave the column out with --fields, or say what it is with --schema (BinaryVector, Float16Vector, ...)',
  });
}
