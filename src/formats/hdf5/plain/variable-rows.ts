/** Reads rows of texts and lists: references in a data set, and what they lead to in the global heap. */
import { roomFor, usedUp } from '../../../core/batch-memory.ts';
import { MAX_OFFSET } from '../../../core/column.ts';
import { VtsError } from '../../../errors.ts';
import type { ByteSource } from '../../../stores/bytes.ts';
import type { Slab } from '../h5-file.ts';
import { DAMAGED } from '../library/h5-error.ts';
import { holdsReferences } from './data-type.ts';
import { objectStart } from './heap.ts';
import type { Heap } from './heap-reader.ts';
import type { PlainDataset } from './objects.ts';
import { readRows } from './rows.ts';

/**
 * Values as HDF5's library would put them into memory, all numbers of 32 bits: pointers to texts that a NUL ends, or lengths and
 * pointers to lists.
 */
export interface Values {
  readonly words: Uint32Array<ArrayBuffer>;
  /** What they point into; 0 points to nothing. */
  readonly heap: Uint8Array<ArrayBuffer>;
}

/** What is read, for messages too. */
interface Rows {
  readonly source: ByteSource;
  readonly heap: Heap;
  readonly slab: Slab;
}

/** A length (32 bits), an address (64 bits) and a number (32 bits). */
const REFERENCE_WORDS = 4;
const REFERENCE_BYTES = 16;
/** Where the heap of {@linkcode Values} begins, so that nothing is at 0, and references in it are aligned. */
const HEAP_START = 16;

/** The values of the rows. @throws VtsError InputTruncated, InputMalformed, MemoryLimit */
export async function readVariableRows(rows: Rows, dataset: PlainDataset): Promise<Values> {
  const stored = roomFor(rows.slab.rows * dataset.rowBytes);
  await readRows(rows.source, dataset, rows.slab, stored);
  const references = new Uint32Array(stored.buffer, 0, stored.length / 4);
  const element = dataset.info.vlen_type;
  const values = element === undefined
    ? texts(rows, references)
    : holdsReferences(element)
    ? listsOfTexts(rows, references)
    : lists(rows, references, element.size);
  usedUp(stored);
  return values;
}

function texts(rows: Rows, references: Uint32Array): Values {
  const heap = new Uint8Array(heapBytes(rows, references, 1, 1));
  const words = new Uint32Array(references.length / REFERENCE_WORDS);
  let end = HEAP_START;
  for (let i = 0; i < words.length; i++) {
    const bytes = valueAt(rows, references, i, 1);
    if (bytes === undefined) continue;
    heap.set(bytes, end);
    words[i] = end;
    end += bytes.length + 1;
  }
  return { words, heap };
}

function lists(rows: Rows, references: Uint32Array, elementBytes: number): Values {
  const heap = new Uint8Array(heapBytes(rows, references, elementBytes, 0));
  const words = new Uint32Array(references.length / REFERENCE_WORDS * 2);
  let end = HEAP_START;
  for (let i = 0; 2 * i < words.length; i++) {
    const bytes = valueAt(rows, references, i, elementBytes);
    if (bytes === undefined) continue;
    heap.set(bytes, end);
    words[2 * i] = bytes.length / elementBytes;
    words[2 * i + 1] = end;
    end += bytes.length;
  }
  return { words, heap };
}

/** The lists hold references, one list after the other; pointers to their texts take their place. */
function listsOfTexts(rows: Rows, references: Uint32Array): Values {
  const { words, heap: stored } = lists(rows, references, REFERENCE_BYTES);
  const { words: pointers, heap: characters } = texts(rows, new Uint32Array(stored.buffer, HEAP_START));
  const heap = new Uint8Array(HEAP_START + pointers.byteLength + characters.length);
  const shift = HEAP_START + pointers.byteLength;
  for (let i = 0; i < pointers.length; i++) if (pointers[i] !== 0) pointers[i] += shift;
  heap.set(new Uint8Array(pointers.buffer), HEAP_START);
  heap.set(characters, shift);
  for (let i = 1; i < words.length; i += 2) {
    if (words[i] !== 0) {
      words[i] = HEAP_START + (words[i] - HEAP_START) / REFERENCE_BYTES * pointers.BYTES_PER_ELEMENT;
    }
  }
  return { words, heap };
}

/** The bytes that reference `i` leads to; `undefined` where there are none. */
function valueAt(
  { heap }: Rows,
  references: Uint32Array,
  i: number,
  elementBytes: number,
): Uint8Array<ArrayBuffer> | undefined {
  const at = i * REFERENCE_WORDS;
  const length = references[at] * elementBytes;
  const address = addressAt(references, at);
  if (length === 0 || address === 0) return undefined;
  const collection = heap.collectionAt(address);
  const start = objectStart(heap, collection, { address, number: references[at + 3], length });
  return new Uint8Array(collection.bytes.buffer, collection.bytes.byteOffset + start, length);
}

function addressAt(references: Uint32Array, at: number): number {
  return references[at + 1] + references[at + 2] * 2 ** 32;
}

/** Bytes of the heap of all values, with `more` behind each. */
function heapBytes(
  { source: { name: file, size }, slab: { dataset, firstRow, rows } }: Rows,
  references: Uint32Array,
  elementBytes: number,
  more: number,
): number {
  let bytes = HEAP_START;
  for (let at = 0; at < references.length; at += REFERENCE_WORDS) {
    const length = references[at] * elementBytes;
    if (length === 0 || addressAt(references, at) === 0) continue;
    bytes += length + more;
    if (length > size!) {
      const where = `${dataset}, rows ${firstRow} to ${firstRow + rows - 1}, in ${file}`;
      throw new VtsError('InputMalformed', `HDF5 cannot read ${where}: a value claims ${length} bytes`, {
        ...{ file, field: dataset, expected: `at most the ${size} bytes of the file`, remedy: DAMAGED },
      });
    }
    if (bytes > MAX_OFFSET) {
      throw new VtsError('MemoryLimit', 'a batch holds more than 2 GiB of one column', {
        ...{ file, field: dataset, remedy: 'use a smaller --batch-bytes' },
      });
    }
  }
  return bytes;
}
