/**
 * `FieldData` of an insert: a column of a batch on the wire. Bytes of vectors, numbers and texts are copied once, into the
 * request. Values of null rows are left out; which rows are null is said beside them.
 */
import { getBit } from '../../../core/bitmap.ts';
import { type Column, firstNull, isNull, listElements, valueBytes } from '../../../core/column.ts';
import type { Field } from '../../../core/schema.ts';
import { formatTimestamp } from '../../../core/time.ts';
import { isVector, type LogicalType } from '../../../core/types.ts';
import { columnFromValues } from '../../../core/values.ts';
import { VtsError } from '../../../errors.ts';
import { ARRAY_OF_VECTOR, DATA_TYPES, dataTypeOf } from './data-type.ts';
import { withEmptyObjects } from './decode-field.ts';
import { SCALAR } from './decode-scalars.ts';
import { VECTOR } from './decode-vectors.ts';
import {
  boolField,
  delimited,
  delimitedBytes,
  group,
  NOTHING,
  type Part,
  rawPart,
  stringField,
  uintField,
  writeDelimiter,
} from './encode.ts';
import { withoutNulls } from './nulls.ts';
import { type Integers, varintsBytes, writeVarints } from './varint.ts';

/** Values of a column as the content of a member of ScalarField or VectorField, any range of rows of them. */
interface Content {
  readonly member: number;
  size(from: number, to: number): number;
  write(out: Uint8Array, at: number, from: number, to: number): number;
}

/**
 * A column as FieldData. Nulls are allowed where `field`, as the target has it, is nullable or has a default.
 * @throws VtsError RowInvalid for a null elsewhere, and for a time that no text can say
 */
export function encodeField(field: Field, column: Column): Part {
  const { name, type } = field;
  const full = field.dynamic && column.validity !== null ? withEmptyObjects(column) : column;
  const mayBeNull = (field.nullable || field.defaultValue !== undefined) && !field.dynamic;
  const row = mayBeNull ? -1 : firstNull(full);
  if (row >= 0) {
    throw new VtsError('RowInvalid', 'a null, where the target allows none', { field: name, row });
  }
  const valid = mayBeNull && full.length > 0 ? delimited(7, rawPart(validBytes(full))) : NOTHING;
  const head = group([uintField(1, dataTypeOf(type)), stringField(2, name)]);
  if (type.kind === 'StructArray') return group([head, structsPart(type.fields, withoutNulls(full), valid)]);
  return group([head, valuesPart(field, full), boolField(6, field.dynamic === true), valid]);
}

function valuesPart({ name, type }: Field, column: Column): Part {
  const values = withoutNulls(type.kind === 'Timestamptz' ? timesAsText(name, column) : column);
  if (type.kind === 'Array') {
    const rows = listPart(name, values, values.children[0], type.element);
    return delimited(3, delimited(SCALAR.array, rows, uintField(2, dataTypeOf(type.element))));
  }
  const content = contentOf(type, values);
  if (!isVector(type)) return delimited(3, contentPart(content, values.length));
  if (type.kind !== 'SparseFloatVector') {
    return delimited(4, dimPart(type), contentPart(content, values.length));
  }
  const dim = sparseDim(values);
  return delimited(
    4,
    uintField(1, dim),
    contentPart(content, values.length, uintField(2, dim)),
  );
}

/** A struct array: each field of the struct as a list a row. Which rows are null is said with each of them. */
function structsPart(fields: readonly Field[], column: Column, valid: Part): Part {
  return delimited(
    8,
    ...fields.map(({ name, type }, i) => {
      const rows = listPart(name, column, column.children[i], type);
      const element = dataTypeOf(type);
      const dim = isVector(type) ? dimPart(type) : NOTHING;
      return isVector(type)
        ? delimited(
          1,
          uintField(1, ARRAY_OF_VECTOR),
          stringField(2, name),
          delimited(4, dim, delimited(VECTOR.list, dim, rows, uintField(3, element))),
          valid,
        )
        : delimited(
          1,
          uintField(1, DATA_TYPES.Array),
          stringField(2, name),
          delimited(3, delimited(SCALAR.array, rows, uintField(2, element))),
          valid,
        );
    }),
  );
}

/** A ScalarField or a VectorField for each row of `list`, with its part of `child`. */
function listPart(name: string, list: Column, child: Column, type: LogicalType): Part {
  const offsets = list.offsets!;
  if (firstNull(listElements(list, child)) >= 0) {
    throw new VtsError('RowInvalid', 'a null within a list, which Milvus does not take', { field: name });
  }
  const prefix = isVector(type) ? dimPart(type) : NOTHING;
  const field = isVector(type) ? 2 : 1;
  const content = contentOf(type, type.kind === 'Timestamptz' ? timesAsText(name, child) : child);
  const rowBytes = (inner: number) => prefix.size + delimitedBytes(content.member, inner);
  let size = 0;
  for (let row = 0; row < list.length; row++) {
    size += delimitedBytes(field, rowBytes(content.size(offsets[row], offsets[row + 1])));
  }
  return {
    size,
    write(out, at) {
      for (let row = 0; row < list.length; row++) {
        const inner = content.size(offsets[row], offsets[row + 1]);
        at = prefix.write(out, writeDelimiter(out, at, field, rowBytes(inner)));
        at = writeDelimiter(out, at, content.member, inner);
        at = content.write(out, at, offsets[row], offsets[row + 1]);
      }
      return at;
    },
  };
}

/** All `length` rows of `content` as its member, with `suffix` after them. */
function contentPart(content: Content, length: number, suffix: Part = NOTHING): Part {
  const size = content.size(0, length);
  return delimited(
    content.member,
    { size, write: (out, at) => content.write(out, at, 0, length) },
    suffix,
  );
}

/** How the values of `column`, which has no nulls, are written as `type`. */
function contentOf(type: LogicalType, column: Column): Content {
  switch (type.kind) {
    case 'Bool':
      return packed(SCALAR.bool, (from, to) => to - from, (out, at, from, to) => {
        for (let i = from; i < to; i++) out[at++] = getBit(column.values as Uint8Array, i) ? 1 : 0;
        return at;
      });
    case 'Int8':
    case 'Int16':
    case 'Int32':
    case 'Int64': {
      const values = column.values as Integers;
      return packed(
        type.kind === 'Int64' ? SCALAR.long : SCALAR.int,
        (from, to) => varintsBytes(values, from, to),
        (out, at, from, to) => writeVarints(out, at, values, from, to),
      );
    }
    case 'Float':
      return packedBytes(SCALAR.float, column, 4);
    case 'Double':
      return packedBytes(SCALAR.double, column, 8);
    case 'VarChar':
    case 'Timestamptz':
      return texts(SCALAR.string, column);
    case 'JSON':
      return texts(SCALAR.json, column);
    case 'Geometry':
      return texts(SCALAR.wkt, column);
    case 'SparseFloatVector':
      return texts(VECTOR.SparseFloatVector, column);
    case 'FloatVector':
      return packedBytes(VECTOR.FloatVector, column, 4 * type.dim);
    case 'BinaryVector':
      return bytesOf(VECTOR.BinaryVector, column, type.dim / 8);
    case 'Int8Vector':
      return bytesOf(VECTOR.Int8Vector, column, type.dim);
    case 'Float16Vector':
    case 'BFloat16Vector':
      return bytesOf(VECTOR[type.kind], column, 2 * type.dim);
    default:
      throw new TypeError(`no values of ${type.kind} can be written`);
  }
}

/** A message whose field 1 is one packed run; without values it is empty. */
function packed(member: number, sizeOf: Content['size'], write: Content['write']): Content {
  // The size is asked for twice in a row, and varints are slow to measure.
  const last = { from: -1, to: -1, size: 0 };
  const size = (from: number, to: number) => {
    if (from !== last.from || to !== last.to) Object.assign(last, { from, to, size: sizeOf(from, to) });
    return last.size;
  };
  return {
    member,
    size: (from, to) => from === to ? 0 : delimitedBytes(1, size(from, to)),
    write: (out, at, from, to) =>
      from === to ? at : write(out, writeDelimiter(out, at, 1, size(from, to)), from, to),
  };
}

function packedBytes(member: number, column: Column, rowBytes: number): Content {
  const { size, write } = bytesOf(member, column, rowBytes);
  return packed(member, size, write);
}

function bytesOf(member: number, column: Column, rowBytes: number): Content {
  const bytes = valueBytes(column);
  return {
    member,
    size: (from, to) => (to - from) * rowBytes,
    write(out, at, from, to) {
      out.set(bytes.subarray(from * rowBytes, to * rowBytes), at);
      return at + (to - from) * rowBytes;
    },
  };
}

/** Below this, a loop over the bytes is quicker than a view and a copy. */
const SHORT = 48;

/** A message whose field 1 is a text for each row. */
function texts(member: number, { offsets, values }: Column): Content {
  const bytes = values as Uint8Array;
  return {
    member,
    size(from, to) {
      let size = 0;
      for (let i = from; i < to; i++) size += delimitedBytes(1, offsets![i + 1] - offsets![i]);
      return size;
    },
    write(out, at, from, to) {
      for (let i = from; i < to; i++) {
        const start = offsets![i];
        const end = offsets![i + 1];
        at = writeDelimiter(out, at, 1, end - start);
        if (end - start < SHORT) { for (let b = start; b < end; b++) out[at++] = bytes[b]; }
        else {
          out.set(bytes.subarray(start, end), at);
          at += end - start;
        }
      }
      return at;
    },
  };
}

/** Times as the server takes them, RFC 3339. */
function timesAsText(name: string, column: Column): Column {
  const times = column.values as BigInt64Array;
  const list = Array.from({ length: column.length }, (_, row) => {
    if (isNull(column, row)) return null;
    const text = formatTimestamp(times[row]);
    if (text !== undefined) return text;
    throw new VtsError('RowInvalid', `the time ${times[row]} (microseconds since 1970) cannot be written`, {
      field: name,
      row,
      expected: 'a time from the year 1 to 9999',
    });
  });
  return columnFromValues({ kind: 'VarChar' }, list);
}

function dimPart(type: LogicalType): Part {
  return 'dim' in type ? uintField(VECTOR.dim, type.dim) : NOTHING;
}

/** One more than the largest index; indices rise within a row. */
function sparseDim({ offsets, values, length }: Column): number {
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  let dim = 0;
  for (let row = 0; row < length; row++) {
    if (offsets![row + 1] > offsets![row]) {
      dim = Math.max(dim, view.getUint32(offsets![row + 1] - 8, true) + 1);
    }
  }
  return dim;
}

/** A flag a row, a byte each, as packed bools are. */
function validBytes(column: Column): Uint8Array {
  const bytes = new Uint8Array(column.length).fill(1);
  if (column.validity === null) return bytes;
  for (let row = 0; row < column.length; row++) if (!getBit(column.validity, row)) bytes[row] = 0;
  return bytes;
}
