/** The digits of JSON numbers (RFC 8259, section 6), scanned byte by byte. */
import { rowError, syntaxError, type Text } from './text.ts';

/** Numbers written with more characters are refused; the longest exact double has 1079. */
const MAX_LENGTH = 4096;

/** Scans the number at `pos` into `text.number` and moves past it. @throws VtsError InputMalformed when there is none */
export function scanNumber(text: Text): void {
  const { bytes, number } = text;
  number.negative = bytes[text.pos] === 0x2d;
  const first = number.negative ? text.pos + 1 : text.pos;
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
  if (integerDigits === 0) throw notANumber(text, first);
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
