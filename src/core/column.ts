/**
 * Columns in memory: the Arrow columnar layout (https://arrow.apache.org/docs/format/Columnar.html) over typed arrays,
 * one encoding per logical type:
 *
 * | logical type | Arrow type | `values` | `offsets`, `children` |
 * |---|---|---|---|
 * | Bool | bool | Uint8Array, a bit a row | |
 * | Int8 Int16 Int32 Int64 | int8 ... int64 | Int8Array ... BigInt64Array | |
 * | Float Double | float32 float64 | Float32Array Float64Array | |
 * | Timestamptz | timestamp(us, UTC) | BigInt64Array | |
 * | VarChar JSON Geometry | utf8 | Uint8Array | row i is `values[offsets[i] .. offsets[i+1])` |
 * | SparseFloatVector | binary | Uint8Array, (u32 index, f32 value) pairs, little-endian, sorted by index | as above |
 * | FloatVector DoubleVector Int8Vector | fixed_size_list | Float32Array Float64Array Int8Array, `dim` a row | |
 * | Float16Vector | fixed_size_list of float16 | Uint16Array (raw bits), `dim` a row | |
 * | BFloat16Vector | fixed_size_binary(2 dim) | Uint16Array (raw bits), `dim` a row | |
 * | BinaryVector | fixed_size_binary(dim/8) | Uint8Array, `dim/8` a row | |
 * | Array | list | empty | one child: the elements |
 * | StructArray | list of struct | empty | a child for each field of the struct |
 *
 * A null row of a fixed layout still has its place in `values` (zeros, by custom); a null row of a variable layout is empty.
 * `offsets[0]` need not be 0 and `values` may reach past the last offset, so slices share memory.
 * Vectors stay typed arrays from file to file: copy them with `.set`, never element by element (which may change the
 * payload of a NaN).
 */
import { VtsError } from '../errors.ts';
import { bitmapBytes, copyBits, getBit, makeBitmap, sliceBits } from './bitmap.ts';
import { type DenseVectorType, isDenseVector, type LogicalType } from './types.ts';

/** Any array that holds the values of a column. */
export type Values =
  | Uint8Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** The constructor of {@linkcode Values}. */
export type ValuesConstructor = {
  new (length: number): Values;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): Values;
  readonly BYTES_PER_ELEMENT: number;
};

/** One column of a batch; see the table above. */
export interface Column {
  readonly type: LogicalType;
  readonly length: number;
  /** A bit a row, clear for null; `null` when no row is null. */
  readonly validity: Uint8Array | null;
  /** `length + 1` offsets for variable layouts, else `null`. */
  readonly offsets: Int32Array | null;
  readonly values: Values;
  readonly children: readonly Column[];
}

/** How a logical type lies in memory. */
export type Encoding =
  | { readonly layout: 'bits' }
  /** `stride` elements of `array` a row. */
  | { readonly layout: 'fixed'; readonly array: ValuesConstructor; readonly stride: number }
  | { readonly layout: 'bytes' }
  | { readonly layout: 'list' };

/** The encoding of `type`. */
export function encodingOf(type: LogicalType): Encoding {
  if (isDenseVector(type)) return { layout: 'fixed', ...denseEncoding(type) };
  switch (type.kind) {
    case 'Bool':
      return { layout: 'bits' };
    case 'Int8':
      return { layout: 'fixed', array: Int8Array, stride: 1 };
    case 'Int16':
      return { layout: 'fixed', array: Int16Array, stride: 1 };
    case 'Int32':
      return { layout: 'fixed', array: Int32Array, stride: 1 };
    case 'Int64':
    case 'Timestamptz':
      return { layout: 'fixed', array: BigInt64Array, stride: 1 };
    case 'Float':
      return { layout: 'fixed', array: Float32Array, stride: 1 };
    case 'Double':
      return { layout: 'fixed', array: Float64Array, stride: 1 };
    case 'VarChar':
    case 'JSON':
    case 'Geometry':
    case 'SparseFloatVector':
      return { layout: 'bytes' };
    case 'Array':
    case 'StructArray':
      return { layout: 'list' };
  }
}

/** Array and elements a row of a dense vector. */
export function denseEncoding(type: DenseVectorType): { array: ValuesConstructor; stride: number } {
  switch (type.kind) {
    case 'FloatVector':
      return { array: Float32Array, stride: type.dim };
    case 'DoubleVector':
      return { array: Float64Array, stride: type.dim };
    case 'Float16Vector':
    case 'BFloat16Vector':
      return { array: Uint16Array, stride: type.dim };
    case 'Int8Vector':
      return { array: Int8Array, stride: type.dim };
    case 'BinaryVector':
      return { array: Uint8Array, stride: type.dim / 8 };
  }
}

/** Bytes of one row of a fixed layout; `undefined` for the others. */
export function fixedRowBytes(type: LogicalType): number | undefined {
  const encoding = encodingOf(type);
  return encoding.layout === 'fixed' ? encoding.stride * encoding.array.BYTES_PER_ELEMENT : undefined;
}

const NO_BYTES = new Uint8Array(0);

/** A column of a fixed layout over `values` (not copied), whose length gives the row count. */
export function fixedColumn(type: LogicalType, values: Values, validity: Uint8Array | null = null): Column {
  const encoding = encodingOf(type);
  if (
    encoding.layout !== 'fixed' || !(values instanceof encoding.array) ||
    values.length % encoding.stride !== 0
  ) {
    throw new TypeError(
      `Cannot make a ${type.kind} column over ${values.constructor.name}(${values.length})`,
    );
  }
  return { type, length: values.length / encoding.stride, validity, offsets: null, values, children: [] };
}

/** A column of a fixed layout over raw little-endian bytes: viewed where alignment allows, else copied once. */
export function fixedColumnFromBytes(
  type: LogicalType,
  bytes: Uint8Array<ArrayBuffer>,
  validity: Uint8Array | null = null,
): Column {
  const encoding = encodingOf(type);
  if (encoding.layout !== 'fixed') throw new TypeError(`${type.kind} has no fixed layout`);
  const size = encoding.array.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return fixedColumn(
    type,
    new encoding.array(aligned.buffer, aligned.byteOffset, aligned.byteLength / size),
    validity,
  );
}

/** A Bool column over a bitmap. */
export function boolColumn(
  length: number,
  bits: Uint8Array<ArrayBuffer>,
  validity: Uint8Array | null = null,
): Column {
  return { type: { kind: 'Bool' }, length, validity, offsets: null, values: bits, children: [] };
}

/** A column of a bytes layout; `offsets` has a row more than the column. */
export function bytesColumn(
  type: LogicalType,
  offsets: Int32Array,
  values: Uint8Array<ArrayBuffer>,
  validity: Uint8Array | null = null,
): Column {
  return { type, length: offsets.length - 1, validity, offsets, values, children: [] };
}

/** A column of a list layout (Array, StructArray). */
export function listColumn(
  type: LogicalType,
  offsets: Int32Array,
  children: readonly Column[],
  validity: Uint8Array | null = null,
): Column {
  return { type, length: offsets.length - 1, validity, offsets, values: NO_BYTES, children };
}

/** Whether row `row` of `column` is null. */
export function isNull(column: Column, row: number): boolean {
  return column.validity !== null && !getBit(column.validity, row);
}

/** The first null row of `column`, or -1. */
export function firstNull(column: Column): number {
  if (column.validity === null) return -1;
  for (let row = 0; row < column.length; row++) if (!getBit(column.validity, row)) return row;
  return -1;
}

/** The first row that is null or has a null among its elements, or -1. */
export function firstWithNull(column: Column): number {
  const first = firstNull(column);
  if (first >= 0 || column.offsets === null) return first;
  const found = column.children.map((child) => firstWithNull(listElements(column, child))).filter((at) =>
    at >= 0
  );
  return found.length === 0 ? -1 : rowOfElement(column.offsets, column.offsets[0] + Math.min(...found));
}

/** The row of the list to which element `index` belongs. */
export function rowOfElement(offsets: Int32Array, index: number): number {
  let row = 0;
  while (offsets[row + 1] <= index) row++;
  return row;
}

/** The raw bytes of a column's values, from the first to the last row. */
export function valueBytes(column: Column): Uint8Array<ArrayBuffer> {
  const { values, offsets, length } = column;
  if (offsets !== null) return (values as Uint8Array<ArrayBuffer>).subarray(offsets[0], offsets[length]);
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Rows [`start`, `end`) of `column`; values are shared, bitmaps copied. */
export function sliceColumn(column: Column, start: number, end: number): Column {
  if (start === 0 && end === column.length) return column;
  const validity = column.validity && sliceBits(column.validity, start, end);
  const shape = { ...column, length: end - start, validity };
  if (column.offsets !== null) return { ...shape, offsets: column.offsets.subarray(start, end + 1) };
  const encoding = encodingOf(column.type);
  if (encoding.layout === 'fixed') {
    return {
      ...shape,
      values: column.values.subarray(start * encoding.stride, end * encoding.stride) as Values,
    };
  }
  return { ...shape, values: sliceBits(column.values as Uint8Array, start, end) as Uint8Array<ArrayBuffer> };
}

/** The rows of all `columns`, which share one type, in one column. */
export function concatColumns(columns: readonly Column[]): Column {
  if (columns.length === 1) return columns[0];
  const [{ type }] = columns;
  const length = columns.reduce((sum, column) => sum + column.length, 0);
  const validity = columns.some((column) => column.validity !== null)
    ? concatValidity(columns, length)
    : null;
  const encoding = encodingOf(type);
  if (encoding.layout === 'fixed') {
    const values = new encoding.array(length * encoding.stride);
    let at = 0;
    for (const column of columns) {
      values.set(column.values as never, at);
      at += column.values.length;
    }
    return fixedColumn(type, values, validity);
  }
  if (encoding.layout === 'bits') {
    const bits = new Uint8Array(bitmapBytes(length));
    let at = 0;
    for (const column of columns) {
      copyBits(column.values as Uint8Array, column.length, bits, at);
      at += column.length;
    }
    return boolColumn(length, bits, validity);
  }
  const offsets = concatOffsets(columns, length);
  if (encoding.layout === 'bytes') {
    const values = new Uint8Array(offsets[length]);
    let at = 0;
    for (const column of columns) {
      const bytes = valueBytes(column);
      values.set(bytes, at);
      at += bytes.length;
    }
    return bytesColumn(type, offsets, values, validity);
  }
  const children = columns[0].children.map((_, i) =>
    concatColumns(columns.map((column) => listElements(column, column.children[i])))
  );
  return listColumn(type, offsets, children, validity);
}

/** The part of `child` that the rows of the list column `column` refer to. */
export function listElements(column: Column, child: Column): Column {
  return sliceColumn(child, column.offsets![0], column.offsets![column.length]);
}

/** Bytes that `column` occupies, buffers shared with other slices counted by the rows in use. */
export function columnBytes(column: Column): number {
  const own = (column.validity?.byteLength ?? 0) + (column.offsets?.byteLength ?? 0);
  const children = column.children.reduce((sum, child) => sum + columnBytes(listElements(column, child)), 0);
  return own + children + (column.children.length > 0 ? 0 : valueBytes(column).byteLength);
}

function concatValidity(columns: readonly Column[], length: number): Uint8Array {
  const validity = makeBitmap(length, false);
  let at = 0;
  for (const column of columns) {
    copyBits(column.validity ?? makeBitmap(column.length, true), column.length, validity, at);
    at += column.length;
  }
  return validity;
}

function concatOffsets(columns: readonly Column[], length: number): Int32Array {
  const offsets = new Int32Array(length + 1);
  let row = 0;
  let end = 0;
  for (const column of columns) {
    const shift = end - column.offsets![0];
    for (let i = 1; i <= column.length; i++) offsets[row + i] = column.offsets![i] + shift;
    row += column.length;
    end = column.offsets![column.length] + shift;
    if (end > MAX_OFFSET) throw new VtsError('MemoryLimit', 'a batch holds more than 2 GiB of one column');
  }
  return offsets;
}

/** The largest value of an Arrow 32-bit offset: what one column of one batch may hold in bytes. */
export const MAX_OFFSET = 2 ** 31 - 1;
