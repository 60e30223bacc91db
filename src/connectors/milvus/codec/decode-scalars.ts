/** Values of a `ScalarField` as columns: numbers, texts, JSON, times, geometries. */
import { bitmapBytes, setBit } from '../../../core/bitmap.ts';
import {
  boolColumn,
  bytesColumn,
  type Column,
  encodingOf,
  fixedColumn,
  isNull,
  MAX_OFFSET,
} from '../../../core/column.ts';
import { parseTimestamp } from '../../../core/time.ts';
import type { Kind, LogicalType } from '../../../core/types.ts';
import { columnFromValues, type Value, valueAt } from '../../../core/values.ts';
import { type Bits } from './nulls.ts';
import { countVarints, decodeInt64s, decodeInts } from './varint.ts';
import { type Bytes, FIXED32, FIXED64, malformed, ProtoReader, type Spans, VARINT } from './wire.ts';
import { wkbToWkt } from '../../../core/wkb.ts';

/** The members of the `data` oneof of ScalarField, by field number. */
export const SCALAR = {
  bool: 1,
  int: 2,
  long: 3,
  float: 4,
  double: 5,
  string: 6,
  array: 8,
  json: 9,
  wkb: 10,
  timestamptz: 11,
  wkt: 12,
  validData: 17,
} as const;

/** The members that may hold each kind. Timestamptz is text in the server's time zone, or microseconds. */
const MEMBERS: Partial<Record<Kind, readonly number[]>> = {
  Bool: [SCALAR.bool],
  Int8: [SCALAR.int],
  Int16: [SCALAR.int],
  Int32: [SCALAR.int],
  Int64: [SCALAR.long],
  Float: [SCALAR.float],
  Double: [SCALAR.double],
  VarChar: [SCALAR.string],
  JSON: [SCALAR.json],
  Geometry: [SCALAR.wkt, SCALAR.wkb],
  Timestamptz: [SCALAR.timestamptz, SCALAR.string],
  Array: [SCALAR.array],
};

/** The wire type of a value of each member, if it is a number. */
const NUMBERS: Partial<Record<number, number>> = {
  [SCALAR.bool]: VARINT,
  [SCALAR.int]: VARINT,
  [SCALAR.long]: VARINT,
  [SCALAR.timestamptz]: VARINT,
  [SCALAR.float]: FIXED32,
  [SCALAR.double]: FIXED64,
};

/** What a ScalarField holds: the places of its values. */
export interface Scalars {
  /** The member of the oneof; 0 when there is none. */
  member: number;
  readonly values: Spans;
  readonly valid: Spans;
}

/** A ScalarField without values. */
export function noScalars(): Scalars {
  return { member: 0, values: [], valid: [] };
}

/** Adds the ScalarField that `reader` stands before to `into`; `inner` is a reader to use. */
export function collectScalars(reader: ProtoReader, inner: ProtoReader, into: Scalars): void {
  while (reader.next()) {
    const { field } = reader;
    if (field === SCALAR.validData) {
      reader.packed(into.valid, VARINT);
      continue;
    }
    if (field > SCALAR.validData) continue;
    if (field !== into.member) {
      into.member = field;
      into.values.length = 0;
    }
    reader.expectDelimited();
    inner.reset(reader.start, reader.end);
    const wire = NUMBERS[field];
    while (inner.next()) {
      if (inner.field !== 1) continue;
      if (wire === undefined) inner.span(into.values);
      else inner.packed(into.values, wire);
    }
  }
}

/** How many values there are. */
export function countValues(bytes: Bytes, { member, values }: Scalars): number {
  const wire = NUMBERS[member];
  if (wire === undefined) return values.length / 2;
  if (wire === VARINT) return countVarints(bytes, values);
  const size = wire === FIXED32 ? 4 : 8;
  let count = 0;
  for (let s = 0; s < values.length; s += 2) {
    const length = values[s + 1] - values[s];
    if (length % size !== 0) {
      throw malformed(`${length} bytes are no whole number of ${size}-byte values`, values[s]);
    }
    count += length / size;
  }
  return count;
}

/** Fails unless `member` may hold `kind`. */
export function checkMember(kind: Kind, member: number): void {
  if (member === 0 || MEMBERS[kind]!.includes(member)) return;
  const [name = member] = Object.entries(SCALAR).find(([, number]) => number === member) ?? [];
  throw malformed(`the values of a ${kind} field came as ${name} values`);
}

/** The values as a column of `type`, before nulls; of Geometry and Timestamptz as they came: see {@linkcode finishScalars}. */
export function scalarColumn(bytes: Bytes, type: LogicalType, { member, values }: Scalars): Column {
  checkMember(type.kind, member);
  switch (type.kind) {
    case 'Bool': {
      const { bits, length } = decodeBools(bytes, values);
      return boolColumn(length, bits);
    }
    case 'Int8':
      return fixedColumn(type, decodeInts(bytes, values, Int8Array));
    case 'Int16':
      return fixedColumn(type, decodeInts(bytes, values, Int16Array));
    case 'Int32':
      return fixedColumn(type, decodeInts(bytes, values, Int32Array));
    case 'Timestamptz':
      if (member === SCALAR.string) return textColumn(bytes, { kind: 'VarChar' }, values);
      return fixedColumn(type, decodeInt64s(bytes, values));
    case 'Int64':
      return fixedColumn(type, decodeInt64s(bytes, values));
    case 'Float':
    case 'Double':
      return fixedValues(bytes, type, values);
    default:
      return textColumn(bytes, type, values);
  }
}

/** `column`, of whose nulls are known, as a column of `type`: WKB becomes WKT, times that came as text microseconds. */
export function finishScalars(column: Column, type: LogicalType, member: number): Column {
  if (type.kind === 'Geometry' && member === SCALAR.wkb) {
    return convert(column, type, (row) => {
      const { offsets, values } = column;
      return wkbToWkt(values.subarray(offsets![row], offsets![row + 1]) as Uint8Array);
    });
  }
  if (type.kind !== 'Timestamptz' || column.type.kind === 'Timestamptz') return column;
  return convert(column, type, (row) => {
    const text = valueAt(column, row) as string;
    const micros = parseTimestamp(text);
    if (micros === undefined) throw malformed(`${JSON.stringify(text)} is no time`);
    return micros;
  });
}

function convert(column: Column, type: LogicalType, value: (row: number) => Value): Column {
  return columnFromValues(
    type,
    Array.from({ length: column.length }, (_, row) => isNull(column, row) ? null : value(row)),
  );
}

/** The flags in `spans`. */
export function decodeBools(bytes: Bytes, spans: Spans): Bits {
  const length = countVarints(bytes, spans);
  const bits = new Uint8Array(bitmapBytes(length));
  let row = 0;
  for (let s = 0; s < spans.length; s += 2) {
    for (let at = spans[s]; at < spans[s + 1]; at++, row++) {
      let set = bytes[at] & 0x7f;
      while (bytes[at] > 0x7f) set |= bytes[++at] & 0x7f;
      if (set !== 0) setBit(bits, row);
    }
  }
  return { bits, length };
}

/** Little-endian numbers, copied together. */
export function fixedValues(bytes: Bytes, type: LogicalType, spans: Spans): Column {
  const encoding = encodingOf(type);
  if (encoding.layout !== 'fixed') throw new TypeError(`${type.kind} has no fixed layout`);
  const size = encoding.array.BYTES_PER_ELEMENT;
  let total = 0;
  for (let s = 0; s < spans.length; s += 2) total += spans[s + 1] - spans[s];
  if (total % (size * encoding.stride) !== 0) {
    throw malformed(`${total} bytes are no whole number of ${size * encoding.stride}-byte values`, spans[0]);
  }
  return fixedColumn(type, new encoding.array(joinSpans(bytes, spans).buffer, 0, total / size));
}

/** Texts or byte strings, each a span. */
export function textColumn(bytes: Bytes, type: LogicalType, spans: Spans): Column {
  const offsets = new Int32Array(spans.length / 2 + 1);
  let end = 0;
  for (let s = 0; s < spans.length; s += 2) {
    end += spans[s + 1] - spans[s];
    if (end > MAX_OFFSET) throw malformed('a column holds more than 2 GiB', spans[s]);
    offsets[s / 2 + 1] = end;
  }
  return bytesColumn(type, offsets, joinSpans(bytes, spans));
}

/** Below this, a loop over the bytes is quicker than a view and a copy. */
const SHORT = 48;

/** What lies in `spans`, one after the other. */
export function joinSpans(bytes: Bytes, spans: Spans): Bytes {
  if (spans.length === 2) return bytes.slice(spans[0], spans[1]);
  let total = 0;
  for (let s = 0; s < spans.length; s += 2) total += spans[s + 1] - spans[s];
  const joined = new Uint8Array(total);
  let to = 0;
  for (let s = 0; s < spans.length; s += 2) {
    const start = spans[s];
    const end = spans[s + 1];
    if (end - start < SHORT) { for (let at = start; at < end; at++) joined[to++] = bytes[at]; }
    else {
      joined.set(bytes.subarray(start, end), to);
      to += end - start;
    }
  }
  return joined;
}
