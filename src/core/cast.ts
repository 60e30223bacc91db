/**
 * Casts of whole columns, as `--cast FIELD:TYPE` asks for. Floats are rounded to the nearest value of the new type; everything else is
 * exact or an error: a value that does not fit is never cut, wrapped or turned into an infinity.
 */
import { VtsError } from '../errors.ts';
import { bitmapBytes, setBit } from './bitmap.ts';
import {
  boolColumn,
  type Column,
  encodingOf,
  fixedColumn,
  isNull,
  listColumn,
  type Values,
} from './column.ts';
import { bfloatToNumber, numberToBfloat } from './half.ts';
import { jsonText } from './json-text.ts';
import { formatTimestamp, parseTimestamp } from './time.ts';
import {
  type DenseVectorType,
  formatType,
  isDenseVector,
  isScalar,
  type LogicalType,
  sameLayout,
} from './types.ts';
import { columnFromValues, type Value, valueAt } from './values.ts';

/** Turns a column of the old type into one of the new. Rows in errors count from the column's first. */
export type Cast = (column: Column) => Column;

/** The cast of `name` from one type to another, or `undefined` when there is none. */
export function compileCast(name: string, from: LogicalType, to: LogicalType): Cast | undefined {
  const context = { name, to };
  if (sameLayout(from, to)) return (column) => ({ ...column, type: to });
  if (isDenseVector(from) && isDenseVector(to)) {
    if (from.kind === 'BinaryVector' || to.kind === 'BinaryVector') return undefined;
    return (column) => castVector(column, to, context);
  }
  if (isDenseVector(from) && to.kind === 'Array') return vectorToArray(from, to, context);
  if (from.kind === 'Array' && isDenseVector(to)) return arrayToVector(to, context);
  if (from.kind === 'Array' && to.kind === 'Array') {
    const inner = compileCast(name, from.element, to.element);
    return inner && ((column) => ({ ...column, type: to, children: [inner(column.children[0])] }));
  }
  if (to.kind === 'JSON' && from.kind !== 'VarChar' && from.kind !== 'Geometry') return mapRows(to, jsonText);
  if (isText(from) && isText(to)) {
    const check = to.kind === 'JSON' ? checkJson(context) : undefined;
    return (column) => {
      check?.(column);
      return { ...column, type: to };
    };
  }
  if (isText(from)) return fromText(context);
  if (to.kind === 'VarChar') {
    return isScalar(from) || from.kind === 'Timestamptz' ? mapRows(to, plainText) : undefined;
  }
  if (from.kind === 'Int64' && to.kind === 'Timestamptz') return (column) => ({ ...column, type: to });
  if (from.kind === 'Timestamptz' && to.kind === 'Int64') return (column) => ({ ...column, type: to });
  if (isScalar(from) && isScalar(to)) return (column) => castNumbers(column, context);
  return undefined;
}

interface Context {
  readonly name: string;
  readonly to: LogicalType;
}

function isText(type: LogicalType): boolean {
  return type.kind === 'VarChar' || type.kind === 'JSON' || type.kind === 'Geometry';
}

function misfit({ name, to }: Context, row: number, value: string): VtsError {
  return new VtsError('RowInvalid', `--cast ${name}: ${value} is no ${formatType(to)}`, {
    row,
    field: name,
    remedy: 'cast to a wider type, or leave the column out with --fields',
  });
}

function mapRows(to: LogicalType, text: (column: Column, row: number) => string): Cast {
  return (column) =>
    columnFromValues(
      to,
      Array.from({ length: column.length }, (_, row) => isNull(column, row) ? null : text(column, row)),
    );
}

function plainText(column: Column, row: number): string {
  const value = valueAt(column, row);
  if (column.type.kind === 'Timestamptz') return formatTimestamp(value as bigint) ?? String(value);
  return column.type.kind === 'Float' ? jsonText(column, row).replaceAll('"', '') : String(value);
}

function checkJson(context: Context): (column: Column) => void {
  return (column) => {
    for (let row = 0; row < column.length; row++) {
      const text = valueAt(column, row);
      if (text === null) continue;
      try {
        JSON.parse(text as string);
      } catch {
        throw misfit(context, row, JSON.stringify(text));
      }
    }
  };
}

function fromText(context: Context): Cast | undefined {
  const { to } = context;
  const parse = textParser(to);
  if (parse === undefined) return undefined;
  return (column) =>
    columnFromValues(
      to,
      Array.from({ length: column.length }, (_, row) => {
        const text = valueAt(column, row) as string | null;
        if (text === null) return null;
        const value = parse(text.trim());
        if (value === undefined) throw misfit(context, row, JSON.stringify(text));
        return value;
      }),
    );
}

function textParser(to: LogicalType): ((text: string) => Value | undefined) | undefined {
  switch (to.kind) {
    case 'Bool':
      return (text) => text === 'true' ? true : text === 'false' ? false : undefined;
    case 'Timestamptz':
      return parseTimestamp;
    case 'Int64':
      return (text) => integerIn(text, 64n);
    case 'Int8':
    case 'Int16':
    case 'Int32': {
      const bits = BigInt(to.kind.slice(3));
      return (text) => {
        const value = integerIn(text, bits);
        return value === undefined ? undefined : Number(value);
      };
    }
    case 'Float':
    case 'Double':
      return (text) => {
        if (text === '' || (Number.isNaN(Number(text)) && text !== 'NaN')) return undefined;
        const value = to.kind === 'Float' ? Math.fround(Number(text)) : Number(text);
        return Number.isFinite(value) || /^-?Infinity$|^NaN$/.test(text) ? value : undefined;
      };
    default:
      return undefined;
  }
}

function integerIn(text: string, bits: bigint): bigint | undefined {
  if (!/^[+-]?\d{1,20}$/.test(text)) return undefined;
  const value = BigInt(text.replace('+', ''));
  const limit = 1n << (bits - 1n);
  return value >= -limit && value < limit ? value : undefined;
}

function castNumbers(column: Column, context: Context): Column {
  const { to } = context;
  const encoding = encodingOf(to);
  const bits = to.kind === 'Bool' ? new Uint8Array(bitmapBytes(column.length)) : undefined;
  const values = encoding.layout === 'fixed' ? new encoding.array(column.length) : undefined;
  for (let row = 0; row < column.length; row++) {
    if (isNull(column, row)) continue;
    const value = Number(valueAt(column, row));
    if (bits !== undefined) {
      if (value !== 0 && value !== 1) throw misfit(context, row, String(value));
      if (value === 1) setBit(bits, row);
      continue;
    }
    if (!place(values!, row, valueAt(column, row) as number | bigint | boolean)) {
      throw misfit(context, row, String(value));
    }
  }
  return bits !== undefined
    ? boolColumn(column.length, bits, column.validity)
    : fixedColumn(to, values!, column.validity);
}

/** Stores `value` at `index` and tells whether it survived: exactly for integers, in range for floats. */
function place(values: Values, index: number, value: number | bigint | boolean): boolean {
  if (values instanceof BigInt64Array) {
    if (typeof value !== 'bigint' && !Number.isInteger(Number(value))) return false;
    const wide = BigInt(value);
    values[index] = wide;
    return values[index] === wide;
  }
  const number = Number(value);
  values[index] = number;
  if (values instanceof Float32Array || values instanceof Float64Array) {
    return Number.isFinite(values[index]) === Number.isFinite(number);
  }
  return values[index] === number;
}

function castVector(column: Column, to: DenseVectorType, context: Context): Column {
  const source = widen(column);
  const { stride } = encodingOf(to) as { stride: number };
  const target = narrow(source, to);
  const check = new Check(source, target, to);
  const at = check.firstMisfit();
  if (at >= 0) throw misfit(context, Math.floor(at / stride), `element ${at % stride}, ${source[at]},`);
  return fixedColumn(to, target, column.validity);
}

/** The elements of a dense vector column as numbers. */
function widen({ type, values }: Column): Float32Array | Float64Array | Int8Array {
  if (type.kind === 'Float16Vector') {
    return new Float32Array(new Float16Array(values.buffer, values.byteOffset, values.length));
  }
  if (type.kind === 'BFloat16Vector') return Float32Array.from(values as Uint16Array, bfloatToNumber);
  return values as Float32Array;
}

function narrow(source: Float32Array | Float64Array | Int8Array, to: DenseVectorType): Values {
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

/** Finds the first element that a narrowing lost: not whole for integers, beyond the range for floats. */
class Check {
  readonly #source: Float32Array | Float64Array | Int8Array;
  readonly #isLost: (index: number) => boolean;

  constructor(source: Float32Array | Float64Array | Int8Array, target: Values, to: DenseVectorType) {
    this.#source = source;
    if (to.kind === 'Int8Vector') this.#isLost = (i) => target[i] !== source[i];
    else if (target instanceof Uint16Array) {
      const infinity = to.kind === 'Float16Vector' ? 0x7c00 : 0x7f80;
      this.#isLost = (i) => (target[i] & 0x7fff) === infinity && Number.isFinite(source[i]);
    } else this.#isLost = (i) => !Number.isFinite(target[i] as number) && Number.isFinite(source[i]);
  }

  firstMisfit(): number {
    for (let i = 0; i < this.#source.length; i++) if (this.#isLost(i)) return i;
    return -1;
  }
}

function vectorToArray(
  from: DenseVectorType,
  to: LogicalType & { kind: 'Array' },
  context: Context,
): Cast | undefined {
  if (from.kind === 'BinaryVector') return undefined;
  return (column) => {
    const numbers = widen(column);
    const element: Column = numbers instanceof Int8Array
      ? fixedColumn({ kind: 'Int8' }, numbers as Int8Array<ArrayBuffer>)
      : numbers instanceof Float32Array
      ? fixedColumn({ kind: 'Float' }, numbers as Float32Array<ArrayBuffer>)
      : fixedColumn({ kind: 'Double' }, numbers as Float64Array<ArrayBuffer>);
    const inner = compileCast(context.name, element.type, to.element);
    if (inner === undefined) throw misfit(context, 0, 'a vector');
    const offsets = Int32Array.from({ length: column.length + 1 }, (_, row) => row * from.dim);
    return listColumn(to, offsets, [inner(element)], column.validity);
  };
}

function arrayToVector(to: DenseVectorType, context: Context): Cast | undefined {
  const { array, stride } = encodingOf(to) as { array: new (length: number) => Values; stride: number };
  return (column) => {
    const values = new array(column.length * stride);
    for (let row = 0; row < column.length; row++) {
      if (isNull(column, row)) continue;
      const start = column.offsets![row];
      const length = column.offsets![row + 1] - start;
      if (length !== stride) throw misfit(context, row, `an array of ${length}`);
      for (let i = 0; i < stride; i++) {
        const value = valueAt(column.children[0], start + i);
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
  const number = Number(value);
  if (to.kind === 'Float16Vector' || to.kind === 'BFloat16Vector') {
    values[index] = narrow(Float64Array.of(number), to)[0] as number;
    return !Number.isFinite(number) ||
      (Number(values[index]) & 0x7fff) < (to.kind === 'Float16Vector' ? 0x7c00 : 0x7f80);
  }
  return place(values, index, number);
}
