/** Appends rows to one data set, through the library's memory. */
import { getBit } from '../../core/bitmap.ts';
import {
  type Column,
  encodingOf,
  firstNull,
  listElements,
  sliceColumn,
  valueBytes,
} from '../../core/column.ts';
import type { Field } from '../../core/schema.ts';
import { VtsError } from '../../errors.ts';
import type { H5File } from './h5-file.ts';
import { storedType } from './column-type.ts';
import { typeSize } from './file-type.ts';

/** Appends the rows of columns of one field. */
export interface ColumnWriter {
  write(column: Column): void;
  /** Writes what is kept back. */
  finish(): void;
}

/** What one call of the library is given at most, a single row aside. */
const MOST_BYTES = 16 * 2 ** 20;

/** A writer to the empty data set at `path`. */
export function columnWriter(file: H5File, path: string, field: Field, chunkRows: number): ColumnWriter {
  const { layout } = encodingOf(field.type);
  const writer = layout === 'fixed' || layout === 'bits'
    ? fixedWriter(file, path, field, chunkRows)
    : variableWriter(file, path, field);
  let rows = 0;
  return {
    write(column) {
      const row = firstNull(column);
      if (row >= 0) {
        throw new VtsError('RowInvalid', `HDF5 cannot hold nulls, and "${field.name}" has one`, {
          row: rows + row,
          field: field.name,
          remedy: `leave the column out with --fields, or write another format`,
        });
      }
      if (column.length > 0) writer.write(column);
      rows += column.length;
    },
    finish: writer.finish,
  };
}

/** Rows of a fixed size: written by whole chunks, each once. */
function fixedWriter(file: H5File, path: string, { type }: Field, chunkRows: number): ColumnWriter {
  const { type: stored, width } = storedType(type);
  const rowBytes = typeSize(stored) * (width ?? 1);
  const inner = width === undefined ? [] : [width];
  const chunk = new Uint8Array(chunkRows * rowBytes);
  const piece = Math.max(1, Math.floor(MOST_BYTES / chunk.length)) * chunk.length;
  let kept = 0;
  let written = 0;
  const append = (bytes: Uint8Array): void => {
    const rows = bytes.length / rowBytes;
    const pointer = file.scratch(bytes.length);
    file.heap().set(bytes, pointer);
    file.resize(path, [written + rows, ...inner]);
    file.writeSlab({ dataset: path, firstRow: written, rows, inner }, pointer);
    written += rows;
  };
  return {
    write(column) {
      const bytes = column.type.kind === 'Bool' ? expandBits(column) : valueBytes(column);
      for (let at = 0; at < bytes.length;) {
        const whole = Math.min(piece, bytes.length - at - (bytes.length - at) % chunk.length);
        if (kept === 0 && whole > 0) {
          append(bytes.subarray(at, at + whole));
          at += whole;
          continue;
        }
        const taken = Math.min(chunk.length - kept, bytes.length - at);
        chunk.set(bytes.subarray(at, at + taken), kept);
        at += taken;
        kept += taken;
        if (kept === chunk.length) {
          append(chunk);
          kept = 0;
        }
      }
    },
    finish() {
      if (kept > 0) append(chunk.subarray(0, kept));
      kept = 0;
    },
  };
}

/** Rows of any size: pointers to values, both in the library's memory. */
function variableWriter(file: H5File, path: string, field: Field): ColumnWriter {
  let written = 0;
  const append = (column: Column): void => {
    const rows = column.length;
    if (rows > 1 && valueSize(column) > MOST_BYTES) {
      append(sliceColumn(column, 0, rows >>> 1));
      append(sliceColumn(column, rows >>> 1, rows));
      return;
    }
    const pointer = file.scratch(valueSize(column));
    storeRows(file.heap(), pointer, column, (row, problem) => {
      throw new VtsError('RowInvalid', `${problem}, and "${field.name}" has one`, {
        row: written + row,
        field: field.name,
        remedy: 'leave the column out with --fields, or write another format',
      });
    });
    file.resize(path, [written + rows]);
    file.writeSlab({ dataset: path, firstRow: written, rows, inner: [] }, pointer);
    written += rows;
  };
  return { write: append, finish: () => {} };
}

type Refuse = (row: number, problem: string) => never;

/** Bytes that {@linkcode storeRows} takes. */
function valueSize(column: Column): number {
  if (column.children.length > 0) {
    const child = listElements(column, column.children[0]);
    const values = child.offsets !== null
      ? valueSize(child)
      : child.length * typeSize(storedType(child.type).type);
    return column.length * 8 + values;
  }
  return column.length * 8 + valueBytes(column).length + column.length;
}

/** Stores rows at `pointer`: first what the library takes for each, then what that points to. */
function storeRows(heap: Uint8Array<ArrayBuffer>, pointer: number, column: Column, refuse: Refuse): void {
  if (column.children.length > 0) storeLists(heap, pointer, column, refuse);
  else if (column.type.kind === 'SparseFloatVector') {
    const values = pointer + column.length * 8;
    heap.set(valueBytes(column), values);
    storeSpans(heap, pointer, column.offsets!, values, 8, 1);
  } else storeTexts(heap, pointer, column, refuse);
}

/** A pointer a row to its text and the NUL that ends it. */
function storeTexts(heap: Uint8Array<ArrayBuffer>, pointer: number, column: Column, refuse: Refuse): void {
  const offsets = column.offsets!;
  const bytes = valueBytes(column);
  const nul = bytes.indexOf(0);
  if (nul >= 0) {
    let row = 0;
    while (offsets[row + 1] - offsets[0] <= nul) row++;
    refuse(row, 'HDF5 texts end at the first NUL character');
  }
  const pointers = new Uint32Array(heap.buffer, pointer, column.length);
  let at = pointer + column.length * 8;
  for (let row = 0; row < column.length; row++) {
    const text = bytes.subarray(offsets[row] - offsets[0], offsets[row + 1] - offsets[0]);
    pointers[row] = at;
    heap.set(text, at);
    at += text.length;
    heap[at++] = 0;
  }
}

/** A length and a pointer a row to its elements. */
function storeLists(heap: Uint8Array<ArrayBuffer>, pointer: number, column: Column, refuse: Refuse): void {
  const elements = listElements(column, column.children[0]);
  const offsets = column.offsets!;
  const rowOf = (element: number): number => {
    let row = 0;
    while (offsets[row + 1] - offsets[0] <= element) row++;
    return row;
  };
  const missing = firstNull(elements);
  if (missing >= 0) refuse(rowOf(missing), 'HDF5 cannot hold nulls');
  const values = pointer + column.length * 8;
  if (elements.offsets !== null) {
    storeRows(heap, values, elements, (element, problem) => refuse(rowOf(element), problem));
    storeSpans(heap, pointer, offsets, values, 1, POINTER_BYTES);
  } else {
    heap.set(elements.type.kind === 'Bool' ? expandBits(elements) : valueBytes(elements), values);
    storeSpans(heap, pointer, offsets, values, 1, typeSize(storedType(elements.type).type));
  }
}

const POINTER_BYTES = 4;

/** (length, pointer) pairs for rows that lie one after the other from `values` on. */
function storeSpans(
  heap: Uint8Array<ArrayBuffer>,
  pointer: number,
  offsets: Int32Array,
  values: number,
  perElement: number,
  elementBytes: number,
): void {
  const pairs = new Uint32Array(heap.buffer, pointer, (offsets.length - 1) * 2);
  for (let row = 0; row < offsets.length - 1; row++) {
    pairs[2 * row] = (offsets[row + 1] - offsets[row]) / perElement;
    pairs[2 * row + 1] = values + (offsets[row] - offsets[0]) * elementBytes;
  }
}

/** A byte for each bit of a Bool column. */
function expandBits(column: Column): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(column.length);
  for (let row = 0; row < column.length; row++) bytes[row] = getBit(column.values as Uint8Array, row) ? 1 : 0;
  return bytes;
}
