/** Milvus' messages by another library: protobufjs with the published proto, as an independent encoder and decoder. */
import base from '../../node_modules/@zilliz/milvus2-sdk-node/dist/milvus/proto-json/milvus.base.js';
import protobuf from 'protobufjs';
import type { Column } from '../../src/core/column.ts';
import { type Field, field, type Schema } from '../../src/core/schema.ts';
import { formatTimestamp } from '../../src/core/time.ts';
import type { LogicalType } from '../../src/core/types.ts';
import { type Value, valueAt } from '../../src/core/values.ts';
import { everyKind, filterFields } from '../support/tables.ts';

const root = protobuf.Root.fromJSON(
  ((base as { default?: unknown }).default ?? base) as protobuf.INamespace,
);
// Newer than the proto that the SDK brings.
root.lookupType('milvus.proto.schema.ScalarField').add(
  new protobuf.Field('validData', 17, 'bool', 'repeated'),
);
root.lookupType('milvus.proto.schema.VectorField').add(
  new protobuf.Field('validData', 9, 'bool', 'repeated'),
);
root.lookupType('milvus.proto.schema.FieldSchema').add(new protobuf.Field('elementNullable', 19, 'bool'));

/** A message as a plain object; int64 as text. */
export type Message = Record<string, unknown>;

/** The type called `name`: `schema.FieldData`. */
export function protoType(name: string): protobuf.Type {
  return root.lookupType(`milvus.proto.${name}`);
}

/** The bytes of `message` by protobufjs. */
export function protoEncode(name: string, message: Message): Uint8Array<ArrayBuffer> {
  const type = protoType(name);
  return new Uint8Array(type.encode(type.fromObject(message)).finish());
}

/** The message in `bytes` by protobufjs; with `defaults`, what is left out as the default that this means. */
export function protoDecode(name: string, bytes: Uint8Array, defaults = false): Message {
  const type = protoType(name);
  return type.toObject(type.decode(bytes), { longs: String, enums: Number, bytes: Array, defaults });
}

/** A field of every kind that Milvus has, also as elements of arrays and structs. */
export function milvusSchema(dim = 8): Schema {
  const schema = filterFields(everyKind(dim), ({ type }) => type.kind !== 'DoubleVector');
  const more: Record<string, LogicalType> = {
    bytes: { kind: 'Array', element: { kind: 'Int8' } },
    shorts: { kind: 'Array', element: { kind: 'Int16' } },
    numbers: { kind: 'Array', element: { kind: 'Int32' } },
    doubles: { kind: 'Array', element: { kind: 'Double' } },
    parts: {
      kind: 'StructArray',
      fields: [
        field('b', { kind: 'BinaryVector', dim: 16 }),
        field('h', { kind: 'Float16Vector', dim }),
        field('i', { kind: 'Int8Vector', dim }),
        field('flag', { kind: 'Bool' }),
        field('d', { kind: 'Double' }),
      ],
    },
  };
  const fields = Object.entries(more).flatMap(([name, type]) => [
    field(name, type),
    field(`${name}_null`, type, { nullable: true }),
  ]);
  return { fields: [...schema.fields, ...fields, field('$meta', { kind: 'JSON' }, { dynamic: true })] };
}

/** In which of its forms a reply comes. */
export interface Forms {
  /** Rows that are null have a placeholder; else they are left out. */
  readonly dense: boolean;
  /** Where the message says which rows are valid: beside the values, or within. */
  readonly within: boolean;
  /** Times as microseconds, geometries as WKB. */
  readonly binary: boolean;
  /** Fields that have no null row say nothing. */
  readonly quiet: boolean;
}

/** How vts writes an insert. */
export const INSERT: Forms = { dense: false, within: false, binary: false, quiet: false };

const NUMBERS = {
  Bool: 1,
  Int8: 2,
  Int16: 3,
  Int32: 4,
  Int64: 5,
  Float: 10,
  Double: 11,
  VarChar: 21,
  Array: 22,
  JSON: 23,
  Geometry: 24,
  Timestamptz: 26,
  BinaryVector: 100,
  FloatVector: 101,
  Float16Vector: 102,
  BFloat16Vector: 103,
  SparseFloatVector: 104,
  Int8Vector: 105,
  StructArray: 200,
} as const;

const ARRAYS = {
  Bool: 'boolData',
  Int8: 'intData',
  Int16: 'intData',
  Int32: 'intData',
  Int64: 'longData',
  Float: 'floatData',
  Double: 'doubleData',
  VarChar: 'stringData',
  JSON: 'jsonData',
} as const;

const VECTORS = {
  BinaryVector: 'binaryVector',
  FloatVector: 'floatVector',
  Float16Vector: 'float16Vector',
  BFloat16Vector: 'bfloat16Vector',
  Int8Vector: 'int8Vector',
} as const;

/** `column` as a FieldData message. */
export function fieldData({ name, type, nullable, dynamic }: Field, column: Column, forms: Forms): Message {
  const rows = Array.from({ length: column.length }, (_, row) => valueAt(column, row));
  const present = forms.dense ? rows : rows.filter((value) => value !== null);
  const said = nullable && !(forms.quiet && column.validity === null);
  const validData = said ? rows.map((value) => value !== null) : [];
  const head = { type: NUMBERS[type.kind as keyof typeof NUMBERS], fieldName: name };
  const beside = forms.within ? {} : { validData };
  const within = forms.within ? { validData } : {};
  if (type.kind === 'StructArray') {
    const fields = type.fields.map((sub) =>
      subField(sub, present as (readonly Message[] | null)[], beside, within)
    );
    return { ...head, structArrays: { fields } };
  }
  const dynamicFlag = dynamic ? { isDynamic: true } : {};
  if (type.kind.endsWith('Vector')) {
    return { ...head, ...beside, vectors: { ...vectorField(type, present), ...within } };
  }
  return { ...head, ...dynamicFlag, ...beside, scalars: { ...scalarField(type, present, forms), ...within } };
}

function subField(
  { name, type }: Field,
  rows: readonly (readonly Message[] | null)[],
  beside: Message,
  within: Message,
): Message {
  const lists = rows.map((row) => (row ?? []).map((struct) => struct[name] as Value));
  if (!type.kind.endsWith('Vector')) {
    const scalars = {
      ...scalarField({ kind: 'Array', element: type } as LogicalType, lists, INSERT),
      ...within,
    };
    return { type: NUMBERS.Array, fieldName: name, ...beside, scalars };
  }
  const { dim } = type as { dim: number };
  const elementType = NUMBERS[type.kind as keyof typeof NUMBERS];
  const vectorArray = { dim, elementType, data: lists.map((list) => vectorField(type, list)) };
  return { type: 106, fieldName: name, ...beside, vectors: { dim, vectorArray, ...within } };
}

function scalarField(type: LogicalType, rows: readonly Value[], forms: Forms): Message {
  switch (type.kind) {
    case 'Array':
      return {
        arrayData: {
          elementType: NUMBERS[type.element.kind],
          data: rows.map((row) => scalarField(type.element, (row ?? []) as readonly Value[], forms)),
        },
      };
    case 'Timestamptz':
      return forms.binary
        ? { timestamptzData: { data: rows.map((v) => `${v ?? 0}`) } }
        : { stringData: { data: rows.map((v) => v === null ? '' : formatTimestamp(v as bigint)) } };
    case 'Geometry':
      return forms.binary
        ? { geometryData: { data: rows.map((v) => v === null ? Buffer.alloc(0) : wkb(v as string)) } }
        : { geometryWktData: { data: rows.map((v) => v ?? '') } };
    case 'JSON':
      return { jsonData: { data: rows.map((v) => Buffer.from((v ?? 'null') as string)) } };
    default: {
      const placeholder = { Bool: false, VarChar: 'placeholder' }[type.kind as string] ?? 0;
      const data = rows.map((v) => typeof v === 'bigint' ? `${v}` : v ?? placeholder);
      return { [ARRAYS[type.kind as keyof typeof ARRAYS]]: { data } };
    }
  }
}

function vectorField(type: LogicalType, rows: readonly Value[]): Message {
  if (type.kind === 'SparseFloatVector') {
    const contents = rows.map((row) => Buffer.from((row ?? []) as Uint8Array));
    const dim = Math.max(0, ...contents.map((c) => c.length === 0 ? 0 : c.readUInt32LE(c.length - 8) + 1));
    return { dim, sparseFloatVector: { contents, dim } };
  }
  const { dim } = type as { dim: number };
  const member = VECTORS[type.kind as keyof typeof VECTORS];
  if (type.kind === 'FloatVector') {
    const data = rows.flatMap((row) =>
      row === null ? new Array(dim).fill(0) : Array.from(row as Float32Array)
    );
    return { dim, [member]: { data } };
  }
  const rowBytes = { BinaryVector: dim / 8, Int8Vector: dim }[type.kind as string] ?? 2 * dim;
  const parts = rows.map((row) => {
    if (row === null) return Buffer.alloc(rowBytes);
    const { buffer, byteOffset, byteLength } = row as Uint8Array;
    return Buffer.from(buffer, byteOffset, byteLength);
  });
  return { dim, [member]: Buffer.concat(parts) };
}

/** The geometries of the random tables in binary; big-endian and little-endian in turns. */
function wkb(text: string): Buffer {
  const numbers = [...text.matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].flatMap(([, x, y]) => [Number(x), Number(y)]);
  const little = numbers.length % 4 === 0;
  const kind = text.startsWith('POINT') ? 1 : text.startsWith('LINE') ? 2 : 3;
  const counts = [[], [], [numbers.length / 2], [1, numbers.length / 2]][kind];
  const bytes = Buffer.alloc(5 + 4 * counts.length + 8 * numbers.length);
  bytes[0] = little ? 1 : 0;
  let at = 1;
  for (const count of [kind, ...counts]) {
    at = little ? bytes.writeUInt32LE(count, at) : bytes.writeUInt32BE(count, at);
  }
  for (const number of numbers) {
    at = little ? bytes.writeDoubleLE(number, at) : bytes.writeDoubleBE(number, at);
  }
  return bytes;
}
