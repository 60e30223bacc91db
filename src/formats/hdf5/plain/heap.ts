/** Values of variable length: objects in collections of the global heap (HDF5 file format specification, version 3.0, section III.E). */
import { VtsError } from '../../../errors.ts';
import { DAMAGED } from '../library/h5-error.ts';
import { type FileView, partOf, u64At } from './file-view.ts';

/** A collection. */
export interface Collection {
  readonly bytes: DataView<ArrayBuffer>;
  /** By their numbers, where objects begin in it and how long they are. */
  readonly starts: readonly number[];
  readonly lengths: readonly number[];
}

/** What collections are read from. */
export type HeapFile = Pick<FileView, 'name' | 'at'>;

const HEAD_BYTES = 16;
const OBJECT_HEAD_BYTES = 16;

/**
 * The collection at `address`. What is wrong with it is said here and not left to HDF5's library: there are objects whose lengths it
 * follows in circles, for ever.
 * @throws VtsError InputMalformed
 */
export function readCollection(file: HeapFile, address: number): Collection {
  const head = file.at(address, HEAD_BYTES);
  const known = head.getUint32(0) === 0x47434f4c && head.getUint8(4) === 1;
  if (!known) throw damagedHeap(file, address, 'no collection begins here');
  const bytes = file.at(address, u64At(head, 8));
  const [starts, lengths]: number[][] = [[], []];
  for (let at = HEAD_BYTES; at + OBJECT_HEAD_BYTES <= bytes.byteLength;) {
    const number = bytes.getUint16(at, true);
    // What follows is free.
    if (number === 0) break;
    const length = Number(bytes.getBigUint64(at + 8, true));
    const start = at + OBJECT_HEAD_BYTES;
    if (start + length > bytes.byteLength) {
      throw damagedHeap(file, address + at, `an object claims ${length} bytes`);
    }
    starts[number] = start;
    lengths[number] = length;
    at = start + Math.ceil(length / 8) * 8;
  }
  return { bytes, starts, lengths };
}

/** Where the `length` bytes of object `number` begin in `collection`, which is at `address`. @throws VtsError InputMalformed */
export function objectStart(
  file: HeapFile,
  collection: Collection,
  { address, number, length }: { address: number; number: number; length: number },
): number {
  const start = collection.starts[number];
  if (start !== undefined && length <= collection.lengths[number]) return start;
  throw damagedHeap(file, address, `object ${number} does not hold ${length} bytes`);
}

/** The `length` bytes that the reference (16 bytes) at the start of `value` leads to. @throws NotPlain, VtsError InputMalformed */
export function heapValue(file: FileView, value: DataView<ArrayBuffer>): DataView<ArrayBuffer> {
  const [length, address, number] = [value.getUint32(0, true), u64At(value, 4), value.getUint32(12, true)];
  if (length === 0) return partOf(value, 0, 0);
  const collection = readCollection(file, address);
  return partOf(collection.bytes, objectStart(file, collection, { address, number, length }), length);
}

/** The error for what is wrong at `byte`. */
export function damagedHeap({ name }: HeapFile, byte: number, what: string): VtsError {
  return new VtsError('InputMalformed', `HDF5 cannot read values of variable length in ${name}: ${what}`, {
    ...{ file: name, byte, remedy: DAMAGED },
  });
}
