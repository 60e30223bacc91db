/** The brackets and commas of a vector, whose length is known. */
import { many } from '../../core/many.ts';
import { misfit, skipSpace, syntaxError, type Text, wrongType } from './text.ts';

/** Moves past the opening bracket of a vector of `count` elements, at least one. */
export function beginVector(text: Text, count: number): void {
  if (text.bytes[text.pos] !== 0x5b) throw wrongType(text, 'an array of numbers');
  text.pos++;
  if (skipSpace(text) === 0x5d) throw badLength(text, 0, count);
}

/** Moves past what follows element `i` of `count`: a comma, or after the last one the closing bracket. */
export function endElement(text: Text, i: number, count: number): void {
  const { bytes } = text;
  let byte = bytes[text.pos];
  if (byte <= 0x20) byte = skipSpace(text);
  if (byte === 0x2c && i + 1 < count) {
    if (bytes[++text.pos] <= 0x20) skipSpace(text);
  } else if (byte === 0x5d && i + 1 === count) text.pos++;
  else throw badLength(text, i + 1, count);
}

function badLength(text: Text, read: number, count: number): Error {
  const byte = text.bytes[text.pos];
  const expected = many(count, 'element');
  if (byte === 0x5d) return misfit(text, `The vector has ${many(read, 'element')}`, expected);
  if (byte === 0x2c) return misfit(text, `The vector has more than ${expected}`, expected);
  return syntaxError(text, 'a comma or "]"');
}
