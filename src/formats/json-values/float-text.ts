/**
 * Float32 written as JSON numbers in their shortest digits, see `shortest-float.ts`: the hottest loop of writing, so vectors go
 * through WebAssembly, which writes the same.
 */
import { writeFloats as writeInKernel } from '../../kernels/float32.ts';
import type { ByteStore } from './byte-store.ts';
import { writeDouble, writeInteger } from './number-text.ts';
import {
  type Digits,
  DOUBT,
  exactDigits,
  FACTOR,
  HALF_GAP,
  powerOfTwoDigits,
  SCALE,
} from './shortest-float.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const TENS = Int32Array.from({ length: 10 }, (_, i) => 10 ** i);
const STEPS = Float64Array.from({ length: 12 }, (_, i) => 10 ** i);
const INVERSE_STEPS = Float64Array.from({ length: 12 }, (_, i) => Number(`1e-${i}`));

/** The numbers from 0 to 9999 as four ASCII digits in a 32-bit word, the first in the highest byte. */
const FOUR_DIGITS = Uint32Array.from(
  { length: 10000 },
  (_, n) => [...String(n).padStart(4, '0')].reduce((word, digit) => word * 256 + digit.charCodeAt(0), 0),
);

const COMMA = 0x2c;
const POINT = 0x2e;
const ZEROS = 0x30303030;

/** The exponent fields of 2^-16 and 2^24, between which numbers are written without exponent. */
const LEAST_PLAIN = 111;
const MOST_PLAIN = 150;

/** Floats with their bits over the same memory. */
export interface Floats {
  readonly values: Float32Array;
  readonly words: Uint32Array;
}

/** `values` with their bits. */
export function floatsOf(values: Float32Array): Floats {
  return { values, words: new Uint32Array(values.buffer, values.byteOffset, values.length) };
}

/** {@linkcode writeFloats}, faster for many. */
export function writeVector(
  store: ByteStore,
  at: number,
  floats: Floats,
  start: number,
  end: number,
): number {
  return writeInKernel(store.bytes, at, floats.values, start, end) ??
    writeFloats(store, at, floats, start, end);
}

/**
 * Writes the floats [`start`, `end`), a comma after each, at `at`, where there must be room for NUMBER_ROOM bytes each.
 * Returns the end.
 */
export function writeFloats(
  { bytes, view }: ByteStore,
  at: number,
  { values, words }: Floats,
  start: number,
  end: number,
): number {
  for (let i = start; i < end; i++) {
    const bits = words[i];
    const exponent = (bits >>> 23) & 255;
    const value = Math.abs(values[i]);
    const integer = value | 0;
    if ((bits & 0x7fffff) === 0 || exponent === 255 || integer === value) {
      at = writeSimple(bytes, at, values[i]);
      bytes[at++] = COMMA;
      continue;
    }
    bytes[at] = 0x2d;
    at += bits >>> 31;
    const scaled = value * FACTOR[exponent];
    const halfGap = HALF_GAP[exponent];
    let digits = (scaled + 0.5) | 0;
    let dropped = 0;
    let fewer = (scaled * 0.1 + 0.5) | 0;
    let distance = Math.abs(fewer * 10 - scaled);
    while (distance < halfGap - DOUBT) {
      digits = fewer;
      dropped++;
      fewer = (scaled * INVERSE_STEPS[dropped + 1] + 0.5) | 0;
      distance = Math.abs(fewer * STEPS[dropped + 1] - scaled);
    }
    const places = SCALE[exponent] - dropped;
    if (distance <= halfGap + DOUBT) at = writeDigits(bytes, at, exactDigits(value));
    else if (exponent < LEAST_PLAIN || exponent > MOST_PLAIN) at = writeDigits(bytes, at, { digits, places });
    else {
      if (integer < 10) bytes[at++] = 0x30 + integer;
      else at = writeInteger(bytes, at, integer);
      bytes[at++] = POINT;
      if (places <= 8) {
        // Eight digits, of which only as many stay as there are places.
        writeEight(view, at, Math.imul(digits - Math.imul(integer, TENS[places]), TENS[8 - places]));
        at += places;
      } else {
        // Below 0.1 all digits stand behind the point: zeros, then nine digits at most.
        view.setUint32(at, ZEROS);
        at += places - 9;
        const first = (digits / 100000000) | 0;
        bytes[at] = 0x30 + first;
        writeEight(view, at + 1, digits - first * 100000000);
        at += 9;
      }
    }
    bytes[at++] = COMMA;
  }
  return at;
}

/** Writes eight digits of `value`, an int32 below 10^8. */
function writeEight(view: DataView, at: number, value: number): void {
  const upper = (value / 10000) | 0;
  view.setUint32(at, FOUR_DIGITS[upper]);
  view.setUint32(at + 4, FOUR_DIGITS[value - Math.imul(upper, 10000)]);
}

/** Writes whole numbers, powers of two and what is no number. */
function writeSimple(bytes: Bytes, at: number, value: number): number {
  if (value === (value | 0) && Math.abs(value) < 16777216 && !Object.is(value, -0)) {
    at = writeInteger(bytes, at, value);
    bytes[at] = POINT;
    bytes[at + 1] = 0x30;
    return at + 2;
  }
  if (value === 0 || !Number.isFinite(value)) return writeDouble(bytes, at, value);
  if (value < 0) bytes[at++] = 0x2d;
  return writeDigits(bytes, at, powerOfTwoDigits(Math.abs(value)));
}

/** Writes digits that are few enough to be those of a double too. */
function writeDigits(bytes: Bytes, at: number, { digits, places }: Digits): number {
  return writeDouble(bytes, at, Number(`${digits}e${-places}`));
}
