/** Filters that chunks have gone through (HDF5 file format specification, version 3.0, section IV.A.2.l). */
import { inflateSync } from 'node:zlib';
import { VtsError } from '../../../errors.ts';
import { expectPlain } from './file-view.ts';
import { MESSAGE } from '../message-types.ts';
import { type Messages, only } from './messages.ts';

/** The filters that vts undoes itself, by their numbers. */
const DEFLATE = 1;
const SHUFFLE = 2;

/** The filters of a data set of values of `valueBytes` bytes, in the order in which they were applied. @throws NotPlain */
export function readFilters(messages: Messages, valueBytes: number): readonly number[] {
  if (!messages.has(MESSAGE.filters)) return [];
  const message = only(messages, MESSAGE.filters);
  expectPlain(message.getUint8(0) === 1, 'an unusual list of filters');
  let at = 8;
  return Array.from({ length: message.getUint8(1) }, () => {
    const [id, nameBytes, values] = [0, 2, 6].map((offset) => message.getUint16(at + offset, true));
    expectPlain(id === DEFLATE || id === SHUFFLE, `filter ${id}`);
    at += 8 + Math.ceil(nameBytes / 8) * 8;
    expectPlain(id === DEFLATE || message.getUint32(at, true) === valueBytes, 'values are shuffled in parts');
    at += Math.ceil(values / 2) * 8;
    return id;
  });
}

/** The `length` bytes that a chunk was before `filters` but those in the mask `skipped`. @throws Error if it is damaged */
export function unfilter(
  chunk: Uint8Array<ArrayBuffer>,
  { filters, skipped, valueBytes, length }: {
    readonly filters: readonly number[];
    readonly skipped: number;
    readonly valueBytes: number;
    readonly length: number;
  },
): Uint8Array<ArrayBuffer> {
  let bytes = chunk;
  for (let i = filters.length - 1; i >= 0; i--) {
    if ((skipped >>> i & 1) !== 0) continue;
    bytes = filters[i] === SHUFFLE
      ? unshuffle(bytes, valueBytes)
      : inflateSync(bytes, { maxOutputLength: length }) as Uint8Array<ArrayBuffer>;
  }
  if (bytes.length !== length) {
    throw new VtsError('InputMalformed', `it holds ${bytes.length} bytes instead of ${length}`);
  }
  return bytes;
}

/** First bytes of all values, then second bytes, and so on: values again. What is left over at the end was not moved. */
function unshuffle(bytes: Uint8Array<ArrayBuffer>, valueBytes: number): Uint8Array<ArrayBuffer> {
  const count = Math.floor(bytes.length / valueBytes);
  if (valueBytes === 1 || count <= 1) return bytes;
  const values = new Uint8Array(bytes.length);
  const moved = count * valueBytes;
  values.set(bytes.subarray(moved), moved);
  if (valueBytes % 4 === 0) unshuffleWords(bytes, new Uint32Array(values.buffer, 0, moved / 4), count);
  else unshuffleBytes(bytes, values, valueBytes, count);
  return values;
}

function unshuffleBytes(bytes: Uint8Array, values: Uint8Array, valueBytes: number, count: number): void {
  for (let byte = 0; byte < valueBytes; byte++) {
    for (let i = 0; i < count; i++) values[i * valueBytes + byte] = bytes[byte * count + i];
  }
}

/** Puts four bytes together at a time. */
function unshuffleWords(bytes: Uint8Array, words: Uint32Array, count: number): void {
  const perValue = words.length / count;
  for (let word = 0; word < perValue; word++) {
    const [b0, b1, b2, b3] = [0, 1, 2, 3].map((byte) => (word * 4 + byte) * count);
    for (let i = 0; i < count; i++) {
      words[i * perValue + word] = bytes[b0 + i] | bytes[b1 + i] << 8 | bytes[b2 + i] << 16 |
        bytes[b3 + i] << 24;
    }
  }
}
