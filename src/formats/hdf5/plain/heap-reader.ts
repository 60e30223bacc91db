/** The global heap of a file, read as rows need it. */
import { release } from '../../../core/garbage.ts';
import type { ByteSource } from '../../../stores/bytes.ts';
import { readExactly } from '../read-exactly.ts';
import { type Collection, damagedHeap, type HeapFile, readCollection } from './heap.ts';

/** The global heap. */
export interface Heap extends HeapFile {
  /** @throws VtsError InputMalformed, InputTruncated */
  collectionAt(address: number): Collection;
}

/** Collections lie beside each other; most are of 4 KiB. */
const WINDOW = 64 * 1024;
/** The collections of so many bytes are kept: references need not be in the order of what they lead to. */
const KEPT_BYTES = 16 * 2 ** 20;

/** The global heap of `source`, whose size is known. */
export function openHeap(source: ByteSource): Heap {
  const { name } = source;
  const size = source.size!;
  const collections = new Map<number, Collection>();
  let kept = 0;
  let window = new Uint8Array();
  let start = 0;
  let lastAddress: number | undefined;
  let last: Collection | undefined;
  const heap: Heap = {
    name,
    at(address, length) {
      if (address + length > size) throw damagedHeap(heap, address, `${length} bytes are claimed of ${size}`);
      if (address < start || address + length > start + window.length) {
        if (kept > KEPT_BYTES) {
          collections.clear();
          release(kept);
          kept = 0;
        }
        window = new Uint8Array(Math.max(length, Math.min(WINDOW, size - address)));
        start = address;
        kept += window.length;
        readExactly(source, window, address);
      }
      return new DataView(window.buffer, address - start, length);
    },
    collectionAt(address) {
      if (last !== undefined && address === lastAddress) return last;
      let collection = collections.get(address);
      if (collection === undefined) collections.set(address, collection = readCollection(heap, address));
      [lastAddress, last] = [address, collection];
      return collection;
    },
  };
  return heap;
}
