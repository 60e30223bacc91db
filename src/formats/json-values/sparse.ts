/** Sparse vectors as JSON: `{"12": 0.5, "40": 1.0}`; `{"indices": [12, 40], "values": [0.5, 1.0]}` is read too. */
import { type ByteStore, reserve } from './byte-store.ts';
import { floatsOf, writeFloats } from './float-text.ts';
import { NUMBER_ROOM, writeInteger } from './number-text.ts';
import { readFloat32, readInteger } from './numbers.ts';
import { expectColon, nextItem } from './skip-value.ts';
import { atWord, misfit, skipSpace, syntaxError, type Text, wrongType } from './text.ts';

const MAX_INDEX = 0xffffffff;

/** Appends the sparse vector at `pos` to `store` as (u32, f32) pairs sorted by index. */
export function readSparse(text: Text, store: ByteStore): void {
  const start = text.pos;
  if (text.bytes[start] !== 0x7b) throw wrongType(text, 'an object {"index": value, ...}');
  text.pos++;
  const indices: number[] = [];
  const values: number[] = [];
  const first = skipSpace(text);
  if (first === 0x7d) text.pos++;
  else if (atWord(text, '"indices"') || atWord(text, '"values"')) readLists(text, indices, values);
  else readPairs(text, indices, values);
  appendSorted(text, start, indices, values, store);
}

function readPairs(text: Text, indices: number[], values: number[]): void {
  do {
    if (skipSpace(text) !== 0x22) throw syntaxError(text, 'an index in double quotes');
    text.pos++;
    indices.push(readInteger(text, 0, MAX_INDEX));
    if (text.bytes[text.pos] !== 0x22) throw syntaxError(text, 'the end of the index');
    text.pos++;
    expectColon(text);
    values.push(readFloat32(text));
  } while (nextItem(text, 0x7d));
}

function readLists(text: Text, indices: number[], values: number[]): void {
  const start = text.pos;
  let seen = 0;
  do {
    skipSpace(text);
    const isIndices = atWord(text, '"indices"');
    if (!isIndices && !atWord(text, '"values"')) {
      throw misfit(text, 'The key does not belong here', '"indices" and "values"');
    }
    text.pos += isIndices ? 9 : 8;
    seen |= isIndices ? 1 : 2;
    expectColon(text);
    if (text.bytes[text.pos] !== 0x5b) throw wrongType(text, 'an array');
    text.pos++;
    if (skipSpace(text) === 0x5d) {
      text.pos++;
      continue;
    }
    do {
      skipSpace(text);
      if (isIndices) indices.push(readInteger(text, 0, MAX_INDEX));
      else values.push(readFloat32(text));
    } while (nextItem(text, 0x5d));
  } while (nextItem(text, 0x7d));
  if (seen !== 3 || indices.length !== values.length) {
    throw misfit(
      text,
      `There are ${indices.length} indices and ${values.length} values`,
      'as many of both',
      start,
    );
  }
}

function appendSorted(
  text: Text,
  start: number,
  indices: number[],
  values: number[],
  store: ByteStore,
): void {
  const order = indices.map((_, i) => i);
  if (indices.some((index, i) => i > 0 && index <= indices[i - 1])) {
    order.sort((a, b) => indices[a] - indices[b]);
  }
  reserve(store, 8 * order.length);
  const view = new DataView(store.bytes.buffer);
  order.forEach((i, place) => {
    if (place > 0 && indices[i] === indices[order[place - 1]]) {
      throw misfit(text, `The index ${indices[i]} occurs twice`, 'indices that differ', start);
    }
    view.setUint32(store.length, indices[i], true);
    view.setFloat32(store.length + 4, values[i], true);
    store.length += 8;
  });
}

/** Writes the (u32, f32) pairs `source[start .. end)`. */
export function writeSparse(out: ByteStore, source: Uint8Array, start: number, end: number): void {
  const words = new Uint32Array(source.slice(start, end).buffer);
  const floats = floatsOf(new Float32Array(words.buffer));
  reserve(out, 2 + words.length * NUMBER_ROOM);
  const { bytes } = out;
  let at = out.length;
  bytes[at++] = 0x7b;
  for (let i = 0; i < words.length; i += 2) {
    bytes[at++] = 0x22;
    at = writeInteger(bytes, at, words[i]);
    bytes[at++] = 0x22;
    bytes[at++] = 0x3a;
    at = writeFloats(out, at, floats, i + 1, i + 2);
  }
  if (words.length > 0) at--;
  bytes[at++] = 0x7d;
  out.length = at;
}
