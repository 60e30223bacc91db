/**
 * A 64-bit digest of every value of a column: two 32-bit words a row, which are equal where the values are.
 *
 * | value | digest |
 * |---|---|
 * | Bool, integers, floats, Timestamptz | the value itself (floats by their bits: -0 is not 0, and payloads of NaN count) |
 * | VarChar, Geometry, dense and sparse vectors | hash of the bytes |
 * | JSON | hash of its canonical text, see `canonical-json.ts` |
 * | Array, StructArray | hash of the digests of the elements |
 * | null | a number drawn for the run |
 *
 * Hashes are xxHash64 under a seed drawn for the run: two values that differ have one digest by chance once in 2^64.
 */
import { getBit } from '../bitmap.ts';
import { type Column, encodingOf, listElements } from '../column.ts';
import { isVector } from '../types.ts';
import { decodeUtf8 } from '../values.ts';
import { canonicalJson } from './canonical-json.ts';

/** What makes the digests of one run comparable. */
export interface DigestSeeds {
  readonly values: bigint;
  /** A second hash of keys. */
  readonly keys: bigint;
  readonly nulls: readonly [number, number];
}

/** Seeds for one run. */
export function drawSeeds(): DigestSeeds {
  const [values, keys] = crypto.getRandomValues(new BigUint64Array(2));
  const [low, high] = crypto.getRandomValues(new Uint32Array(2));
  return { values, keys, nulls: [low, high] };
}

/** Hashes bytes, or a text by its UTF-8 bytes. */
export type Hash = (data: Uint8Array | string, seed: bigint) => bigint;

/** The runtime's own. (Of the seed of its xxHash3 it takes 32 bits only.) */
export const hash: Hash = (globalThis as unknown as { Bun: { hash: { xxHash64: Hash } } }).Bun.hash.xxHash64;

/** The digests of `column`, two words a row. */
export function digestColumn(column: Column, seeds: DigestSeeds): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(column.length * 2);
  const { type, validity } = column;
  const { layout } = encodingOf(type);
  if (layout === 'list') digestLists(column, words, seeds);
  else if (type.kind === 'JSON') digestJson(column, words, seeds);
  else if (layout === 'bytes' || isVector(type)) hashRows(column, words, seeds.values);
  else if (layout === 'bits') copyBits(column, words);
  else copyScalars(column, words);
  if (validity === null) return words;
  const [low, high] = seeds.nulls;
  for (let row = 0; row < column.length; row++) {
    if (getBit(validity, row)) continue;
    words[row * 2] = low;
    words[row * 2 + 1] = high;
  }
  return words;
}

function copyBits({ values, length }: Column, words: Uint32Array): void {
  for (let row = 0; row < length; row++) words[row * 2] = getBit(values as Uint8Array, row) ? 1 : 0;
}

function copyScalars({ values, length }: Column, words: Uint32Array): void {
  if (values.BYTES_PER_ELEMENT === 8) {
    return words.set(new Uint32Array(values.buffer, values.byteOffset, length * 2));
  }
  if (values instanceof Float32Array) {
    const bits = new Uint32Array(values.buffer, values.byteOffset, length);
    for (let row = 0; row < length; row++) words[row * 2] = bits[row];
    return;
  }
  const integers = values as Int8Array | Int16Array | Int32Array;
  for (let row = 0; row < length; row++) {
    words[row * 2] = integers[row];
    words[row * 2 + 1] = integers[row] >> 31;
  }
}

/** Hashes the bytes of each row. */
export function hashRows(column: Column, words: Uint32Array<ArrayBuffer>, seed: bigint): void {
  const { values, offsets, length } = column;
  const out = new BigUint64Array(words.buffer, words.byteOffset, length);
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const stride = offsets === null && length > 0 ? bytes.length / length : 0;
  for (let row = 0; row < length; row++) {
    const start = offsets === null ? row * stride : offsets[row];
    const end = offsets === null ? start + stride : offsets[row + 1];
    out[row] = hash(bytes.subarray(start, end), seed);
  }
}

function digestJson(
  { values, offsets, length }: Column,
  words: Uint32Array<ArrayBuffer>,
  seeds: DigestSeeds,
): void {
  const out = new BigUint64Array(words.buffer, words.byteOffset, length);
  for (let row = 0; row < length; row++) {
    const bytes = (values as Uint8Array).subarray(offsets![row], offsets![row + 1]);
    const text = decodeUtf8(bytes);
    const canonical = text === undefined ? undefined : canonicalJson(text);
    // What is no JSON equals only what has the same bytes.
    out[row] = hash(canonical ?? bytes, seeds.values);
  }
}

function digestLists(column: Column, words: Uint32Array<ArrayBuffer>, seeds: DigestSeeds): void {
  const { offsets, children, length } = column;
  const first = offsets![0];
  const parts = children.map((child) => digestColumn(listElements(column, child), seeds));
  const elements = interleave(parts, offsets![length] - first);
  const bytes = new Uint8Array(elements.buffer);
  const size = parts.length * 8;
  const out = new BigUint64Array(words.buffer, words.byteOffset, length);
  for (let row = 0; row < length; row++) {
    out[row] = hash(
      bytes.subarray((offsets![row] - first) * size, (offsets![row + 1] - first) * size),
      seeds.values,
    );
  }
}

/** The digests of all children, element by element. */
function interleave(parts: readonly Uint32Array<ArrayBuffer>[], length: number): Uint32Array<ArrayBuffer> {
  if (parts.length === 1) return parts[0];
  const all = new Uint32Array(length * parts.length * 2);
  parts.forEach((part, i) => {
    for (let row = 0; row < length; row++) {
      const at = (row * parts.length + i) * 2;
      all[at] = part[row * 2];
      all[at + 1] = part[row * 2 + 1];
    }
  });
  return all;
}
