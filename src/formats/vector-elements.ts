/**
 * The numbers in files of plain rows (.fvecs, .u8bin, ...): which column holds them without loss, and how they become that column and
 * back. All are little-endian.
 */
import { type Column, fixedColumn, fixedColumnFromBytes, listColumn, valueBytes } from '../core/column.ts';
import { type Dataset, type Field, field } from '../core/schema.ts';
import { formatType, type Kind, type LogicalType } from '../core/types.ts';
import { VtsError } from '../errors.ts';
import type { Problem, WriterFeatures } from './format.ts';
import { extraColumns, keptField } from './single-column.ts';

/** A kind of number in such files. */
export interface VectorElement {
  /** Bytes of a number. */
  readonly size: 1 | 4;
  /** Bytes in memory of a number that was read. */
  readonly memory: 1 | 4;
  /** The column of rows of `dim` numbers, as it is read. */
  field(dim: number): Field;
  /** Rows of `dim` numbers, one after the other, as a column. */
  decode(bytes: Uint8Array<ArrayBuffer>, dim: number): Column;
  /** The bytes of a column's numbers. `firstRow` is for messages. @throws VtsError RowInvalid */
  encode(column: Column, name: string, firstRow: number): Uint8Array;
  /** Numbers of each row that is written: of the column's type, or of row 0 where that does not tell. */
  dimOf(column: Column): number;
  /** What a writer holds. */
  readonly features: WriterFeatures;
  /** What a reader should tell. */
  readonly note?: string;
}

const features = (
  kind: Kind,
  casts: NonNullable<WriterFeatures['casts']>,
  needs?: string,
): WriterFeatures => ({
  kinds: new Set([kind]),
  casts,
  nulls: false,
  keepsSchema: false,
  keepsNaN: true,
  ...(needs === undefined ? {} : { needs }),
});

const TO_FLOAT = {
  DoubleVector: ['float32'],
  Float16Vector: ['float32'],
  BFloat16Vector: ['float32'],
  Int8Vector: ['float32'],
  Array: ['FloatVector(DIM)'],
} as const;

const dimOfType = ({ type }: Column): number => (type as { dim: number }).dim;

/** Kept as they are. */
export const FLOAT32: VectorElement = {
  size: 4,
  memory: 4,
  field: (dim) => field('vector', { kind: 'FloatVector', dim }),
  decode: (bytes, dim) => fixedColumnFromBytes({ kind: 'FloatVector', dim }, bytes),
  encode: valueBytes,
  dimOf: dimOfType,
  features: features('FloatVector', TO_FLOAT),
};

/** Kept as they are. */
export const INT8: VectorElement = {
  size: 1,
  memory: 1,
  field: (dim) => field('vector', { kind: 'Int8Vector', dim }),
  decode: (bytes, dim) => fixedColumnFromBytes({ kind: 'Int8Vector', dim }, bytes),
  encode: valueBytes,
  dimOf: dimOfType,
  features: features('Int8Vector', {
    FloatVector: ['int8'],
    DoubleVector: ['int8'],
    Float16Vector: ['int8'],
    BFloat16Vector: ['int8'],
    Array: ['Int8Vector(DIM)'],
  }),
};

/** There are no vectors of uint8 elsewhere: float32 holds each of these numbers exactly. */
export const UINT8: VectorElement = {
  size: 1,
  memory: 4,
  field: (dim) => field('vector', { kind: 'FloatVector', dim }),
  decode: (bytes, dim) => fixedColumn({ kind: 'FloatVector', dim }, Float32Array.from(bytes)),
  encode: bytesOfFloats,
  dimOf: dimOfType,
  features: features('FloatVector', TO_FLOAT, 'whole numbers from 0 to 255'),
  note: 'its numbers are unsigned bytes: read as float32, which holds each of them exactly',
};

/** Lists of row numbers (the nearest neighbours of queries), all of one length. */
export const INT32: VectorElement = {
  size: 4,
  memory: 4,
  field: (dim) =>
    field('neighbors', {
      kind: 'Array',
      element: { kind: 'Int32' },
      ...(dim > 0 ? { maxCapacity: dim } : {}),
    }),
  decode(bytes, dim) {
    const elements = fixedColumnFromBytes({ kind: 'Int32' }, bytes);
    const offsets = Int32Array.from({ length: elements.length / dim + 1 }, (_, row) => row * dim);
    return listColumn(INT32.field(dim).type, offsets, [elements]);
  },
  encode: bytesOfLists,
  dimOf: ({ offsets, length }) => length === 0 ? 0 : offsets![1] - offsets![0],
  features: features('Array', {
    FloatVector: ['array<int32>'],
    DoubleVector: ['array<int32>'],
    Int8Vector: ['array<int32>'],
  }, 'lists of one length'),
};

/** What stands in the way of writing `dataset`, beside the kinds of its columns. */
export function checkElements(dataset: Dataset, element: VectorElement, title: string): readonly Problem[] {
  const kept = keptField(dataset, element.features.kinds);
  const problems = [...extraColumns(dataset, kept, `A .${title} file`)];
  const { type, name } = kept ?? { name: '', type: { kind: 'JSON' } as LogicalType };
  if (element === INT32 && type.kind === 'Array' && type.element.kind !== 'Int32') {
    problems.push({
      field: name,
      message: `${title} holds lists of 32-bit integers, not ${formatType(type)}`,
      remedy: `--cast '${name}:array<int32>'`,
    });
  }
  return problems;
}

function bytesOfFloats(column: Column, name: string, firstRow: number): Uint8Array {
  const values = column.values as Float32Array;
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const bytes = Uint8Array.from(values);
  for (let i = 0; i < values.length; i++) {
    if (bytes[i] === values[i] && bits[i] >= 0) continue;
    const dim = dimOfType(column);
    const shown = Object.is(values[i], -0) ? '-0' : values[i];
    throw new VtsError('RowInvalid', `${shown} is no unsigned byte`, {
      row: firstRow + Math.floor(i / dim),
      field: name,
      expected: 'whole numbers from 0 to 255',
      remedy: 'write .fbin or .fvecs, which hold any float32',
    });
  }
  return bytes;
}

function bytesOfLists(column: Column): Uint8Array {
  const { offsets, children: [elements], length } = column;
  return valueBytes({
    ...elements,
    values: elements.values.subarray(offsets![0], offsets![length]) as never,
  });
}
