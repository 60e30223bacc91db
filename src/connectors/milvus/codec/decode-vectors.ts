/** Values of a `VectorField` as columns: vectors, and per row a list of vectors in structs. */
import { type Column, encodingOf } from '../../../core/column.ts';
import { isDenseVector, type LogicalType } from '../../../core/types.ts';
import { fixedValues, textColumn } from './decode-scalars.ts';
import { type Bytes, FIXED32, malformed, type ProtoReader, type Spans, VARINT } from './wire.ts';

/** The members of the `data` oneof of VectorField, by field number. */
export const VECTOR = {
  dim: 1,
  FloatVector: 2,
  BinaryVector: 3,
  Float16Vector: 4,
  BFloat16Vector: 5,
  SparseFloatVector: 6,
  Int8Vector: 7,
  list: 8,
  validData: 9,
} as const;

/** What a VectorField holds: the places of its values, which are one run, or a span for each row (sparse vectors, lists). */
export interface Vectors {
  /** 0 where the server says nothing. */
  dim: number;
  /** The member of the oneof; 0 when there is none. */
  member: number;
  readonly values: Spans;
  readonly valid: Spans;
}

/** A VectorField without values. */
export function noVectors(): Vectors {
  return { dim: 0, member: 0, values: [], valid: [] };
}

/** Adds the VectorField that `reader` stands before to `into`; `inner` is a reader to use. */
export function collectVectors(reader: ProtoReader, inner: ProtoReader, into: Vectors): void {
  while (reader.next()) {
    const { field } = reader;
    if (field === VECTOR.dim) into.dim = Number(reader.int64());
    else if (field === VECTOR.validData) reader.packed(into.valid, VARINT);
    else if (field < VECTOR.validData) collectMember(reader, inner, into);
  }
}

function collectMember(reader: ProtoReader, inner: ProtoReader, into: Vectors): void {
  const { field } = reader;
  reader.expectDelimited();
  const merges = field === VECTOR.FloatVector || field === VECTOR.SparseFloatVector || field === VECTOR.list;
  if (field !== into.member || !merges) {
    into.member = field;
    into.values.length = 0;
  }
  if (!merges) {
    if (reader.end > reader.start) reader.span(into.values);
    return;
  }
  inner.reset(reader.start, reader.end);
  while (inner.next()) {
    if (field === VECTOR.FloatVector) {
      if (inner.field === 1) inner.packed(into.values, FIXED32);
    } else if (field === VECTOR.SparseFloatVector) {
      if (inner.field === 1) inner.span(into.values);
    } else if (inner.field === 1) into.dim = Number(inner.int64());
    else if (inner.field === 2) inner.span(into.values);
  }
}

/** Fails unless `vectors` may hold values of `type`. */
export function checkVectors(type: LogicalType, { member, dim }: Vectors): void {
  if (member !== 0 && member !== VECTOR[type.kind as keyof typeof VECTOR]) {
    const [name = member] = Object.entries(VECTOR).find(([, number]) => number === member) ?? [];
    throw malformed(`the values of a ${type.kind} field came as ${name} values`);
  }
  if (isDenseVector(type) && dim !== 0 && dim !== type.dim) {
    throw malformed(`vectors of dimension ${dim} came where the schema says ${type.dim}`);
  }
}

/** The values as a column of `type`, before nulls. */
export function vectorColumn(bytes: Bytes, type: LogicalType, vectors: Vectors): Column {
  checkVectors(type, vectors);
  const { values } = vectors;
  if (type.kind !== 'SparseFloatVector') return fixedValues(bytes, type, values);
  for (let s = 0; s < values.length; s += 2) {
    if ((values[s + 1] - values[s]) % 8 !== 0) {
      throw malformed('a sparse vector is no list of pairs', values[s]);
    }
  }
  return textColumn(bytes, type, values);
}

/** How many vectors of the dense `type` lie in `values`. */
export function countVectors(type: LogicalType, values: Spans): number {
  const encoding = encodingOf(type);
  if (encoding.layout !== 'fixed') throw malformed(`${type.kind} has no place in a struct`);
  const rowBytes = encoding.stride * encoding.array.BYTES_PER_ELEMENT;
  let total = 0;
  for (let s = 0; s < values.length; s += 2) total += values[s + 1] - values[s];
  if (total % rowBytes !== 0) throw malformed(`${total} bytes are no whole number of vectors`, values[0]);
  return total / rowBytes;
}
