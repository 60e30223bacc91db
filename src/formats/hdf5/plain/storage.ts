/** Where the values of a data set are (HDF5 file format specification, version 3.0, sections IV.A.2.i and IV.A.2.f). */
import { addressAt, expectPlain } from './file-view.ts';
import { MESSAGE } from '../message-types.ts';
import { type Messages, only } from './messages.ts';

/** Where the values of a data set are. */
export type Storage =
  /** One after the other, from `address` on. */
  | { readonly in: 'one-piece'; readonly address: number }
  /** In pieces of these extents, which the B-tree at `index` names; without one, nowhere yet. */
  | { readonly in: 'chunks'; readonly extents: readonly number[]; readonly index: number | undefined };

/** The storage of the data set of `bytes` bytes that has `messages`. @throws NotPlain */
export function readStorage(messages: Messages, size: number, bytes: number): Storage {
  const layout = only(messages, MESSAGE.layout);
  const [contiguous, chunked] = [1, 2];
  const [version, kind] = [layout.getUint8(0), layout.getUint8(1)];
  expectPlain(version === 3 && (kind === contiguous || kind === chunked), 'an unusual layout');
  if (kind === contiguous) {
    const address = addressAt(layout, 2);
    expectPlain(address !== undefined || bytes === 0, 'values that were never written');
    return { in: 'one-piece', address: address ?? 0 };
  }
  const rank = layout.getUint8(2) - 1;
  const extents = Array.from({ length: rank + 1 }, (_, i) => layout.getUint32(11 + i * 4, true));
  expectPlain(extents.pop() === size && !extents.includes(0), 'chunks of other values');
  checkFillValue(messages);
  return { in: 'chunks', extents, index: addressAt(layout, 3) };
}

/** Values that were never written are zeros, unless a data set says otherwise. */
function checkFillValue(messages: Messages): void {
  for (const message of messages.get(MESSAGE.oldFillValue) ?? []) checkZeros(message, 0);
  for (const message of messages.get(MESSAGE.fillValue) ?? []) {
    const version = message.getUint8(0);
    expectPlain(version === 1 || version === 2, 'an unusual fill value');
    if (message.getUint8(3) !== 0) checkZeros(message, 4);
  }
}

/** A length and as many bytes. */
function checkZeros(message: DataView, at: number): void {
  const bytes = message.getUint32(at, true);
  for (let i = 0; i < bytes; i++) expectPlain(message.getUint8(at + 4 + i) === 0, 'a fill value');
}
