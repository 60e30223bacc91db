/** Moving past any JSON value while checking it: for JSON fields, whose text is kept, and for columns nobody asked for. */
import { scanNumber } from './scan-number.ts';
import { skipString } from './strings.ts';
import { atWord, rowError, skipSpace, syntaxError, type Text } from './text.ts';

/** Values may be nested this deep. */
const MAX_DEPTH = 512;

/** Words that some writers use for floats; not JSON. */
const BARE_FLOATS = ['NaN', 'Infinity', '-Infinity'];

/**
 * Moves past the value at `pos`; with `bareFloats` also past NaN and Infinity as Python writes them.
 * @throws VtsError InputMalformed, RowInvalid
 */
export function skipValue(text: Text, bareFloats = false, depth = 0): void {
  const byte = text.bytes[text.pos];
  switch (byte) {
    case 0x22:
      return skipString(text);
    case 0x7b:
    case 0x5b:
      if (depth === MAX_DEPTH) {
        throw rowError(text, 'RowInvalid', `A value is nested more than ${MAX_DEPTH} levels deep`);
      }
      return skipItems(text, byte === 0x7b, bareFloats, depth + 1);
    case 0x74:
      return skipWord(text, 'true');
    case 0x66:
      return skipWord(text, 'false');
    case 0x6e:
      return skipWord(text, 'null');
  }
  const word = bareFloats ? BARE_FLOATS.find((candidate) => atWord(text, candidate)) : undefined;
  if (word !== undefined) text.pos += word.length;
  else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) scanNumber(text);
  else throw syntaxError(text, 'a JSON value');
}

function skipWord(text: Text, word: string): void {
  if (!atWord(text, word)) throw syntaxError(text, word);
  text.pos += word.length;
}

/** Moves past an object or an array. */
function skipItems(text: Text, isObject: boolean, bareFloats: boolean, depth: number): void {
  const close = isObject ? 0x7d : 0x5d;
  text.pos++;
  if (skipSpace(text) === close) {
    text.pos++;
    return;
  }
  do {
    const byte = skipSpace(text);
    if (isObject) {
      if (byte !== 0x22) throw syntaxError(text, 'a key in double quotes');
      skipString(text);
      expectColon(text);
    }
    skipValue(text, bareFloats, depth);
  } while (nextItem(text, close));
}

/** Moves past a colon and the spaces around it. */
export function expectColon(text: Text): void {
  if (skipSpace(text) !== 0x3a) throw syntaxError(text, 'a colon after the key');
  text.pos++;
  skipSpace(text);
}

/** Moves past a comma and says true, or past the bracket `close` and says false. */
export function nextItem(text: Text, close: number): boolean {
  const byte = skipSpace(text);
  if (byte !== 0x2c && byte !== close) throw syntaxError(text, `a comma or "${String.fromCharCode(close)}"`);
  text.pos++;
  return byte === 0x2c;
}
