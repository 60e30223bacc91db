/** JSON strings (RFC 8259, section 7): decoded to UTF-8 when read, escaped when written. */
import { isUtf8 } from 'node:buffer';
import { append, type ByteStore, reserve } from './byte-store.ts';
import { rowError, syntaxError, type Text, wrongType } from './text.ts';

/** Appends the UTF-8 bytes of the string at `pos` to `store` and moves past it. @throws VtsError RowInvalid, InputMalformed */
export function readString(text: Text, store: ByteStore): void {
  if (text.bytes[text.pos] !== 0x22) throw wrongType(text, 'a string');
  text.pos++;
  for (;;) {
    const start = text.pos;
    const stop = scanPlain(text);
    append(store, text.bytes, start, text.pos);
    if (stop === 0x22) {
      text.pos++;
      return;
    }
    readEscape(text, store);
  }
}

/** Moves past the string at `pos`, checking it as {@linkcode readString} does, lone surrogates aside. */
export function skipString(text: Text): void {
  text.pos++;
  for (;;) {
    const stop = scanPlain(text);
    text.pos++;
    if (stop === 0x22) return;
    const escape = text.bytes[text.pos];
    if (escape === 0x75) hexDigits(text, text.pos + 1);
    else if (ESCAPES[escape] === 0) throw syntaxError(text, ESCAPE_RULE);
    text.pos += escape === 0x75 ? 5 : 1;
  }
}

/** Moves to the next quote or backslash of a string and returns it. */
function scanPlain(text: Text): number {
  const { bytes } = text;
  const start = text.pos;
  let at = start;
  let byte = bytes[at];
  let all = 0;
  while (byte >= 0x20 && byte !== 0x22 && byte !== 0x5c) {
    all |= byte;
    byte = bytes[++at];
  }
  text.pos = at;
  if (byte < 0x20) throw syntaxError(text, 'a string that ends on its line, with control characters escaped');
  if (all > 0x7f && !isUtf8(bytes.subarray(start, at))) throw invalidUtf8(text, start, at);
  return byte;
}

function invalidUtf8(text: Text, start: number, end: number): Error {
  // The longest valid beginning ends where the trouble is.
  let [good, bad] = [start, end];
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    const whole = lastCharacterStart(text.bytes, start, middle);
    if (isUtf8(text.bytes.subarray(start, whole))) good = middle;
    else bad = middle;
  }
  const at = lastCharacterStart(text.bytes, start, good);
  return rowError(text, 'InputMalformed', 'The text is not valid UTF-8', {
    expected: 'UTF-8',
    remedy: 'convert the file first, say with iconv',
  }, at);
}

/** The end of the whole characters in `[start, end)`: before the last lead byte, when its character is not complete. */
function lastCharacterStart(bytes: Uint8Array, start: number, end: number): number {
  for (let at = end - 1; at >= start && at > end - 4; at--) {
    if (bytes[at] < 0x80) return end;
    if (bytes[at] >= 0xc0) {
      const length = bytes[at] >= 0xf0 ? 4 : bytes[at] >= 0xe0 ? 3 : 2;
      return at + length > end ? at : end;
    }
  }
  return end;
}

const ESCAPE_RULE = 'an escape: \\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u with four hexadecimal digits';

/** The character that each letter after a backslash stands for; 0 for none. */
const ESCAPES = new Uint8Array(256);
for (
  const [letter, character] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t'].map((
    pair,
  ) => [...pair])
) {
  ESCAPES[letter.charCodeAt(0)] = character.charCodeAt(0);
}

/** Appends the character of the escape at `pos` and moves past it. */
function readEscape(text: Text, store: ByteStore): void {
  const { bytes, pos } = text;
  const letter = bytes[pos + 1];
  reserve(store, 4);
  if (letter !== 0x75) {
    text.pos++;
    if (ESCAPES[letter] === 0) throw syntaxError(text, ESCAPE_RULE);
    store.bytes[store.length++] = ESCAPES[letter];
    text.pos++;
    return;
  }
  let code = hexDigits(text, pos + 2);
  let end = pos + 6;
  if (code >= 0xd800 && code < 0xdc00 && bytes[end] === 0x5c && bytes[end + 1] === 0x75) {
    const second = hexDigits(text, end + 2);
    if (second >= 0xdc00 && second < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (second - 0xdc00);
      end += 6;
    }
  }
  if (code >= 0xd800 && code < 0xe000) {
    throw rowError(text, 'InputMalformed', `\\u${code.toString(16)} is half a character: a lone surrogate`, {
      expected: 'surrogates in pairs, a high one followed by a low one',
      remedy: 'correct the text; it has no UTF-8 form',
    }, pos);
  }
  appendCharacter(store, code);
  text.pos = end;
}

function hexDigits(text: Text, at: number): number {
  let code = 0;
  for (let i = 0; i < 4; i++) {
    const byte = text.bytes[at + i];
    const digit = byte >= 48 && byte <= 57
      ? byte - 48
      : (byte | 0x20) >= 97 && (byte | 0x20) <= 102
      ? (byte | 0x20) - 87
      : -1;
    if (digit < 0) {
      text.pos = at + i;
      throw syntaxError(text, ESCAPE_RULE);
    }
    code = code * 16 + digit;
  }
  return code;
}

function appendCharacter(store: ByteStore, code: number): void {
  const { bytes } = store;
  if (code < 0x80) bytes[store.length++] = code;
  else {
    if (code < 0x800) bytes[store.length++] = 0xc0 | (code >> 6);
    else {
      if (code < 0x10000) bytes[store.length++] = 0xe0 | (code >> 12);
      else {
        bytes[store.length++] = 0xf0 | (code >> 18);
        bytes[store.length++] = 0x80 | ((code >> 12) & 63);
      }
      bytes[store.length++] = 0x80 | ((code >> 6) & 63);
    }
    bytes[store.length++] = 0x80 | (code & 63);
  }
}

/** For each byte that must be escaped the letter after its backslash, `u` for a \\u escape; 0 for all others. */
const LETTERS = new Uint8Array(256);
LETTERS.fill(0x75, 0, 0x20);
for (let letter = 0; letter < 256; letter++) {
  if (ESCAPES[letter] !== 0 && letter !== 0x2f) LETTERS[ESCAPES[letter]] = letter;
}
const HEX = new TextEncoder().encode('0123456789abcdef');

/** Writes the UTF-8 text `source[start .. end)` as a JSON string. */
export function writeString(out: ByteStore, source: Uint8Array, start: number, end: number): void {
  reserve(out, 6 * (end - start) + 2);
  const { bytes } = out;
  let at = out.length;
  bytes[at++] = 0x22;
  for (let i = start; i < end; i++) {
    const byte = source[i];
    const letter = LETTERS[byte];
    if (letter === 0) {
      bytes[at++] = byte;
      continue;
    }
    bytes[at++] = 0x5c;
    bytes[at++] = letter;
    if (letter !== 0x75) continue;
    bytes[at++] = 0x30;
    bytes[at++] = 0x30;
    bytes[at++] = HEX[byte >> 4];
    bytes[at++] = HEX[byte & 15];
  }
  bytes[at++] = 0x22;
  out.length = at;
}
