/**
 * `CollectionSchema` for CreateCollection. Given the message that another server sent (`rawSchema`), what in it is newer than
 * vts goes along: unknown fields of the collection, and of the fields and functions that are still there under their names.
 * What only the other server can know is left behind: numbers of fields, states, the database, the schema's version.
 */
import type { DefaultValue, Field, Schema } from '../../../core/schema.ts';
import { formatTimestamp } from '../../../core/time.ts';
import { isDenseVector, isVector, type LogicalType } from '../../../core/types.ts';
import type { FunctionInfo, Properties } from '../model.ts';
import { ARRAY_OF_VECTOR, DATA_TYPES, dataTypeOf, TEXT_TYPES } from './data-type.ts';
import {
  boolField,
  delimited,
  encodeMessage,
  group,
  NOTHING,
  pairFields,
  type Part,
  rawPart,
  stringField,
  stringFields,
  uintField,
  varintField,
} from './encode.ts';
import { FLAGS } from './field-schema.ts';
import { plainBytes, ProtoReader } from './wire.ts';

/** A collection to be made. */
export interface CollectionSchemaMessage {
  readonly name: string;
  readonly description: string;
  /** A dynamic field in it is not written: the server makes its own. */
  readonly schema: Schema;
  readonly dynamic: boolean;
  readonly functions: readonly FunctionInfo[];
  readonly properties: Properties;
  readonly rawSchema?: Uint8Array;
}

/** What is written from our own model, or left behind; all other field numbers of a raw message go along. */
const OWN = {
  collection: new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14]),
  field: new Set([1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 19]),
  struct: new Set([1, 2, 3, 4, 5, 6]),
  function: new Set([1, 2, 3, 4, 5, 6, 7, 8, 9]),
};

/** Encodes a `CollectionSchema`. */
export function encodeCollectionSchema(message: CollectionSchemaMessage): Uint8Array<ArrayBuffer> {
  const raw = message.rawSchema && new ProtoReader(plainBytes(message.rawSchema));
  const fields = message.schema.fields.filter((field) => !field.dynamic);
  const [plain, structs] = [
    fields.filter(({ type }) => type.kind !== 'StructArray'),
    fields.filter(({ type }) => type.kind === 'StructArray'),
  ];
  return encodeMessage([
    stringField(1, message.name),
    stringField(2, message.description),
    boolField(3, fields.some((field) => field.autoId)),
    ...plain.map((field) => delimited(4, fieldPart(field, findNamed(raw, 4, field.name)))),
    boolField(5, message.dynamic),
    pairFields(6, message.properties),
    ...message.functions.map((fn) => delimited(7, functionPart(fn, findNamed(raw, 7, fn.name, 1)))),
    ...structs.map((field) => delimited(9, structPart(field, findNamed(raw, 9, field.name)))),
    othersOf(raw, OWN.collection),
  ]);
}

function fieldPart(field: Field, raw: ProtoReader | undefined): Part {
  const { type } = field;
  const list = type.kind === 'Array';
  return group([
    attributes(field, raw),
    uintField(5, textType(type, raw) ?? dataTypeOf(type)),
    pairFields(6, typeParams(list ? type.element : type, list ? type.maxCapacity : undefined)),
    pairFields(6, field.params ?? {}),
    list ? uintField(10, dataTypeOf(type.element)) : NOTHING,
  ]);
}

function structPart(field: Field, raw: ProtoReader | undefined): Part {
  const { type, nullable } = field;
  if (type.kind !== 'StructArray') throw new TypeError(`${type.kind} is no struct`);
  return group([
    stringField(2, field.name),
    stringField(3, field.description ?? ''),
    ...type.fields.map((sub) => {
      const inRaw = findNamed(raw, 4, sub.name) ?? findNamed(raw, 4, `${field.name}[${sub.name}]`);
      return delimited(
        4,
        attributes({ ...sub, nullable }, inRaw),
        uintField(5, isVector(sub.type) ? ARRAY_OF_VECTOR : DATA_TYPES.Array),
        pairFields(6, typeParams(sub.type, type.maxCapacity)),
        pairFields(6, sub.params ?? {}),
        uintField(10, dataTypeOf(sub.type)),
      );
    }),
    pairFields(5, field.params ?? {}),
    boolField(6, nullable),
    othersOf(raw, OWN.struct),
  ]);
}

/** What fields have besides their type. */
function attributes(field: Field, raw: ProtoReader | undefined): Part {
  const flags = Object.entries(FLAGS).map(([number, flag]) =>
    boolField(Number(number), field[flag] === true)
  );
  return group([
    stringField(2, field.name),
    stringField(4, field.description ?? ''),
    ...flags,
    field.defaultValue === undefined ? NOTHING : delimited(11, defaultPart(field.defaultValue, field.type)),
    othersOf(raw, OWN.field),
  ]);
}

function functionPart(fn: FunctionInfo, raw: ProtoReader | undefined): Part {
  return group([
    stringField(1, fn.name),
    stringField(3, fn.description),
    uintField(4, fn.type),
    stringFields(5, fn.inputs),
    stringFields(7, fn.outputs),
    pairFields(9, fn.params),
    othersOf(raw, OWN.function),
  ]);
}

function typeParams(type: LogicalType, maxCapacity: number | undefined): Record<string, string> {
  return {
    ...(isDenseVector(type) ? { dim: `${type.dim}` } : {}),
    ...(type.kind === 'VarChar' && type.maxLength !== undefined ? { max_length: `${type.maxLength}` } : {}),
    ...(maxCapacity === undefined ? {} : { max_capacity: `${maxCapacity}` }),
  };
}

/** The number of a text type without a length that the raw field has, and that is a VarChar for vts. */
function textType(type: LogicalType, raw: ProtoReader | undefined): number | undefined {
  if (raw === undefined || type.kind !== 'VarChar' || type.maxLength !== undefined) return undefined;
  const number = readFrom(raw, 5, (reader) => reader.int32());
  return TEXT_TYPES.includes(number ?? 0) ? number : undefined;
}

/** The member of ValueField that a default of `type` is. */
function defaultPart(value: DefaultValue, type: LogicalType): Part {
  switch (type.kind) {
    case 'Bool':
      return varintField(1, value ? 1 : 0);
    case 'Int8':
    case 'Int16':
    case 'Int32':
      return varintField(2, BigInt(value));
    case 'Int64':
      return varintField(3, BigInt(value));
    case 'Float':
      return floatField(4, new Float32Array([Number(value)]));
    case 'Double':
      return floatField(5, new Float64Array([Number(value)]));
    case 'Timestamptz': {
      const text = typeof value === 'bigint' ? formatTimestamp(value) : String(value);
      return text === undefined ? varintField(8, BigInt(value)) : textDefault(6, text);
    }
    default:
      return textDefault(type.kind === 'JSON' ? 7 : 6, String(value));
  }
}

/** A text that is written even if it is empty, as members of a oneof are. */
function textDefault(field: number, text: string): Part {
  return stringFields(field, [text]);
}

function floatField(field: number, value: Float32Array | Float64Array): Part {
  const wire = value.byteLength === 4 ? 5 : 1;
  return group([rawPart(Uint8Array.of(field << 3 | wire)), rawPart(new Uint8Array(value.buffer))]);
}

/** The message in field `number` of `raw` that is called `name`. */
function findNamed(
  raw: ProtoReader | undefined,
  number: number,
  name: string,
  nameField = 2,
): ProtoReader | undefined {
  raw?.rewind();
  while (raw?.next()) {
    if (raw.field !== number) continue;
    const message = raw.message();
    if (readFrom(message, nameField, (reader) => reader.text()) === name) return message;
  }
  return undefined;
}

function readFrom<T>(raw: ProtoReader, number: number, read: (reader: ProtoReader) => T): T | undefined {
  let value: T | undefined;
  raw.rewind();
  while (raw.next()) if (raw.field === number) value = read(raw);
  return value;
}

/** The fields of `raw` that are not `own`, as they are. */
function othersOf(raw: ProtoReader | undefined, own: ReadonlySet<number>): Part {
  const parts: Part[] = [];
  raw?.rewind();
  while (raw?.next()) if (!own.has(raw.field)) parts.push(rawPart(raw.bytes.slice(raw.tag, raw.end)));
  return group(parts);
}
