/** Values of variable length: objects in the global heap (HDF5 file format specification, version 3.0, section III.E). */
import { expectPlain, type FileView, partOf, u64At } from './file-view.ts';

const HEAD_BYTES = 16;
const OBJECT_HEAD_BYTES = 16;

/** The `length` bytes that the reference (16 bytes) at the start of `value` leads to. @throws NotPlain */
export function heapValue(file: FileView, value: DataView<ArrayBuffer>): DataView<ArrayBuffer> {
  const [length, address, number] = [value.getUint32(0, true), u64At(value, 4), value.getUint32(12, true)];
  if (length === 0) return partOf(value, 0, 0);
  const head = file.at(address, HEAD_BYTES);
  expectPlain(head.getUint32(0) === 0x47434f4c && head.getUint8(4) === 1, 'no collection of a global heap');
  const collection = file.at(address, u64At(head, 8));
  for (let at = HEAD_BYTES; at + OBJECT_HEAD_BYTES <= collection.byteLength;) {
    const found = collection.getUint16(at, true);
    const bytes = u64At(collection, at + 8);
    if (found === number) {
      expectPlain(length <= bytes, 'a value that is longer than its object');
      return partOf(collection, at + OBJECT_HEAD_BYTES, length);
    }
    expectPlain(found !== 0, 'an object that is not in its collection');
    at += OBJECT_HEAD_BYTES + Math.ceil(bytes / 8) * 8;
  }
  expectPlain(false, 'an object that is not in its collection');
}
