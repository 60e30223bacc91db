/** Casts of dense vectors and of arrays that are vectors. */
import { type Cast, type Context, inRows, misfit } from './cast-context.ts';
import { integer, place } from './cast-scalar.ts';
import { type Column, encodingOf, fixedColumn, isNull, listColumn, type Values } from './column.ts';
import { bfloatToNumber, halfToNumber, numberToBfloat } from './half.ts';
import type { DenseVectorType, LogicalType, ScalarType } from './types.ts';
import { type Value, valueAt } from './values.ts';

/** Casts between vectors of the same dimension. */
export function castVector(column: Column, to: DenseVectorType, context: Context): Column {
  const source = widen(column);
  const { stride } = encodingOf(to) as { stride: number };
  const target = narrow(source, to);
  const at = firstLost(source, target, to);
  if (at >= 0) throw misfit(context, Math.floor(at / stride), `element ${at % stride}, ${source[at]},`);
  return fixedColumn(to, target, column.validity);
}

type Numbers = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Int8Array<ArrayBuffer>;

/** The elements of a dense vector column as numbers. */
function widen({ type, values }: Column): Numbers {
  if (type.kind === 'Float16Vector') {
    return new Float32Array(new Float16Array(values.buffer, values.byteOffset, values.length));
  }
  if (type.kind === 'BFloat16Vector') return Float32Array.from(values as Uint16Array, bfloatToNumber);
  return values as Numbers;
}

function narrow(source: Numbers, to: DenseVectorType): Values {
  switch (to.kind) {
    case 'Float16Vector':
      return new Uint16Array(new Float16Array(source).buffer);
    case 'BFloat16Vector':
      return Uint16Array.from(source, numberToBfloat);
    case 'DoubleVector':
      return new Float64Array(source);
    case 'Int8Vector':
      return new Int8Array(source);
    default:
      return new Float32Array(source);
  }
}

/** The first element that a narrowing lost (not whole for integers, beyond the range for floats), or -1. */
function firstLost(
  source: Numbers,
  target: Values,
  to: DenseVectorType,
): number {
  if (to.kind === 'Int8Vector') return source.findIndex((value: number, i: number) => target[i] !== value);
  if (!(target instanceof Uint16Array)) {
    return source.findIndex((value: number, i: number) =>
      Number.isFinite(value) && !Number.isFinite(target[i] as number)
    );
  }
  const infinity = infinityBits(to);
  return source.findIndex((value: number, i: number) =>
    Number.isFinite(value) && (target[i] & 0x7fff) === infinity
  );
}

/** The bits of positive infinity in a 16-bit float type. */
function infinityBits(to: DenseVectorType): number {
  return to.kind === 'Float16Vector' ? 0x7c00 : 0x7f80;
}

/** The type of a dense vector's elements as numbers; `undefined` for bits. */
export function elementOf({ kind }: DenseVectorType): ScalarType | undefined {
  if (kind === 'BinaryVector') return undefined;
  return { kind: kind === 'DoubleVector' ? 'Double' : kind === 'Int8Vector' ? 'Int8' : 'Float' };
}

/** The cast of a vector to an array of its elements, which `inner` casts. */
export function vectorToArray(dim: number, to: LogicalType, inner: Cast): Cast {
  return (column) => {
    const element = elementOf(column.type as DenseVectorType)!;
    const offsets = Int32Array.from({ length: column.length + 1 }, (_, row) => row * dim);
    const elements = inRows(
      () => inner(fixedColumn(element, widen(column))),
      (i) => Math.floor(i / dim),
    );
    return listColumn(to, offsets, [elements], column.validity);
  };
}

/** The cast of an array to a vector; every row must have the dimension's number of elements. */
export function arrayToVector(to: DenseVectorType, context: Context): Cast | undefined {
  const { array, stride } = encodingOf(to) as { array: new (length: number) => Values; stride: number };
  return (column) => {
    const values = new array(column.length * stride);
    for (let row = 0; row < column.length; row++) {
      if (isNull(column, row)) continue;
      const start = column.offsets![row];
      const length = column.offsets![row + 1] - start;
      if (length !== stride) throw misfit(context, row, `an array of ${length}`);
      for (let i = 0; i < stride; i++) {
        const found = valueAt(column.children[0], start + i);
        const value = typeof found === 'number' ? integer(column.children[0].type, found) : found;
        if (!placeElement(values, row * stride + i, value, to)) {
          throw misfit(context, row, `element ${i}, ${value},`);
        }
      }
    }
    return fixedColumn(to, values, column.validity);
  };
}

function placeElement(values: Values, index: number, value: Value, to: DenseVectorType): boolean {
  if (typeof value !== 'number' && typeof value !== 'bigint') return false;
  if (to.kind === 'Float16Vector' || to.kind === 'BFloat16Vector') {
    const number = Number(value);
    const bits = narrow(Float64Array.of(number), to)[0] as number;
    values[index] = bits;
    // As everywhere: integers exactly, floats in range.
    if (typeof value === 'bigint') {
      return (to.kind === 'Float16Vector' ? halfToNumber(bits) : bfloatToNumber(bits)) === number &&
        BigInt(number) === value;
    }
    return !Number.isFinite(number) || (bits & 0x7fff) < infinityBits(to);
  }
  return place(values, index, value);
}
