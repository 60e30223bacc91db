/** The types that `--cast FIELD:TYPE` takes, by the names people use. */
import { VtsError } from '../errors.ts';
import {
  type DenseVectorType,
  formatType,
  isDenseVector,
  type LogicalType,
  type ScalarType,
} from './types.ts';

const SCALARS: Readonly<Record<string, ScalarType['kind']>> = {
  bool: 'Bool',
  boolean: 'Bool',
  int8: 'Int8',
  int16: 'Int16',
  int32: 'Int32',
  int64: 'Int64',
  float: 'Float',
  float32: 'Float',
  double: 'Double',
  float64: 'Double',
  varchar: 'VarChar',
  string: 'VarChar',
};

const VECTORS: Readonly<Record<string, DenseVectorType['kind']>> = {
  floatvector: 'FloatVector',
  doublevector: 'DoubleVector',
  float16vector: 'Float16Vector',
  bfloat16vector: 'BFloat16Vector',
  int8vector: 'Int8Vector',
  binaryvector: 'BinaryVector',
};

/** What an element type's name means for a field that is a vector. */
const VECTOR_ELEMENTS: Readonly<Record<string, DenseVectorType['kind']>> = {
  float: 'FloatVector',
  float32: 'FloatVector',
  double: 'DoubleVector',
  float64: 'DoubleVector',
  float16: 'Float16Vector',
  bfloat16: 'BFloat16Vector',
  int8: 'Int8Vector',
  binary: 'BinaryVector',
};

const OTHERS = { json: 'JSON', geometry: 'Geometry', timestamptz: 'Timestamptz' } as const;

/** How help shows the choices. */
const CAST_TYPES =
  'bool, int8 ... int64, float32, float64, varchar, varchar(N), json, timestamptz, array<TYPE>; for vectors float32, float64, float16, ' +
  'bfloat16, int8; for arrays that are vectors FloatVector(DIM) and so on';

/**
 * The type that `text` names for the field `name`, now of type `from`.
 * @throws VtsError Usage
 */
export function parseCastType(text: string, name: string, from: LogicalType): LogicalType {
  const match = /^([a-z0-9]+)(?:<([a-z0-9]+)>)?(?:\((\d+)\))?$/.exec(text.toLowerCase().replaceAll(' ', ''));
  if (match === null) throw unknownType(text);
  const [, word, inner, size] = match;
  const number = size === undefined ? undefined : Number(size);
  if (word === 'array' && inner !== undefined && inner in SCALARS) {
    return {
      kind: 'Array',
      element: { kind: SCALARS[inner] },
      ...(number === undefined ? {} : { maxCapacity: number }),
    };
  }
  if (inner !== undefined) throw unknownType(text);
  const vector = VECTORS[word] ??
    (isDenseVector(from) || number !== undefined ? VECTOR_ELEMENTS[word] : undefined);
  if (vector !== undefined) return { kind: vector, dim: dimension(vector, number, name, from) };
  if (word in OTHERS) return { kind: OTHERS[word as keyof typeof OTHERS] };
  const scalar = SCALARS[word];
  if (scalar === undefined) throw unknownType(text);
  return scalar === 'VarChar' && number !== undefined
    ? { kind: scalar, maxLength: number }
    : { kind: scalar };
}

function dimension(
  kind: DenseVectorType['kind'],
  given: number | undefined,
  name: string,
  from: LogicalType,
): number {
  const known = isDenseVector(from) ? from.dim : undefined;
  const dim = given ?? known;
  if (dim === undefined || (known !== undefined && dim !== known)) {
    throw new VtsError(
      'Usage',
      `--cast ${name}:${kind}: the dimension is ${dim === undefined ? 'missing' : 'another'}`,
      {
        field: name,
        expected: known === undefined
          ? `${kind}(DIM), as ${formatType(from)} does not say it`
          : `${kind}(${known})`,
      },
    );
  }
  if (dim < 1 || (kind === 'BinaryVector' && dim % 8 !== 0)) {
    throw new VtsError('Usage', `--cast ${name}:${kind}(${dim}) is no dimension`, {
      expected: kind === 'BinaryVector' ? 'a multiple of 8' : 'at least 1',
    });
  }
  return dim;
}

function unknownType(text: string): VtsError {
  return new VtsError('Usage', `--cast does not know the type "${text}"`, { expected: CAST_TYPES });
}
