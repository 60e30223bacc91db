/** Nested columns as the logical types that have elements: arrays, vectors, sparse vectors, arrays of structs. */
import type { SchemaElement } from 'hyparquet';
import { getBit } from '../../../core/bitmap.ts';
import {
  bytesColumn,
  type Column,
  denseEncoding,
  fixedColumnFromBytes,
  listColumn,
  MAX_OFFSET,
} from '../../../core/column.ts';
import { type DenseVectorType, formatType, isDenseVector, type LogicalType } from '../../../core/types.ts';
import { many } from '../../../core/many.ts';
import { VtsError } from '../../../errors.ts';
import { jsonColumn } from './json-column.ts';
import { elementReject, leafColumn, leafHolds, type Reject } from './leaf-column.ts';
import { meaningOf } from './leaf-type.ts';
import type { LeafNest, ListNest, Nest, StructNest } from './nest.ts';
import type { Shape } from './shape.ts';

/** Whether a column of `shape` can be read as `type`. */
export function shapeHolds(shape: Shape, type: LogicalType): boolean {
  if (isDenseVector(type)) return shapeHoldsVector(shape, type);
  switch (type.kind) {
    case 'Array':
      return shape.kind === 'list' && shapeHolds(shape.element, type.element);
    case 'SparseFloatVector': {
      const { indices, values } = structFields(shape);
      return listOf(indices, (element) => meaningOf(element).kind === 'integer') &&
        listOf(values, ({ type }) => type === 'FLOAT');
    }
    case 'StructArray': {
      if (shape.kind !== 'list') return false;
      const fields = structFields(shape.element);
      return type.fields.every((field) =>
        fields[field.name] !== undefined && shapeHolds(fields[field.name], field.type)
      );
    }
    case 'JSON':
      return shape.kind !== 'leaf' || leafHolds(shape.node.element, type);
    default:
      return shape.kind === 'leaf' && leafHolds(shape.node.element, type);
  }
}

function structFields(shape: Shape): Record<string, Shape> {
  if (shape.kind !== 'struct') return {};
  return Object.fromEntries(shape.names.map((name, i) => [name, shape.fields[i]]));
}

function listOf(shape: Shape | undefined, accepts: (element: SchemaElement) => boolean): boolean {
  return shape?.kind === 'list' && shape.element.kind === 'leaf' && accepts(shape.element.node.element);
}

/** How many elements of a list, and of what, make up a vector. */
export interface VectorLayout {
  /** Elements of the list in each row. */
  readonly elements: number;
  /** Bytes of an element in memory; where they are fewer than in the file, it is an integer to be narrowed. */
  readonly width: number;
  readonly signed: boolean;
}

/** How a vector of `type` lies in a list of `element`; `undefined` when it cannot. */
export function vectorLayout(element: SchemaElement, type: DenseVectorType): VectorLayout | undefined {
  const meaning = meaningOf(element);
  const layout = (elements: number, width: number, signed = true): VectorLayout => ({
    elements,
    width,
    signed,
  });
  const integers = meaning.kind === 'integer' && element.type === 'INT32';
  switch (type.kind) {
    case 'FloatVector':
      return meaning.kind === 'float' ? layout(type.dim, 4) : undefined;
    case 'DoubleVector':
      return meaning.kind === 'double' ? layout(type.dim, 8) : undefined;
    case 'Int8Vector':
      return integers && meaning.signed ? layout(type.dim, 1) : undefined;
    case 'Float16Vector':
      if (meaning.kind === 'half') return layout(type.dim, 2);
      return integers ? layout(type.dim * 2, 1, false) : undefined;
    case 'BFloat16Vector':
      return integers ? layout(type.dim * 2, 1, false) : undefined;
    case 'BinaryVector':
      return integers ? layout(type.dim / 8, 1, false) : undefined;
  }
}

function shapeHoldsVector(shape: Shape, type: DenseVectorType): boolean {
  if (shape.kind === 'list') {
    return shape.element.kind === 'leaf' && vectorLayout(shape.element.node.element, type) !== undefined;
  }
  if (shape.kind !== 'leaf' || type.kind === 'FloatVector' || type.kind === 'DoubleVector') return false;
  const { element } = shape.node;
  return element.type === 'BYTE_ARRAY' ||
    (element.type === 'FIXED_LEN_BYTE_ARRAY' && element.type_length === rowBytes(type));
}

function rowBytes(type: DenseVectorType): number {
  const { array, stride } = denseEncoding(type);
  return array.BYTES_PER_ELEMENT * stride;
}

/** The column of `nest` as `type`, which its shape holds. @throws VtsError RowInvalid, InputUnsupported */
export function nestColumn(nest: Nest, type: LogicalType, reject: Reject): Column {
  if (isDenseVector(type)) {
    return nest.kind === 'list'
      ? listVectors(nest, type, reject)
      : byteVectors(nest as LeafNest, type, reject);
  }
  if (type.kind === 'SparseFloatVector') return sparseColumn(nest as StructNest, reject);
  if (nest.kind === 'list' && (type.kind === 'Array' || type.kind === 'StructArray')) {
    return arrayColumn(nest, type, reject);
  }
  return nest.kind === 'leaf' ? leafColumn(nest, type, reject) : jsonColumn(nest, reject);
}

function arrayColumn(nest: ListNest, type: LogicalType, reject: Reject): Column {
  const { child, offsets, validity } = nest;
  const inner = elementReject(nest, reject);
  if (type.kind === 'Array') {
    return listColumn(type, offsets, [nestColumn(child, type.element, inner)], validity);
  }
  if (type.kind !== 'StructArray' || child.kind !== 'struct') throw new TypeError(`${type.kind} is no list`);
  if (child.validity !== null) {
    throw inner(firstClear(child.validity), 'an element of an array of structs is null', 'structs');
  }
  const columns = type.fields.map((field) =>
    nestColumn(child.children[child.names.indexOf(field.name)], field.type, inner)
  );
  return listColumn(type, offsets, columns, validity);
}

function firstClear(validity: Uint8Array): number {
  let slot = 0;
  while (getBit(validity, slot)) slot++;
  return slot;
}

/** Vectors whose rows are byte arrays. */
function byteVectors(nest: LeafNest, type: DenseVectorType, reject: Reject): Column {
  const { values, validity, length } = nest;
  if (values.width > 0) return fixedColumnFromBytes(type, values.bytes, validity);
  const size = rowBytes(type);
  const { bytes, offsets } = values;
  const rows = validity === null ? bytes : new Uint8Array(vectorBytes(length, size));
  for (let i = 0; i < length; i++) {
    if (validity !== null && !getBit(validity, i)) continue;
    const found = offsets[i + 1] - offsets[i];
    if (found !== size) {
      throw reject(i, `the vector has ${found} bytes`, `${size} bytes, as ${formatType(type)} has`);
    }
    if (validity !== null) rows.set(bytes.subarray(offsets[i], offsets[i + 1]), i * size);
  }
  return fixedColumnFromBytes(type, rows, validity);
}

/** Vectors in structs, or wherever else they do not have the fast path of `vector-column.ts`. */
function listVectors(nest: ListNest, type: DenseVectorType, reject: Reject): Column {
  const { offsets, validity, length } = nest;
  const child = nest.child as LeafNest;
  const { elements, width, signed } = vectorLayout(child.element, type)!;
  const target = new Uint8Array(vectorBytes(length, elements * width));
  const bytes = child.values.width === width
    ? child.values.bytes
    : narrowed(child, signed, elementReject(nest, reject));
  if (child.validity !== null) {
    throw elementReject(nest, reject)(
      firstClear(child.validity),
      'an element of the vector is null',
      'numbers',
    );
  }
  for (let i = 0; i < length; i++) {
    if (validity !== null && !getBit(validity, i)) continue;
    const found = offsets[i + 1] - offsets[i];
    if (found !== elements) {
      throw reject(i, `the vector has ${many(found, 'element')}`, `${elements}, as ${formatType(type)} has`);
    }
    target.set(bytes.subarray(offsets[i] * width, offsets[i + 1] * width), i * elements * width);
  }
  return fixedColumnFromBytes(type, target, validity);
}

/** The bytes of `rows` vectors of `size` bytes. @throws VtsError MemoryLimit when the dimension, which the file may say, is absurd */
export function vectorBytes(rows: number, size: number): number {
  if (rows * size <= MAX_OFFSET) return rows * size;
  throw new VtsError('MemoryLimit', `${rows} vectors of ${size} bytes`, {
    expected: `at most ${MAX_OFFSET} bytes`,
  });
}

function narrowed({ values }: LeafNest, signed: boolean, reject: Reject): Uint8Array<ArrayBuffer> {
  const target = new Uint8Array(values.count);
  const bad = narrow(
    new Int32Array(values.bytes.buffer, values.bytes.byteOffset, values.count),
    target,
    signed,
  );
  if (bad >= 0) {
    throw reject(bad, 'an element of the vector does not fit a byte', signed ? '-128 to 127' : '0 to 255');
  }
  return target;
}

/** Integers as bytes; the index of the first that does not fit, or -1. */
export function narrow(source: Int32Array, target: Uint8Array, signed: boolean): number {
  const low = signed ? -128 : 0;
  for (let i = 0; i < source.length; i++) {
    const value = source[i];
    if (value < low || value > low + 255) return i;
    target[i] = value;
  }
  return -1;
}

/** Structs of indices and values, sorted by index. */
function sparseColumn(nest: StructNest, reject: Reject): Column {
  const { length } = nest;
  const [indices, values] = ['indices', 'values'].map((name) =>
    nest.children[nest.names.indexOf(name)] as ListNest
  );
  const keys = leafColumn(indices.child as LeafNest, { kind: 'Int64' }, elementReject(indices, reject))
    .values as BigInt64Array;
  const weights = (values.child as LeafNest).values.bytes;
  const bytes = new Uint8Array(keys.length * 8);
  const view = new DataView(bytes.buffer);
  const offsets = new Int32Array(length + 1);
  for (let row = 0; row < length; row++) {
    const [start, end] = [indices.offsets[row], indices.offsets[row + 1]];
    const shift = values.offsets[row] - start;
    if (values.offsets[row + 1] - values.offsets[row] !== end - start) {
      throw reject(row, 'a sparse vector has another number of indices than values', 'one value an index');
    }
    for (let i = start; i < end; i++) {
      if (keys[i] < 0n || keys[i] > 0xffff_fffen || (i > start && keys[i] <= keys[i - 1])) {
        throw reject(
          row,
          `the index ${keys[i]} of a sparse vector`,
          'ascending indices from 0 to 4294967294',
        );
      }
      view.setUint32(i * 8, Number(keys[i]), true);
      bytes.set(weights.subarray((i + shift) * 4, (i + shift) * 4 + 4), i * 8 + 4);
    }
    offsets[row + 1] = end * 8;
  }
  return bytesColumn({ kind: 'SparseFloatVector' }, offsets, bytes, nest.validity);
}
