/**
 * Numbers from text, each rounded to the nearest value of its type.
 *
 * `scanNumber` gives the first 17 digits and a power of ten. Their product in doubles is off by less than 2^-50 of
 * itself; so where the values 2^-49 below and above round to the same float, that is the float nearest to the text. Where
 * they do not (about one number in a million, and exact ties), all digits decide.
 */
import { Buffer } from 'node:buffer';
import { roundText } from '../../core/exact-numbers.ts';
import { bfloatToNumber, halfToNumber, numberToBfloat, numberToHalf } from '../../core/half.ts';
import { shellQuote } from '../../core/shell.ts';
import { scanNumber } from './scan-number.ts';
import { atWord, misfit, type Text, wrongType } from './text.ts';

const POWERS_ZERO = 80;
/** Ten to the power of `i - POWERS_ZERO`, each the nearest double; exact from 10^0 to 10^22. */
const POWERS = Float64Array.from({ length: 2 * POWERS_ZERO + 1 }, (_, i) => Number(`1e${i - POWERS_ZERO}`));

const BELOW = 1 - 2 ** -49;
const ABOVE = 1 + 2 ** -49;

const FLOAT = 'a number, "NaN", "Infinity" or "-Infinity"';

/**
 * The float32 at `pos`. `castable` when `--cast` would make it a double.
 * @throws VtsError when there is none or it is past the largest float32
 */
export function readFloat32(text: Text, castable = false): number {
  const start = text.pos;
  if (!isNumber(text)) return readSpecial(text);
  scanNumber(text);
  const { mantissa, exponent, negative } = text.number;
  if (exponent >= -POWERS_ZERO && exponent <= POWERS_ZERO) {
    const value = mantissa * POWERS[exponent + POWERS_ZERO];
    const nearest = Math.fround(value * BELOW);
    if (nearest === Math.fround(value * ABOVE) && nearest < Infinity) return negative ? -nearest : nearest;
  }
  const remedy = castable && text.field !== undefined
    ? `correct the row, or keep such numbers with --cast ${shellQuote(text.field)}:float64`
    : undefined;
  return finite(text, start, roundText(numberText(text, start), Math.fround), 'float32', remedy);
}

/** The double at `pos`. @throws VtsError when there is none or it is past the largest double */
export function readDouble(text: Text): number {
  const start = text.pos;
  if (!isNumber(text)) return readSpecial(text);
  scanNumber(text);
  const { mantissa, exponent, dropped, negative } = text.number;
  // An exact integer times or divided by an exact power of ten is rounded once, so correctly.
  if (!dropped && mantissa < 9007199254740992 && exponent >= -22 && exponent <= 22) {
    const value = exponent < 0
      ? mantissa / POWERS[POWERS_ZERO - exponent]
      : mantissa * POWERS[POWERS_ZERO + exponent];
    return negative ? -value : value;
  }
  return finite(text, start, Number(numberText(text, start)), 'double');
}

/** The bits of the binary16 at `pos`. */
export function readHalf(text: Text): number {
  return readNarrow(text, numberToHalf, halfToNumber, 'float16');
}

/** The bits of the bfloat16 at `pos`. */
export function readBfloat(text: Text): number {
  return readNarrow(text, numberToBfloat, bfloatToNumber, 'bfloat16');
}

function readNarrow(
  text: Text,
  toBits: (n: number) => number,
  toNumber: (bits: number) => number,
  type: string,
): number {
  const start = text.pos;
  if (!isNumber(text)) return toBits(readSpecial(text));
  scanNumber(text);
  const { mantissa, exponent, negative } = text.number;
  if (exponent >= -POWERS_ZERO && exponent <= POWERS_ZERO) {
    const value = (negative ? -mantissa : mantissa) * POWERS[exponent + POWERS_ZERO];
    const nearest = toBits(value * BELOW);
    if (nearest === toBits(value * ABOVE) && Math.abs(toNumber(nearest)) < Infinity) return nearest;
  }
  const rounded = roundText(numberText(text, start), (value) => toNumber(toBits(value)));
  return toBits(finite(text, start, rounded, type));
}

/** The integer at `pos`, between `min` and `max`, which are safe integers. */
export function readInteger(text: Text, min: number, max: number): number {
  const start = text.pos;
  if (!isNumber(text)) throw wrongType(text, `a whole number from ${min} to ${max}`);
  scanNumber(text);
  const { mantissa, exponent, dropped, negative, whole } = text.number;
  const value = negative ? -mantissa : mantissa;
  if (whole && exponent === 0 && !dropped && value >= min && value <= max) return value === 0 ? 0 : value;
  throw misfit(
    text,
    `${shorten(numberText(text, start))} is ${whole ? 'out of range' : 'not a whole number'}`,
    `a whole number from ${min} to ${max}`,
    start,
  );
}

/** Reads the 64-bit integer at `pos` into `words[at]` (its lower half) and `words[at + 1]`: exact, and no bigint is made. */
export function readInt64(text: Text, words: Int32Array, at: number): void {
  const { bytes } = text;
  const start = text.pos;
  const negative = bytes[start] === 0x2d;
  const first = negative ? start + 1 : start;
  let end = first;
  let upper = 0;
  let lower = 0;
  let byte = bytes[end];
  // Ten digits in a double, nine in an int32.
  while (byte >= 48 && byte <= 57 && end - first < 10) {
    upper = upper * 10 + (byte - 48);
    byte = bytes[++end];
  }
  let shift = 1;
  while (byte >= 48 && byte <= 57 && end - first < 19) {
    lower = (Math.imul(lower, 10) + (byte - 48)) | 0;
    shift *= 10;
    byte = bytes[++end];
  }
  const plain = end > first && !(byte >= 48 && byte <= 57) && byte !== 0x2e && (byte | 0x20) !== 0x65 &&
    (bytes[first] !== 48 || end === first + 1);
  if (!plain) throw notInt64(text, start);
  let low = (Math.imul(upper >>> 0, shift) + lower) >>> 0;
  // The double is off by 2^10 at most; the upper half, a multiple of 2^32 away, rounds to the true one.
  let high = Math.round((upper * shift + lower - low) / 4294967296);
  if (high >= 0x80000000 && !(negative && high === 0x80000000 && low === 0)) throw notInt64(text, start);
  if (negative) {
    high = ~high + (low === 0 ? 1 : 0);
    low = -low;
  }
  words[at] = low;
  words[at + 1] = high;
  text.pos = end;
}

/** Whether a number of digits begins at `pos`, rather than a string or `-Infinity`. */
function isNumber({ bytes, pos }: Text): boolean {
  const byte = bytes[pos];
  return byte <= 57 && byte >= 45 && !(byte === 45 && bytes[pos + 1] === 73);
}

function notInt64(text: Text, start: number): Error {
  const expected = 'a whole number from -9223372036854775808 to 9223372036854775807';
  if (!isNumber(text)) return wrongType(text, expected);
  scanNumber(text);
  const reason = text.number.whole ? 'out of range' : 'not a whole number';
  return misfit(text, `${shorten(numberText(text, start))} is ${reason}`, expected, start);
}

/** Reads "NaN", "Infinity" or "-Infinity", also bare as Python writes them. */
function readSpecial(text: Text): number {
  const quoted = text.bytes[text.pos] === 0x22;
  const start = text.pos;
  for (const [word, value] of SPECIALS) {
    if (quoted) text.pos = start + 1;
    if (atWord(text, word) && (!quoted || text.bytes[text.pos + word.length] === 0x22)) {
      text.pos += word.length + (quoted ? 1 : 0);
      return value;
    }
    text.pos = start;
  }
  throw wrongType(text, FLOAT);
}

const SPECIALS: readonly (readonly [string, number])[] = [
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
];

function finite(text: Text, start: number, value: number, type: string, remedy?: string): number {
  if (Number.isFinite(value)) return value;
  throw misfit(
    text,
    `${shorten(numberText(text, start))} is past the largest ${type}`,
    `a ${type}; infinity is written "Infinity"`,
    start,
    remedy,
  );
}

/** The characters from `start` to `pos`, all ASCII. */
export function numberText({ bytes, pos }: Text, start: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, pos - start).toString('latin1');
}

function shorten(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 37)}...`;
}
