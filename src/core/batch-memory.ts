/**
 * Memory for the large columns of batches, used again for batch after batch: fresh memory comes page by page from the system, and a
 * collection has to find and return it, which together takes as long as copying the values. Readers take it here; who is done with
 * bytes of it says so.
 */
import { Buffer } from 'node:buffer';
import type { Batch } from './batch.ts';
import { release } from './garbage.ts';

/** Less is not worth the account. */
const WORTH_LENDING = 256 * 1024;
/** Buffers that wait to be used again. */
const MOST_FREE = 4;

/** Bytes of each lent buffer that are still in use. */
const lent = new WeakMap<ArrayBufferLike, number>();
const free: ArrayBuffer[] = [];

/** Room for `bytes` bytes, whose content is arbitrary: its own buffer, so that it is aligned for every typed array. */
export function roomFor(bytes: number): Uint8Array<ArrayBuffer> {
  if (bytes < WORTH_LENDING) return new Uint8Array(bytes);
  const fitting = free.findIndex((buffer) => buffer.byteLength === bytes);
  const buffer = fitting < 0
    ? Buffer.allocUnsafeSlow(bytes).buffer as ArrayBuffer
    : free.splice(fitting, 1)[0];
  lent.set(buffer, bytes);
  return new Uint8Array(buffer);
}

/** Tells that nobody will look at `bytes` again. Once this was said of each byte of a buffer, exactly once, the buffer is used again. */
export function usedUp({ buffer, byteLength }: ArrayBufferView): void {
  const inUse = lent.get(buffer);
  if (inUse === undefined) return;
  lent.set(buffer, inUse - byteLength);
  if (inUse > byteLength) return;
  lent.delete(buffer);
  if (free.push(buffer as ArrayBuffer) > MOST_FREE) free.shift();
  // Those who move rows tell that they are garbage; this is not.
  else release(-buffer.byteLength);
}

/** {@linkcode usedUp} for the values of `batch`, as far as they are of a fixed size: slices of others share their bytes. */
export function batchUsedUp({ columns }: Batch): void {
  for (const { values, offsets } of columns) if (offsets === null) usedUp(values);
}

/** Takes columns that share memory out of the account: whoever is done with one of them may not be with the other. */
export function keepShared({ columns }: Batch): void {
  const buffers = new Set<ArrayBufferLike>();
  for (const { values: { buffer } } of columns) {
    if (buffers.has(buffer)) lent.delete(buffer);
    buffers.add(buffer);
  }
}
