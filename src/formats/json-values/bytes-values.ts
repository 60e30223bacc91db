/** Values of any length: text, JSON, well-known text and sparse vectors, read as bytes. */
import type { LogicalType } from '../../core/types.ts';
import { append, type ByteStore } from './byte-store.ts';
import { skipValue } from './skip-value.ts';
import { readSparse } from './sparse.ts';
import { readString } from './strings.ts';
import { misfit, type Text } from './text.ts';

/** How values of `type` are appended to a store. */
export function bytesReader(type: LogicalType): (text: Text, store: ByteStore) => void {
  switch (type.kind) {
    case 'VarChar':
      return type.maxLength === undefined
        ? readString
        : (text, store) => readBounded(text, store, type.maxLength!);
    case 'Geometry':
      return readString;
    case 'JSON':
      return readJson;
    case 'SparseFloatVector':
      return readSparse;
    default:
      throw new TypeError(`${type.kind} is not made of bytes`);
  }
}

function readBounded(text: Text, store: ByteStore, maxLength: number): void {
  const start = text.pos;
  const before = store.length;
  readString(text, store);
  if (store.length - before > maxLength) {
    throw misfit(text, `The text has ${store.length - before} bytes`, `at most ${maxLength} bytes`, start);
  }
}

/** Keeps the text of a value as it is: every digit, escape and space in it. */
function readJson(text: Text, store: ByteStore): void {
  const start = text.pos;
  skipValue(text);
  append(store, text.bytes, start, text.pos);
}
