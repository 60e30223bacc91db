/** The numbers of `DataType` (milvus-proto, schema.proto). */
import type { Kind, LogicalType } from '../../../core/types.ts';

/** Milvus' number of each kind that it has; a StructArray is an `ArrayOfStruct`. */
export const DATA_TYPES = {
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
} as const satisfies Partial<Record<Kind, number>>;

/** The type of a struct's field that holds vectors. */
export const ARRAY_OF_VECTOR = 106;

/** Texts without a length: the old `String`, and `Text`. */
export const TEXT_TYPES: readonly number[] = [20, 25];

const KINDS_BY_NUMBER = new Map<number, Kind>([
  ...Object.entries(DATA_TYPES).map(([kind, number]): [number, Kind] => [number, kind as Kind]),
  ...TEXT_TYPES.map((number): [number, Kind] => [number, 'VarChar']),
]);

/** The kind that `number` stands for, or `undefined` where vts has none. */
export function kindOf(number: number): Kind | undefined {
  return KINDS_BY_NUMBER.get(number);
}

/** Milvus' number of `type`. Callers have seen to it that Milvus has it: a DoubleVector is a bug. */
export function dataTypeOf(type: LogicalType): number {
  if (type.kind === 'DoubleVector') throw new TypeError('Milvus has no DoubleVector');
  return DATA_TYPES[type.kind];
}

/** Names of types that vts cannot read, for messages. */
export const UNREADABLE: Readonly<Record<number, string>> = {
  27: 'Mol',
  28: 'Date',
  29: 'Time',
  30: 'Decimal',
  31: 'UUID',
  [ARRAY_OF_VECTOR]: 'ArrayOfVector',
  201: 'Struct',
};
