/** `FieldSchema` and `StructArrayFieldSchema` (milvus-proto, schema.proto) as fields. */
import type { DefaultValue, Field } from '../../../core/schema.ts';
import { parseTimestamp } from '../../../core/time.ts';
import { isDenseVector, isScalar, type LogicalType, type ScalarType } from '../../../core/types.ts';
import { decodeUtf8 } from '../../../core/values.ts';
import type { UnsupportedField } from '../model.ts';
import { ARRAY_OF_VECTOR, DATA_TYPES, kindOf } from './data-type.ts';
import { readPair } from './status.ts';
import { malformed, type ProtoReader } from './wire.ts';

/** A field, or why there is none. */
export type FieldOutcome = { readonly field: Field } | { readonly unsupported: UnsupportedField };

/** `FieldState` of fields that are on their way out. */
const DROPPING = 2;

/** The attributes of a FieldSchema, by the names of the proto. */
interface RawField {
  name: string;
  description: string;
  dataType: number;
  elementType: number;
  state: number;
  readonly params: Record<string, string>;
  readonly flags: Partial<Record<Flag, true>>;
  defaultValue: DefaultValue | undefined;
}

/** Flags of a field, by field number. */
export const FLAGS = {
  3: 'primaryKey',
  8: 'autoId',
  12: 'dynamic',
  13: 'partitionKey',
  14: 'clusteringKey',
  15: 'nullable',
  16: 'functionOutput',
  19: 'elementNullable',
} as const;

type Flag = typeof FLAGS[keyof typeof FLAGS];

/** Reads the FieldSchema that `reader` stands before; `undefined` for a field that is being dropped. */
export function readField(reader: ProtoReader): FieldOutcome | undefined {
  const raw = readRawField(reader);
  if (raw.state >= DROPPING) return undefined;
  const params = { ...raw.params };
  const type = typeOf(raw, params);
  if (type === undefined) return { unsupported: { name: raw.name, typeNumber: raw.dataType } };
  return { field: makeField(raw, type, params) };
}

/** Reads the StructArrayFieldSchema that `reader` stands before. */
export function readStruct(reader: ProtoReader): FieldOutcome | undefined {
  const struct = { name: '', description: '', nullable: false, params: {} as Record<string, string> };
  const subs: RawField[] = [];
  while (reader.next()) {
    if (reader.field === 2) struct.name = reader.text();
    if (reader.field === 3) struct.description = reader.text();
    if (reader.field === 4) subs.push(readRawField(reader.message()));
    if (reader.field === 5) addPair(struct.params, reader);
    if (reader.field === 6) struct.nullable = reader.bool();
  }
  const unsupported = { name: struct.name, typeNumber: DATA_TYPES.StructArray };
  const capacities = new Set<number>();
  const fields: Field[] = [];
  const params = { ...struct.params };
  const own = takeCount(params, 'max_capacity', struct.name);
  if (own !== undefined) capacities.add(own);
  for (const sub of subs) {
    const prefix = `${struct.name}[`;
    const name = sub.name.startsWith(prefix) && sub.name.endsWith(']')
      ? sub.name.slice(prefix.length, -1)
      : sub.name;
    const rest = { ...sub.params };
    const capacity = takeCount(rest, 'max_capacity', sub.name);
    if (capacity !== undefined) capacities.add(capacity);
    const type = elementOf(sub, rest);
    if (type === undefined) return { unsupported };
    // A sub-field of a nullable struct is called nullable too; within a list, nothing is null.
    const flags = { ...sub.flags };
    delete flags.nullable;
    fields.push(makeField({ ...sub, name, flags }, type, rest));
  }
  if (fields.length === 0) return { unsupported };
  const maxCapacity = capacities.size === 0 ? {} : { maxCapacity: Math.max(...capacities) };
  return {
    field: {
      name: struct.name,
      type: { kind: 'StructArray', fields, ...maxCapacity },
      nullable: struct.nullable,
      ...(struct.description === '' ? {} : { description: struct.description }),
      ...(Object.keys(params).length === 0 ? {} : { params }),
    },
  };
}

function readRawField(reader: ProtoReader): RawField {
  const raw: RawField = {
    name: '',
    description: '',
    dataType: 0,
    elementType: 0,
    state: 0,
    params: {},
    flags: {},
    defaultValue: undefined,
  };
  while (reader.next()) {
    switch (reader.field) {
      case 2:
        raw.name = reader.text();
        break;
      case 4:
        raw.description = reader.text();
        break;
      case 5:
        raw.dataType = reader.int32();
        break;
      case 6:
        addPair(raw.params, reader);
        break;
      case 9:
        raw.state = reader.int32();
        break;
      case 10:
        raw.elementType = reader.int32();
        break;
      case 11:
        raw.defaultValue = readDefault(reader.message());
        break;
      case 3:
      case 8:
      case 12:
      case 13:
      case 14:
      case 15:
      case 16:
      case 19:
        if (reader.bool()) raw.flags[FLAGS[reader.field]] = true;
        break;
    }
  }
  return raw;
}

function addPair(params: Record<string, string>, reader: ProtoReader): void {
  const [key, value] = readPair(reader.message());
  params[key] = value;
}

function makeField(raw: RawField, type: LogicalType, params: Readonly<Record<string, string>>): Field {
  const { name, description, flags } = raw;
  const defaultValue = ofType(raw.defaultValue, type);
  return {
    name,
    type,
    nullable: false,
    ...flags,
    ...(defaultValue === undefined ? {} : { defaultValue }),
    ...(description === '' ? {} : { description }),
    ...(Object.keys(params).length === 0 ? {} : { params }),
  };
}

/** The type of a field; takes what belongs to it out of `params`. `undefined` when vts has no such type. */
function typeOf(raw: RawField, params: Record<string, string>): LogicalType | undefined {
  const kind = kindOf(raw.dataType);
  if (kind === undefined || kind === 'StructArray') return undefined;
  if (kind !== 'Array') return plainType(raw.dataType, params, raw.name);
  const element = plainType(raw.elementType, params, raw.name);
  if (element === undefined || !isScalar(element)) return undefined;
  const maxCapacity = takeCount(params, 'max_capacity', raw.name);
  return { kind, element, ...(maxCapacity === undefined ? {} : { maxCapacity }) };
}

/** The type of the elements of a struct's field, which is a list of scalars or of vectors. */
function elementOf(raw: RawField, params: Record<string, string>): LogicalType | undefined {
  const element = plainType(raw.elementType, params, raw.name);
  if (element === undefined) return undefined;
  const wanted = isDenseVector(element) ? ARRAY_OF_VECTOR : DATA_TYPES.Array;
  return raw.dataType === wanted && (isDenseVector(element) || isScalar(element)) ? element : undefined;
}

function plainType(number: number, params: Record<string, string>, name: string): LogicalType | undefined {
  const kind = kindOf(number);
  if (kind === undefined || kind === 'Array' || kind === 'StructArray') return undefined;
  if (kind === 'VarChar') {
    const maxLength = takeCount(params, 'max_length', name);
    return { kind, ...(maxLength === undefined ? {} : { maxLength }) };
  }
  const probe = { kind, dim: 8 } as LogicalType;
  if (!isDenseVector(probe)) return { kind } as ScalarType;
  const dim = takeCount(params, 'dim', name);
  if (dim === undefined || (kind === 'BinaryVector' && dim % 8 !== 0)) {
    throw malformed(`a ${kind} has the dimension ${dim}`).at({ field: name });
  }
  return { ...probe, dim };
}

/** The whole number `params[key]`, taken out of `params`. */
function takeCount(params: Record<string, string>, key: string, name: string): number | undefined {
  const text = params[key];
  if (text === undefined) return undefined;
  delete params[key];
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw malformed(`${key} is ${JSON.stringify(text)}`).at({ field: name });
}

/** The last member of the ValueField. */
function readDefault(reader: ProtoReader): DefaultValue | undefined {
  let value: DefaultValue | undefined;
  const bytesAt = (size: number) =>
    new DataView(reader.bytes.buffer, reader.bytes.byteOffset + reader.start, size);
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        value = reader.bool();
        break;
      case 2:
        value = reader.int32();
        break;
      case 3:
      case 8:
        value = reader.int64();
        break;
      case 4:
        reader.fixed(4);
        value = bytesAt(4).getFloat32(0, true);
        break;
      case 5:
        reader.fixed(8);
        value = bytesAt(8).getFloat64(0, true);
        break;
      case 6:
        value = reader.text();
        break;
      case 7:
        value = decodeUtf8(reader.raw());
        break;
    }
  }
  return value;
}

/** A default as its field holds it: servers say times as text. */
function ofType(value: DefaultValue | undefined, type: LogicalType): DefaultValue | undefined {
  if (type.kind !== 'Timestamptz' || typeof value !== 'string') return value;
  return parseTimestamp(value) ?? value;
}
