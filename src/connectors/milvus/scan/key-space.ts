/**
 * Keys as integers, so that the space between two keys can be halved. Int64 keys are integers already; text becomes one by
 * taking its first characters for the digits of a number.
 */
import { compareKeys, INT64_MAX, INT64_MIN, type Key, type KeyKind } from './keys.ts';

/** An order-preserving map between keys and the integers from {@linkcode first} to {@linkcode last}. */
export interface KeySpace {
  readonly first: bigint;
  readonly last: bigint;
  /** The largest integer whose key is not above `key`; {@linkcode first} where there is none. */
  toNumber(key: Key): bigint;
  /** Strictly growing. */
  toKey(number: bigint): Key;
}

/** Characters of text that count: enough for a UUID, and for a number behind a long prefix. */
const DIGITS = 40;

const USUAL = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The space of keys of `kind`. Text is split evenly where its characters occur in `sample`. */
export function keySpace(kind: KeyKind, sample: readonly Key[]): KeySpace {
  if (kind === 'VarChar') return textSpace(sample as readonly string[]);
  return {
    first: INT64_MIN,
    last: INT64_MAX,
    toNumber: (key) => key as bigint,
    toKey: (number) => number,
  };
}

function textSpace(sample: readonly string[]): KeySpace {
  const seen = new Set([...USUAL, ...sample.flatMap((key) => [...key].slice(0, DIGITS))]);
  // Of a script with thousands of characters a sample shows few.
  if ([...seen].some((character) => character > '\x7f')) {
    for (const character of landmarks()) seen.add(character);
  }
  const alphabet = [...seen].sort(compareKeys);
  const base = BigInt(alphabet.length);
  const last = base ** BigInt(DIGITS) - 1n;
  const toKey = (number: bigint): string => {
    const digits: string[] = [];
    for (let i = 0; i < DIGITS; i++, number /= base) digits.push(alphabet[Number(number % base)]);
    return digits.reverse().join('');
  };
  return { first: 0n, last, toKey, toNumber: (key) => floorNumber(key as string, alphabet) };
}

/** Every 32nd character up to the end of the Han characters, Hangul included. */
function landmarks(): string[] {
  return Array.from({ length: 0xd7a0 / 32 }, (_, i) => String.fromCodePoint(32 * i)).slice(4);
}

/** The largest number of {@linkcode DIGITS} digits whose text is not above `key`. */
function floorNumber(key: string, alphabet: readonly string[]): bigint {
  const base = BigInt(alphabet.length);
  const characters = [...key].slice(0, DIGITS);
  let number = 0n;
  for (let i = 0; i < DIGITS; i++) {
    // A text that ends here is below all longer ones.
    const at = i < characters.length ? floorIndex(alphabet, characters[i]) : -1;
    const rest = base ** BigInt(DIGITS - i);
    if (at < 0) {
      // Below the first digit: the largest number with the digits so far, less one, is the one sought.
      return number === 0n ? 0n : number * rest - 1n;
    }
    number = number * base + BigInt(at);
    if (alphabet[at] !== characters[i]) return (number + 1n) * (rest / base) - 1n;
  }
  return number;
}

/** The place of the last character not above `character`, or -1. */
function floorIndex(alphabet: readonly string[], character: string): number {
  let low = 0;
  let high = alphabet.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeys(alphabet[middle], character) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
