/** What the first rows hold: for each key the kinds of its values, as far as their types depend on them. */
import { shortestFloat } from '../../core/json-text.ts';
import { decodeUtf8 } from '../../core/values.ts';
import { byteStore } from './byte-store.ts';
import { numberText } from './numbers.ts';
import { scanNumber } from './scan-number.ts';
import { expectColon, nextItem, skipValue } from './skip-value.ts';
import { readString } from './strings.ts';
import { atWord, duplicateKey, skipSpace, syntaxError, type Text, wrongType } from './text.ts';

/** The kinds of values seen, as bits. */
export const NULL = 1;
export const BOOL = 2;
export const INT = 4;
/** A number with a point or an exponent, or a bare NaN or Infinity. */
export const FLOAT = 8;
export const TEXT = 16;
/** "NaN", "Infinity", "-Infinity": numbers among numbers, text among texts. */
export const SPECIAL = 32;
export const ARRAY = 64;
/** {"12": 0.5} or {"indices": [...], "values": [...]} */
export const PAIRS = 128;
export const OBJECT = 256;
/** An integer that takes more than 64 bits: a number among decimals, else JSON, which keeps its digits. */
export const HUGE = 512;
export const NUMERIC = INT | FLOAT | SPECIAL | HUGE;

/** What the sampled values of one key were. */
export interface Seen {
  kinds: number;
  rows: number;
  /** Of arrays: the kinds of their elements. */
  elements: number;
  /** Of arrays: for each length, in the order they came, how many have it and the row of the first. */
  readonly lengths: Map<number, { count: number; readonly row: number }>;
  /** Whether float32 rounds an element. */
  rounds: boolean;
}

/** Nothing seen yet. */
export function newSeen(): Seen {
  return { kinds: 0, rows: 0, elements: 0, lengths: new Map(), rounds: false };
}

/** Whether a 64-bit integer holds the digits of `text`. */
export function isInt64(text: string): boolean {
  if (text.length < 19) return true;
  const value = BigInt(text);
  return value === BigInt.asIntN(64, value);
}

/** Adds what the row at `pos` has to `seen` and moves past it. @throws VtsError InputMalformed, RowInvalid */
export function sampleRow(text: Text, seen: Map<string, Seen>): void {
  if (text.bytes[text.pos] !== 0x7b) throw wrongType(text, 'an object');
  text.pos++;
  if (skipSpace(text) === 0x7d) {
    text.pos++;
    return;
  }
  const inRow = new Set<string>();
  do {
    if (skipSpace(text) !== 0x22) throw syntaxError(text, 'a key in double quotes');
    const start = text.pos;
    const name = readText(text);
    if (inRow.has(name)) throw duplicateKey(text, name, start);
    inRow.add(name);
    expectColon(text);
    let facts = seen.get(name);
    if (facts === undefined) {
      facts = newSeen();
      seen.set(name, facts);
    }
    facts.rows++;
    facts.kinds |= sampleValue(text, facts);
  } while (nextItem(text, 0x7d));
}

/** Moves past the value at `pos` and returns its kind; adds the elements of an array to `facts`. */
export function sampleValue(text: Text, facts: Seen): number {
  const byte = text.bytes[text.pos];
  if (byte === 0x7b) return sampleObject(text);
  if (byte !== 0x5b) return sampleScalar(text);
  text.pos++;
  let length = 0;
  if (skipSpace(text) === 0x5d) text.pos++;
  else {
    do {
      const first = skipSpace(text);
      const start = text.pos;
      if (first === 0x7b || first === 0x5b) {
        skipValue(text);
        facts.elements |= OBJECT;
      } else {
        const kind = sampleScalar(text);
        facts.elements |= kind;
        if ((kind & (INT | FLOAT | HUGE)) !== 0) facts.rounds ||= isRounded(text, start);
      }
      length++;
    } while (nextItem(text, 0x5d));
  }
  const same = facts.lengths.get(length);
  if (same === undefined) facts.lengths.set(length, { count: 1, row: text.row });
  else same.count++;
  return ARRAY;
}

/**
 * Whether float32 rounds the number from `start` to `pos`, just sampled: whether its digits are not those of a float32, be
 * they the fewest that read back or any more, as those of a float32 widened to a double are.
 */
function isRounded(text: Text, start: number): boolean {
  const value = Number(numberText(text, start));
  const single = Math.fround(value);
  if (single === value || !Number.isFinite(value)) return false;
  const lastPlace = 10 ** text.number.exponent;
  return Math.abs(single - value) > lastPlace / 2 && Number(shortestFloat(single)) !== value;
}

function sampleScalar(text: Text): number {
  const start = text.pos;
  const byte = text.bytes[start];
  if (byte === 0x22) return /^(NaN|-?Infinity)$/.test(readText(text)) ? SPECIAL : TEXT;
  for (const word of ['NaN', 'Infinity', '-Infinity']) {
    if (!atWord(text, word)) continue;
    text.pos += word.length;
    return FLOAT;
  }
  if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
    scanNumber(text);
    if (!text.number.whole) return FLOAT;
    return text.pos - start < 19 || isInt64(numberText(text, start)) ? INT : HUGE;
  }
  skipValue(text);
  return byte === 0x6e ? NULL : BOOL;
}

/** Whether the object at `pos` could be a sparse vector. */
function sampleObject(text: Text): number {
  const start = text.pos;
  skipValue(text);
  const value: Record<string, unknown> = JSON.parse(decodeUtf8(text.bytes.subarray(start, text.pos))!);
  const entries = Object.entries(value);
  const pairs = entries.every(([key, v]) =>
    /^\d{1,10}$/.test(key) && Number(key) <= 0xffffffff && typeof v === 'number'
  );
  const lists = entries.length === 2 && Array.isArray(value.indices) && Array.isArray(value.values);
  return pairs || lists ? PAIRS : OBJECT;
}

const textStore = byteStore();

function readText(text: Text): string {
  textStore.length = 0;
  readString(text, textStore);
  return decodeUtf8(textStore.bytes.subarray(0, textStore.length))!;
}
