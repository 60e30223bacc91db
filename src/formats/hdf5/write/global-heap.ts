/**
 * Values of variable length: objects in collections of the global heap (HDF5 file format specification, version 3.0, section III.E),
 * to which 16 bytes in a data set or attribute refer.
 */
import type { FileSpace } from './file-space.ts';

/** Takes values and says where they are. */
export interface GlobalHeap {
  /**
   * Stores `bytes` from `start` to `end`, a value of `count` elements, and puts the reference to it into `references` at `row`.
   * An empty value takes no space: its reference is all zeros, as HDF5 has it.
   */
  store(value: Span, count: number, references: Uint32Array, row: number): void;
  /** Writes what is kept back. */
  finish(): void;
}

/** Some bytes of a larger array. */
export interface Span {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** 32-bit words of a reference: elements, address (two words), number of the object in its collection. */
export const REFERENCE_WORDS = 4;

const HEAD_BYTES = 16;
/** The library takes no smaller ones. */
const SMALLEST = 4096;
/** The library reads a collection as a whole, and it holds far fewer objects than their 16-bit numbers allow. */
const LARGEST = 64 * 1024;
/** A value of more bytes has a collection to itself, so that no more than this is left unused at the end of one. */
const ALONE = LARGEST / 4;
const SIGNATURE_AND_VERSION = [0x47, 0x43, 0x4f, 0x4c, 1];

/** A heap at the end of `space`. The collections grow with what is stored. */
export function globalHeap(space: FileSpace): GlobalHeap {
  const buffer = new Uint8Array(LARGEST);
  const words = new Uint32Array(buffer.buffer);
  let [address, size, used, objects] = [0, 0, 0, 0];
  const close = (): void => {
    if (size === 0) return;
    buffer.fill(0, used, size);
    // What is left is an object of its own, unless it is too small for one.
    if (size - used >= HEAD_BYTES) words[used / 4 + 2] = size - used;
    space.write(buffer.subarray(0, size), address);
  };
  const open = (bytes: number): void => {
    close();
    size = Math.max(SMALLEST, Math.min(LARGEST, size * 2));
    while (size < HEAD_BYTES + bytes) size *= 2;
    address = space.allocate(size);
    buffer.set(collectionHead(size));
    [used, objects] = [HEAD_BYTES, 0];
  };
  return {
    store({ bytes, start, end }, count, references, row) {
      const length = end - start;
      if (length === 0) {
        references.fill(0, row * REFERENCE_WORDS, (row + 1) * REFERENCE_WORDS);
        return;
      }
      const needed = HEAD_BYTES + paddedLength(length);
      if (needed > ALONE) {
        refer(references, row, count, storeAlone(space, bytes.subarray(start, end)), 1);
        return;
      }
      if (needed > size - used) open(needed);
      const word = used / 4;
      words[word] = ++objects;
      words[word + 1] = 0;
      words[word + 2] = length;
      words[word + 3] = 0;
      words[(used + needed) / 4 - 1] = 0;
      words[(used + needed) / 4 - 2] = 0;
      copy(bytes, start, end, buffer, used + HEAD_BYTES);
      used += needed;
      refer(references, row, count, address, objects);
    },
    finish() {
      close();
      size = 0;
      used = 0;
    },
  };
}

function refer(references: Uint32Array, row: number, count: number, address: number, object: number): void {
  const at = row * REFERENCE_WORDS;
  references[at] = count;
  references[at + 1] = address;
  references[at + 2] = address / 2 ** 32;
  references[at + 3] = object;
}

/** A call costs more than moving a few bytes. */
const FEW_BYTES = 32;

function copy(bytes: Uint8Array, start: number, end: number, target: Uint8Array, at: number): void {
  if (end - start > FEW_BYTES) target.set(bytes.subarray(start, end), at);
  else for (let i = start; i < end; i++) target[at + i - start] = bytes[i];
}

/** A collection of one object; returns its address. */
function storeAlone(space: FileSpace, value: Uint8Array): number {
  const size = 2 * HEAD_BYTES + paddedLength(value.length);
  const head = new Uint8Array(2 * HEAD_BYTES);
  const view = new DataView(head.buffer);
  head.set(collectionHead(size));
  view.setUint16(HEAD_BYTES, 1, true);
  view.setBigUint64(HEAD_BYTES + 8, BigInt(value.length), true);
  const address = space.append(head);
  space.append(value);
  const padding = size - head.length - value.length;
  if (padding > 0) space.append(new Uint8Array(padding));
  return address;
}

function collectionHead(size: number): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES);
  head.set(SIGNATURE_AND_VERSION);
  new DataView(head.buffer).setBigUint64(8, BigInt(size), true);
  return head;
}

function paddedLength(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
