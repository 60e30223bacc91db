/**
 * Vectors of float32 from text: the hottest loop of reading. WebAssembly takes the plain numbers that nearly all files have;
 * from the first other number on a row goes through {@linkcode readElements}.
 */
import { type FloatsRead, readFloats } from '../../kernels/float32.ts';
import { readFloat32 } from './numbers.ts';
import { skipSpace, type Text } from './text.ts';
import { beginVector, endElement } from './vector-text.ts';

/** Powers of ten that shift up to nine more digits onto a number, and back behind the point. */
const SHIFTS = Float64Array.from({ length: 10 }, (_, i) => 10 ** i);
const FRACTIONS = Float64Array.from({ length: 19 }, (_, i) => Number(`1e-${i}`));

/** See `numbers.ts`. */
const BELOW = 1 - 2 ** -49;
const ABOVE = 1 + 2 ** -49;

const read: FloatsRead = { count: 0, at: 0 };

/** Reads the array of `count` numbers at `text.pos` into `values` from `start` on. @throws VtsError RowInvalid, InputMalformed */
export function readFloat32Vector(text: Text, values: Float32Array, start: number, count: number): void {
  beginVector(text, count);
  readFloats(text.bytes, text.pos, values, start, start + count, read);
  text.pos = read.at;
  if (read.count < count) readElements(text, values, start, count, read.count);
}

/**
 * The same from element `from` on, without WebAssembly, all in one function over local variables. It takes plain numbers of
 * up to 18 digits and without exponent, and leaves all else to `readFloat32`.
 */
export function readElements(
  text: Text,
  values: Float32Array,
  start: number,
  count: number,
  from: number,
): void {
  const { bytes, view } = text;
  let at = text.pos;
  const last = start + count - 1;
  for (let i = start + from; i <= last; i++) {
    const first = at;
    const negative = bytes[at] === 0x2d;
    if (negative) at++;
    const integer = at;
    // Nine digits fit an int32, whose arithmetic is several times faster than that of doubles.
    let high = 0;
    let digit = bytes[at] - 48;
    while (digit >= 0 && digit <= 9 && at - integer < 9) {
      high = (Math.imul(high, 10) + digit) | 0;
      digit = bytes[++at] - 48;
    }
    let digits = at - integer;
    let plain = digits === 1 || (digits > 1 && bytes[integer] !== 48);
    let value = high;
    if (digit === -2) {
      const fraction = ++at;
      if (digits < 6) {
        const word = view.getInt32(at, true);
        if (((word & 0xf0f0f0f0) | (((word + 0x06060606) & 0xf0f0f0f0) >>> 4)) === 0x33333333) {
          const pairs = (Math.imul(word & 0x0f0f0f0f, 2561) >>> 8) & 0x00ff00ff;
          high = (Math.imul(high, 10000) + (Math.imul(pairs, 6553601) >>> 16)) | 0;
          digits += 4;
          at += 4;
        }
      }
      digit = bytes[at] - 48;
      while (digit >= 0 && digit <= 9 && digits < 9) {
        high = (Math.imul(high, 10) + digit) | 0;
        digits++;
        digit = bytes[++at] - 48;
      }
      value = high;
      if (digit >= 0 && digit <= 9) {
        let low = 0;
        let more = 0;
        while (digit >= 0 && digit <= 9 && more < 9) {
          low = (Math.imul(low, 10) + digit) | 0;
          more++;
          digit = bytes[++at] - 48;
        }
        value = high * SHIFTS[more] + low;
      }
      plain = plain && at > fraction;
      value *= FRACTIONS[at - fraction];
    }
    const nearest = Math.fround(value * BELOW);
    // The next byte is a comma for all but the last number: so this also rules out exponents and further digits.
    if (plain && nearest === Math.fround(value * ABOVE) && digit === (i < last ? -4 : 45)) {
      values[i] = negative ? -nearest : nearest;
      if (bytes[++at] === 0x20) at++;
    } else {
      text.pos = first;
      skipSpace(text);
      values[i] = readFloat32(text, !text.typesGiven);
      endElement(text, i - start, count);
      at = text.pos;
    }
  }
  text.pos = at;
}
