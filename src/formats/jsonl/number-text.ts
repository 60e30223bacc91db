/** Numbers written as JSON. All functions take the bytes and a place in them, where there must be room, and return the end. */
import { bfloatToNumber, halfToNumber, numberToBfloat, numberToHalf } from './half.ts';
import { shortest, shortestFloat } from './shortest-float.ts';

/** Room that any number needs at most, with a comma behind it. */
export const NUMBER_ROOM = 32;

type Bytes = Uint8Array<ArrayBuffer>;

const ZERO = 0x30;
const POINT = 0x2e;

/** Powers of ten that fit an int32. */
const TENS = Int32Array.from({ length: 10 }, (_, i) => 10 ** i);

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
  return writeAscii(bytes, at, ((BigInt(high) << 32n) | BigInt(low >>> 0)).toString());
}

/** Writes a float32 in its shortest digits. */
export function writeFloat32(bytes: Bytes, at: number, value: number): number {
  if (!(value > 0 && value < Infinity)) {
    if (!(value < 0 && value > -Infinity)) return writeSpecial(bytes, at, value);
    bytes[at++] = 0x2d;
    value = -value;
  }
  shortestFloat(value);
  const { digits, places } = shortest;
  const count = countDigits(digits);
  if (places > 0 && places < count) {
    // 12.345: from the last digit on, leaving a gap for the point.
    const integer = (digits / TENS[places]) | 0;
    writeDigits(bytes, at, integer, count - places);
    bytes[at + count - places] = POINT;
    writeDigits(bytes, at + count - places + 1, digits - integer * TENS[places], places);
    return at + count + 1;
  }
  if (places >= count && places < count + 5) {
    // 0.00012345
    bytes[at] = ZERO;
    bytes[at + 1] = POINT;
    for (let i = 0; i < places - count; i++) bytes[at + 2 + i] = ZERO;
    writeDigits(bytes, at + 2 + places - count, digits, count);
    return at + 2 + places;
  }
  if (places <= 0 && count - places <= 16) {
    // 1234500.0
    writeDigits(bytes, at, digits, count);
    at += count;
    for (let i = places; i < 0; i++) bytes[at++] = ZERO;
    bytes[at] = POINT;
    bytes[at + 1] = ZERO;
    return at + 2;
  }
  return writeExponent(bytes, at, digits, count, places);
}

/** 1.2345e-20 */
function writeExponent(bytes: Bytes, at: number, digits: number, count: number, places: number): number {
  writeDigits(bytes, at + 1, digits, count);
  bytes[at] = bytes[at + 1];
  if (count > 1) {
    bytes[at + 1] = POINT;
    at += count + 1;
  } else at++;
  bytes[at++] = 0x65;
  return writeInteger(bytes, at, count - 1 - places);
}

/** Zeros, NaN and the infinities. */
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

/** Writes a binary16 in its shortest digits. */
export function writeHalf(bytes: Bytes, at: number, half: number): number {
  return writeAscii(bytes, at, HALVES[half] ??= narrowText(halfToNumber(half), numberToHalf));
}

/** Writes a bfloat16 in its shortest digits. */
export function writeBfloat(bytes: Bytes, at: number, bfloat: number): number {
  return writeAscii(bytes, at, BFLOATS[bfloat] ??= narrowText(bfloatToNumber(bfloat), numberToBfloat));
}

/** The texts of all 16-bit floats met so far. */
const HALVES: string[] = new Array(65536);
const BFLOATS: string[] = new Array(65536);

function narrowText(value: number, toBits: (value: number) => number): string {
  if (value === 0 || !Number.isFinite(value)) {
    const bytes = new Uint8Array(NUMBER_ROOM);
    return String.fromCharCode(...bytes.subarray(0, writeSpecial(bytes, 0, value)));
  }
  const bits = toBits(value);
  for (let precision = 1;; precision++) {
    const rounded = Number(value.toPrecision(precision));
    if (toBits(rounded) !== bits) continue;
    const text = String(rounded);
    return Number.isInteger(rounded) && !text.includes('e') ? `${text}.0` : text;
  }
}
