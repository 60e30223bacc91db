/** Moving past any JSON value while checking it: for JSON fields, whose text is kept, and for columns nobody asked for. */
import { scanNumber } from './scan-number.ts';
import { skipString } from './strings.ts';
import { atWord, rowError, skipSpace, syntaxError, type Text } from './text.ts';

/** Values may be nested this deep. */
const MAX_DEPTH = 512;

/** Moves past the value at `pos`. @throws VtsError InputMalformed, RowInvalid */
export function skipValue(text: Text, depth = 0): void {
  const byte = text.bytes[text.pos];
  switch (byte) {
    case 0x22:
      return skipString(text);
    case 0x7b:
    case 0x5b:
      if (depth === MAX_DEPTH) {
        throw rowError(text, 'RowInvalid', `A value is nested more than ${MAX_DEPTH} levels deep`);
      }
      return byte === 0x7b ? skipObject(text, depth + 1) : skipArray(text, depth + 1);
    case 0x74:
      return skipWord(text, 'true');
    case 0x66:
      return skipWord(text, 'false');
    case 0x6e:
      return skipWord(text, 'null');
    default:
      if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return scanNumber(text);
      throw syntaxError(text, 'a JSON value');
  }
}

function skipWord(text: Text, word: string): void {
  if (!atWord(text, word)) throw syntaxError(text, word);
  text.pos += word.length;
}

function skipArray(text: Text, depth: number): void {
  text.pos++;
  if (skipSpace(text) === 0x5d) {
    text.pos++;
    return;
  }
  do {
    skipSpace(text);
    skipValue(text, depth);
  } while (nextItem(text, 0x5d));
}

function skipObject(text: Text, depth: number): void {
  text.pos++;
  if (skipSpace(text) === 0x7d) {
    text.pos++;
    return;
  }
  do {
    if (skipSpace(text) !== 0x22) throw syntaxError(text, 'a key in double quotes');
    skipString(text);
    expectColon(text);
    skipValue(text, depth);
  } while (nextItem(text, 0x7d));
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
