/** Growing arrays for columns whose size is not known ahead. */
import { VtsError } from '../../errors.ts';
import { MAX_OFFSET } from '../../core/column.ts';

/** Bytes appended one after the other. */
export interface ByteStore {
  bytes: Uint8Array<ArrayBuffer>;
  /** Over the same memory. */
  view: DataView;
  length: number;
}

/** An empty store. */
export function byteStore(capacity = 1024): ByteStore {
  const bytes = new Uint8Array(capacity);
  return { bytes, view: new DataView(bytes.buffer), length: 0 };
}

/** Empties `store` and gives up its memory, which a column may hold. */
export function release(store: ByteStore): void {
  Object.assign(store, byteStore(0));
}

/** Makes room for `more` bytes. @throws VtsError MemoryLimit past what one column of a batch can hold */
export function reserve(store: ByteStore, more: number): void {
  const needed = store.length + more;
  if (needed <= store.bytes.length) return;
  if (needed > MAX_OFFSET) throw new VtsError('MemoryLimit', 'a batch holds more than 2 GiB of one column');
  const grown = new Uint8Array(Math.min(MAX_OFFSET, Math.max(needed, store.bytes.length * 2)));
  grown.set(store.bytes.subarray(0, store.length));
  store.bytes = grown;
  store.view = new DataView(grown.buffer);
}

/** Appends `source[start .. end)`. */
export function append(store: ByteStore, source: Uint8Array, start: number, end: number): void {
  const length = end - start;
  reserve(store, length);
  const { bytes } = store;
  if (length > 64) bytes.set(source.subarray(start, end), store.length);
  else for (let i = 0, at = store.length; i < length; i++) bytes[at + i] = source[start + i];
  store.length += length;
}

/** Appends one byte. */
export function putByte(out: ByteStore, byte: number): void {
  reserve(out, 1);
  out.bytes[out.length++] = byte;
}
