/** The digits of JSON numbers (RFC 8259, section 6), scanned byte by byte. The hottest loop of reading. */
import { rowError, syntaxError, type Text } from './text.ts';

/** Numbers written with more characters are refused; the longest exact double has 1079. */
const MAX_LENGTH = 4096;

/** Powers of ten that multiply up to nine more digits onto a number. */
const SHIFTS = Float64Array.from({ length: 10 }, (_, i) => 10 ** i);

/** Scans the number at `pos` into `text.number` and moves past it. @throws VtsError InputMalformed when there is none */
export function scanNumber(text: Text): void {
  const { bytes, number } = text;
  let at = text.pos;
  let byte = bytes[at];
  number.negative = byte === 0x2d;
  if (byte === 0x2d) byte = bytes[++at];
  const first = at;
  let digit = byte - 48;
  // Nine digits fit an int32, whose arithmetic is several times faster than that of doubles.
  let high = 0;
  while (digit >= 0 && digit <= 9 && at - first < 9) {
    high = (Math.imul(high, 10) + digit) | 0;
    digit = bytes[++at] - 48;
  }
  let count = at - first;
  if (count === 0 || (count > 1 && bytes[first] === 48)) throw notANumber(text, count === 0 ? at : first);
  number.mantissa = high;
  number.exponent = 0;
  number.whole = true;
  number.dropped = false;
  if (digit === -2) {
    const point = ++at;
    if (count < 6) {
      const word = text.view.getInt32(at, true);
      if (isFourDigits(word)) {
        high = (Math.imul(high, 10000) + fourDigits(word)) | 0;
        count += 4;
        at += 4;
      }
    }
    digit = bytes[at] - 48;
    while (digit >= 0 && digit <= 9 && count < 9) {
      high = (Math.imul(high, 10) + digit) | 0;
      count++;
      digit = bytes[++at] - 48;
    }
    number.mantissa = high;
    if (digit >= 0 && digit <= 9) {
      let low = 0;
      count = 0;
      while (digit >= 0 && digit <= 9 && count < 9) {
        low = (Math.imul(low, 10) + digit) | 0;
        count++;
        digit = bytes[++at] - 48;
      }
      number.mantissa = high * SHIFTS[count] + low;
    }
    if (at === point) throw notANumber(text, at);
    number.exponent = point - at;
    number.whole = false;
  }
  // A further digit, "e" or "E".
  if ((digit >= 0 && digit <= 9) || digit === 53 || digit === 21) scanLong(text, first);
  else text.pos = at;
}

/** Whether the bytes of `word` are four ASCII digits. */
function isFourDigits(word: number): boolean {
  return ((word & 0xf0f0f0f0) | (((word + 0x06060606) & 0xf0f0f0f0) >>> 4)) === 0x33333333;
}

/** The number that four ASCII digits say, the first in the lowest byte. */
function fourDigits(word: number): number {
  const pairs = (Math.imul(word & 0x0f0f0f0f, 2561) >>> 8) & 0x00ff00ff;
  return Math.imul(pairs, 6553601) >>> 16;
}

/** Scans a number of any length and form; its digits begin at `first`. */
function scanLong(text: Text, first: number): void {
  const { bytes, number } = text;
  let at = first;
  let mantissa = 0;
  let significant = 0;
  let exponent = 0;
  let dropped = false;
  let point = -1;
  for (let byte = bytes[at]; (byte >= 48 && byte <= 57) || (byte === 0x2e && point < 0); byte = bytes[++at]) {
    if (byte === 0x2e) {
      point = at + 1;
      continue;
    }
    if (significant < 17) {
      mantissa = mantissa * 10 + (byte - 48);
      if (mantissa !== 0) significant++;
      if (point >= 0) exponent--;
    } else {
      if (byte !== 48) dropped = true;
      if (point < 0) exponent++;
    }
  }
  const integerDigits = (point < 0 ? at : point - 1) - first;
  if (integerDigits > 1 && bytes[first] === 48) throw notANumber(text, first);
  if (point === at) throw notANumber(text, at);
  number.whole = point < 0;
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    number.whole = false;
    at++;
    const negative = bytes[at] === 0x2d;
    if (negative || bytes[at] === 0x2b) at++;
    const start = at;
    let power = 0;
    for (let byte = bytes[at]; byte >= 48 && byte <= 57; byte = bytes[++at]) {
      if (power < 1e6) power = power * 10 + (byte - 48);
    }
    if (at === start) throw notANumber(text, at);
    exponent += negative ? -power : power;
  }
  if (at - text.pos > MAX_LENGTH) {
    throw rowError(text, 'RowInvalid', `A number has ${at - text.pos} characters`, {
      expected: `at most ${MAX_LENGTH}`,
    });
  }
  number.mantissa = mantissa;
  number.exponent = exponent;
  number.dropped = dropped;
  text.pos = at;
}

function notANumber(text: Text, at: number): Error {
  text.pos = at;
  return syntaxError(
    text,
    'a number as JSON has them: digits on both sides of a point, no leading zeros, no plus sign',
  );
}
