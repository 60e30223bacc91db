/** Numbers written as JSON. All functions take the bytes and a place in them, where there must be room, and return the end. */
import { bfloatToNumber, halfToNumber } from '../../core/half.ts';
import { shortestFloat } from '../../core/json-text.ts';

/** Room that any number needs at most, with a comma behind it. */
export const NUMBER_ROOM = 32;

type Bytes = Uint8Array<ArrayBuffer>;

const ZERO = 0x30;

/** Writes ASCII text. */
export function writeAscii(bytes: Bytes, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** Writes the lowest `count` digits of `value`, an int32 of at most nine digits. */
function writeDigits(bytes: Bytes, at: number, value: number, count: number): void {
  let rest = value;
  for (let i = at + count - 1; i >= at; i--) {
    const tenth = (rest / 10) | 0;
    bytes[i] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
}

/** How many digits an int32 from 0 to 999,999,999 has. */
function countDigits(value: number): number {
  if (value < 10000) return value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : 4;
  if (value < 10000000) return value < 100000 ? 5 : value < 1000000 ? 6 : 7;
  return value < 100000000 ? 8 : 9;
}

/** Writes a whole number between -2^53 and 2^53. */
export function writeInteger(bytes: Bytes, at: number, value: number): number {
  let rest = value;
  if (value < 0) {
    bytes[at++] = 0x2d;
    rest = -value;
  }
  if (rest >= 1e9) {
    const upper = Math.floor(rest / 1e9);
    at = writeInteger(bytes, at, upper);
    writeDigits(bytes, at, rest - upper * 1e9, 9);
    return at + 9;
  }
  const count = countDigits(rest);
  writeDigits(bytes, at, rest, count);
  return at + count;
}

/** Writes the 64-bit integer whose lower half is `low` and upper half `high`. */
export function writeInt64(bytes: Bytes, at: number, low: number, high: number): number {
  if (high >= -0x200000 && high < 0x200000) return writeInteger(bytes, at, high * 4294967296 + (low >>> 0));
  if (high < 0) {
    bytes[at++] = 0x2d;
    low = -low | 0;
    high = ~high + (low === 0 ? 1 : 0);
  }
  // The quotient of doubles is off by one at most; the remainder, exact modulo 2^32, tells.
  let upper = Math.floor(((high >>> 0) * 4294967296 + (low >>> 0)) / 1e9);
  let rest = (low - Math.imul(upper >>> 0, 1000000000)) | 0;
  if (rest < 0) {
    rest += 1000000000;
    upper--;
  } else if (rest >= 1000000000) {
    rest -= 1000000000;
    upper++;
  }
  at = writeInteger(bytes, at, upper);
  writeDigits(bytes, at, rest, 9);
  return at + 9;
}

/** Writes a zero, NaN or an infinity. */
function writeSpecial(bytes: Bytes, at: number, value: number): number {
  if (value === 0) return writeAscii(bytes, at, Object.is(value, -0) ? '-0.0' : '0.0');
  return writeAscii(bytes, at, value !== value ? '"NaN"' : value > 0 ? '"Infinity"' : '"-Infinity"');
}

/** Writes a double in its shortest digits. */
export function writeDouble(bytes: Bytes, at: number, value: number): number {
  if (value === 0 || !Number.isFinite(value)) return writeSpecial(bytes, at, value);
  const text = String(value);
  return writeAscii(bytes, at, Number.isInteger(value) && !text.includes('e') ? `${text}.0` : text);
}

/** Writes a binary16 in the shortest digits of its value as a float32, so that any reader gets the value itself. */
export function writeHalf(bytes: Bytes, at: number, half: number): number {
  return writeAscii(bytes, at, HALVES[half] ??= narrowText(halfToNumber(half)));
}

/** Writes a bfloat16 in the same way. */
export function writeBfloat(bytes: Bytes, at: number, bfloat: number): number {
  return writeAscii(bytes, at, BFLOATS[bfloat] ??= narrowText(bfloatToNumber(bfloat)));
}

/** The texts of all 16-bit floats met so far. */
const HALVES: string[] = new Array(65536);
const BFLOATS: string[] = new Array(65536);

function narrowText(value: number): string {
  if (value === 0 || !Number.isFinite(value)) {
    const bytes = new Uint8Array(NUMBER_ROOM);
    return String.fromCharCode(...bytes.subarray(0, writeSpecial(bytes, 0, value)));
  }
  const text = shortestFloat(value);
  return Number.isInteger(value) && !text.includes('e') ? `${text}.0` : text;
}
