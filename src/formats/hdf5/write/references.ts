/** Rows of variable length: their values go into the global heap, and a reference a row remains. */
import { type Column, firstNull, listElements, valueBytes } from '../../../core/column.ts';
import { storedBytes } from './stored-bytes.ts';
import { typeSize } from './file-type.ts';
import { storedType } from './column-type.ts';
import { type GlobalHeap, REFERENCE_WORDS } from './global-heap.ts';

/** Ends the writing because of a row. */
export type Refuse = (row: number, problem: string) => never;

const PAIR_BYTES = 8;

/** Stores the values of `column` (texts, lists or sparse vectors); returns the references to them, four words a row. */
export function storeValues(heap: GlobalHeap, column: Column, refuse: Refuse): Uint32Array<ArrayBuffer> {
  if (column.children.length > 0) return storeLists(heap, column, refuse);
  const bytes = valueBytes(column);
  if (column.type.kind === 'SparseFloatVector') return storeSpans(heap, column, bytes, 1, PAIR_BYTES);
  const nul = bytes.indexOf(0);
  if (nul >= 0) refuse(rowOf(column, nul), 'HDF5 texts end at the first NUL character');
  return storeSpans(heap, column, bytes, 1, 1);
}

function storeLists(heap: GlobalHeap, column: Column, refuse: Refuse): Uint32Array<ArrayBuffer> {
  const elements = listElements(column, column.children[0]);
  const missing = firstNull(elements);
  if (missing >= 0) refuse(rowOf(column, missing), 'HDF5 cannot hold nulls');
  const size = typeSize(storedType(elements.type).type);
  const bytes = elements.offsets === null ? storedBytes(elements) : bytesOf(
    storeValues(heap, elements, (element, problem) => refuse(rowOf(column, element), problem)),
  );
  return storeSpans(heap, column, bytes, size, size);
}

/** Stores what the offsets of `column` cut `bytes` into; an offset counts `unit` bytes. */
function storeSpans(
  heap: GlobalHeap,
  column: Column,
  bytes: Uint8Array,
  unit: number,
  elementBytes: number,
): Uint32Array<ArrayBuffer> {
  const offsets = column.offsets!;
  const references = new Uint32Array(column.length * REFERENCE_WORDS);
  const span = { bytes, start: 0, end: 0 };
  for (let row = 0; row < column.length; row++) {
    span.start = (offsets[row] - offsets[0]) * unit;
    span.end = (offsets[row + 1] - offsets[0]) * unit;
    heap.store(span, (span.end - span.start) / elementBytes, references, row);
  }
  return references;
}

/** The row of `column` that the value at `position` from its first on belongs to. */
function rowOf({ offsets }: Column, position: number): number {
  let row = 0;
  while (offsets![row + 1] - offsets![0] <= position) row++;
  return row;
}

/** The bytes of `words`. */
export function bytesOf(words: Uint32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
