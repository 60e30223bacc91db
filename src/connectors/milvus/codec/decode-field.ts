/** `FieldData`, a column of a reply, as a column in memory. */
import { type Column, isNull, listColumn, valueBytes } from '../../../core/column.ts';
import type { Field } from '../../../core/schema.ts';
import { isVector, type LogicalType } from '../../../core/types.ts';
import { columnFromValues } from '../../../core/values.ts';
import { listOf } from './decode-lists.ts';
import {
  collectScalars,
  decodeBools,
  finishScalars,
  noScalars,
  SCALAR,
  scalarColumn,
} from './decode-scalars.ts';
import { collectVectors, noVectors, VECTOR, vectorColumn } from './decode-vectors.ts';
import { applyValidity, type Bits } from './nulls.ts';
import { type Bytes, malformed, ProtoReader, type Spans, VARINT } from './wire.ts';

/** A column of a reply: its name, and where its parts lie. */
export interface FieldData {
  readonly name: string;
  readonly dynamic: boolean;
  readonly scalars: Spans;
  readonly vectors: Spans;
  readonly structs: Spans;
  readonly valid: Spans;
}

/** Reads the FieldData that `reader` stands before; its values stay where they are. */
export function readFieldData(reader: ProtoReader): FieldData {
  const data = { name: '', dynamic: false, scalars: [], vectors: [], structs: [], valid: [] };
  while (reader.next()) {
    switch (reader.field) {
      case 2:
        data.name = reader.text();
        break;
      case 3:
        reader.span(data.scalars);
        break;
      case 4:
        reader.span(data.vectors);
        break;
      case 6:
        data.dynamic = reader.bool();
        break;
      case 7:
        reader.packed(data.valid, VARINT);
        break;
      case 8:
        reader.span(data.structs);
        break;
    }
  }
  return data;
}

/**
 * The column of `field` in a reply.
 * @throws VtsError InputMalformed, naming the field, when the values are not of its type or not as many as they say
 */
export function decodeField(bytes: Bytes, data: FieldData, field: Field): Column {
  const column = field.type.kind === 'StructArray'
    ? decodeStructs(bytes, data, field.name, field.type)
    : decodeValues(bytes, data, field.type);
  if (column.validity === null || field.nullable) return column;
  if (field.dynamic) return withEmptyObjects(column);
  throw malformed('a row is null, where the schema allows no nulls');
}

/** A dynamic column whose null rows, which have no keys outside the schema, are `{}`. */
export function withEmptyObjects(column: Column): Column {
  const bytes = valueBytes(column);
  const { offsets, length } = column;
  return columnFromValues(
    column.type,
    Array.from(
      { length },
      (_, row) =>
        isNull(column, row)
          ? '{}'
          : bytes.subarray(offsets![row] - offsets![0], offsets![row + 1] - offsets![0]),
    ),
  );
}

function decodeValues(bytes: Bytes, data: FieldData, type: LogicalType): Column {
  if (isVector(type)) {
    const vectors = readVectors(bytes, data);
    return applyValidity(vectorColumn(bytes, type, vectors), validity(bytes, data.valid, vectors.valid));
  }
  const scalars = readScalars(bytes, data);
  const valid = validity(bytes, data.valid, scalars.valid);
  if (type.kind === 'Array') {
    const rows = scalars.member === SCALAR.array || scalars.values.length === 0 ? scalars.values : undefined;
    if (rows === undefined) throw malformed('the values of an Array field are no arrays');
    return applyValidity(listOf(bytes, type, type.element, rows), valid);
  }
  return finishScalars(applyValidity(scalarColumn(bytes, type, scalars), valid), type, scalars.member);
}

/** Struct arrays: each sub-field brings a list a row, and all lists of a row are of one length. */
function decodeStructs(
  bytes: Bytes,
  data: FieldData,
  name: string,
  type: LogicalType & { kind: 'StructArray' },
): Column {
  const reader = new ProtoReader(bytes);
  const parts: FieldData[] = [];
  for (let s = 0; s < data.structs.length; s += 2) {
    reader.reset(data.structs[s], data.structs[s + 1]);
    while (reader.next()) if (reader.field === 1) parts.push(readFieldData(reader.message()));
  }
  const lists = type.fields.map((sub) => {
    const part = parts.find((p) => p.name === sub.name || p.name === `${name}[${sub.name}]`);
    if (part === undefined) throw malformed(`the structs come without "${sub.name}"`);
    return decodeSubField(bytes, part, sub);
  });
  const [first] = lists;
  lists.forEach((list, i) => {
    if (list.length === first.length && list.offsets!.every((at, row) => at === first.offsets![row])) return;
    throw malformed(
      `"${type.fields[i].name}" and "${type.fields[0].name}" differ in the length of their lists`,
    );
  });
  const column = listColumn(type, first.offsets!, lists.map((list) => list.children[0]), first.validity);
  return applyValidity(column, decodeBools(bytes, data.valid));
}

function decodeSubField(bytes: Bytes, data: FieldData, { type }: Field): Column {
  const held = isVector(type) ? readVectors(bytes, data) : readScalars(bytes, data);
  const member = isVector(type) ? VECTOR.list : SCALAR.array;
  if (held.member !== member && held.values.length > 0) {
    throw malformed('the values of a struct are no lists');
  }
  const list = listOf(bytes, { kind: 'StructArray', fields: [] }, type, held.values);
  return applyValidity(list, validity(bytes, data.valid, held.valid));
}

function readScalars(bytes: Bytes, { scalars }: FieldData) {
  const [into, inner] = [noScalars(), new ProtoReader(bytes)];
  for (let s = 0; s < scalars.length; s += 2) {
    collectScalars(new ProtoReader(bytes, scalars[s], scalars[s + 1]), inner, into);
  }
  return into;
}

function readVectors(bytes: Bytes, { vectors }: FieldData) {
  const [into, inner] = [noVectors(), new ProtoReader(bytes)];
  for (let s = 0; s < vectors.length; s += 2) {
    collectVectors(new ProtoReader(bytes, vectors[s], vectors[s + 1]), inner, into);
  }
  return into;
}

/** Which rows are valid: servers up to 3.0 say it beside the values, newer ones may say it within. */
function validity(bytes: Bytes, beside: Spans, within: Spans): Bits {
  return decodeBools(bytes, beside.length > 0 ? beside : within);
}
