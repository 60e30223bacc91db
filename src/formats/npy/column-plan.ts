/**
 * Which column an array is: one dimension is a scalar column, two are vectors, or lists where vts has no vectors of that type.
 *
 * | numpy | one dimension | two dimensions |
 * |---|---|---|
 * | float16 float32 float64 | Float Float Double | Float16Vector FloatVector DoubleVector |
 * | int8 | Int8 | Int8Vector |
 * | int16 int32 int64 | Int16 Int32 Int64 | Array |
 * | uint8 | Int16 | BinaryVector: packed bits, as numpy.packbits makes and Faiss and Milvus take them; `--cast vector:float32` reads numbers |
 * | uint16 uint32 uint64 | Int32 Int64 Int64 (which must hold them) | Array |
 * | bool | Bool | BinaryVector, where rows are a multiple of 8, else Array |
 * | str bytes | VarChar | Array |
 * | datetime64 | Timestamptz, not-a-time is null | refused |
 * | void of 2 bytes | refused | BFloat16Vector, as ml_dtypes writes them |
 */
import { type Field, field } from '../../core/schema.ts';
import type { LogicalType, ScalarType } from '../../core/types.ts';
import { VtsError } from '../../errors.ts';
import type { ReadOptions } from '../format.ts';
import type { ArrayType } from './array-type.ts';

/** How the values of a row become a value of the column. */
export type Layout =
  /** One value. */
  | 'scalar'
  /** A vector whose bytes are those of the file. */
  | 'vector'
  /** A vector of float32 from bytes that are numbers. */
  | 'widened'
  /** Booleans, to be packed. */
  | 'packed'
  /** As many values as every other row has. */
  | 'list';

/** The column of an array. */
export interface ColumnPlan {
  readonly field: Field;
  readonly layout: Layout;
  readonly type: ArrayType;
  /** Values of a row. */
  readonly width: number;
  readonly notes: readonly string[];
}

const SCALARS: Readonly<Record<ArrayType['kind'], ScalarType['kind'] | 'Timestamptz' | undefined>> = {
  b1: 'Bool',
  i1: 'Int8',
  i2: 'Int16',
  i4: 'Int32',
  i8: 'Int64',
  u1: 'Int16',
  u2: 'Int32',
  u4: 'Int64',
  u8: 'Int64',
  f2: 'Float',
  f4: 'Float',
  f8: 'Double',
  U: 'VarChar',
  S: 'VarChar',
  M: 'Timestamptz',
  V2: undefined,
};

/** The column of an array of `type` and `shape`. @throws VtsError InputUnsupported */
export function planColumn(
  type: ArrayType,
  shape: readonly number[],
  file: string,
  options: Pick<ReadOptions, 'casts' | 'schema'>,
): ColumnPlan {
  if (shape.length < 1 || shape.length > 2) {
    throw new VtsError(
      'InputUnsupported',
      shape.length === 0
        ? 'The array is a single value, not one a row'
        : `The array has ${shape.length} dimensions`,
      {
        file,
        byte: 10,
        expected: 'one dimension (a column of values) or two (rows of a vector each)',
        ...(shape.length > 2
          ? { remedy: 'save array.reshape(len(array), -1) to have one vector a row' }
          : {}),
      },
    );
  }
  if (shape[0] > 0 && (shape[1] === 0 || type.size === 0)) {
    throw new VtsError('InputUnsupported', 'The rows of the array hold no values', { file, byte: 10 });
  }
  const plan = shape.length === 1 ? scalarPlan(type, file) : rowPlan(type, shape[1], file, options);
  return { ...plan, type };
}

type Plan = Omit<ColumnPlan, 'type'>;

function scalarPlan(type: ArrayType, file: string): Plan {
  const scalar = scalarOf(type);
  if (scalar === undefined) throw unsupported(type, 'one dimension', file);
  const notes = type.kind === 'u8'
    ? ['its 64-bit integers are unsigned: those beyond int64 are refused']
    : [];
  return {
    field: field('value', scalar, { nullable: type.kind === 'M' }),
    layout: 'scalar',
    width: 1,
    notes,
  };
}

function rowPlan(
  type: ArrayType,
  width: number,
  file: string,
  { casts = {}, schema }: Pick<ReadOptions, 'casts' | 'schema'>,
): Plan {
  const wish = casts.vector ?? schema?.fields.find((f) => f.name === 'vector')?.type.kind ?? '';
  const vector = (kind: LogicalType, layout: Layout, ...notes: string[]): Plan => ({
    field: field('vector', kind),
    layout,
    width,
    notes,
  });
  if (!/^array/i.test(wish) && width > 0) {
    switch (type.kind) {
      case 'f2':
        return vector({ kind: 'Float16Vector', dim: width }, 'vector');
      case 'f4':
        return vector({ kind: 'FloatVector', dim: width }, 'vector');
      case 'f8':
        return vector({ kind: 'DoubleVector', dim: width }, 'vector');
      case 'i1':
        return vector({ kind: 'Int8Vector', dim: width }, 'vector');
      case 'V2':
        return vector(
          { kind: 'BFloat16Vector', dim: width },
          'vector',
          'its values are 2 bytes without a type: read as bfloat16, which numpy has no name for',
        );
      case 'u1':
        if (/^(float|double|bfloat|int8)/i.test(wish)) {
          return vector({ kind: 'FloatVector', dim: width }, 'widened');
        }
        return vector(
          { kind: 'BinaryVector', dim: width * 8 },
          'vector',
          `its bytes are packed bits: binary vectors of ${width * 8} bits;` +
            ' where they are numbers, --cast vector:float32 reads them as such',
        );
      case 'b1':
        if (width % 8 === 0) {
          return vector(
            { kind: 'BinaryVector', dim: width },
            'packed',
            'booleans are packed 8 to a byte, the first in the highest bit, as numpy.packbits does',
          );
        }
    }
  }
  const element = scalarOf(type);
  if (element === undefined || element.kind === 'Timestamptz') {
    throw unsupported(type, 'two dimensions', file);
  }
  const name = wish === '' ? 'value' : 'vector';
  const list: LogicalType = { kind: 'Array', element, ...(width > 0 ? { maxCapacity: width } : {}) };
  return { field: field(name, list), layout: 'list', width, notes: [] };
}

function scalarOf(type: ArrayType): ScalarType | { readonly kind: 'Timestamptz' } | undefined {
  const kind = SCALARS[type.kind];
  if (kind !== 'VarChar') return kind === undefined ? undefined : { kind };
  return { kind, maxLength: Math.max(1, type.size) };
}

function unsupported(type: ArrayType, dimensions: string, file: string): VtsError {
  return new VtsError(
    'InputUnsupported',
    `An array of type ${type.code} and ${dimensions} is not read`,
    {
      file,
      byte: 10,
      remedy: type.kind === 'M' ? "save array.astype('int64')" : 'save it as an array of numbers',
    },
  );
}
