/**
 * The text being read: whole lines in a byte buffer, and where the reader stands in them.
 *
 * Every line in the buffer ends with a line feed (one is added to a last line without), and no JSON token contains one.
 * So the scanning loops stop there by themselves and need no check against the buffer's end.
 */
import { type ErrorCode, VtsError } from '../../errors.ts';

/** Bytes kept readable past the last line, for loops that look at several bytes at once. */
export const PADDING = 64;

/** A buffer of whole lines with the reading position. Scanners move `pos` and leave the rest. */
export interface Text {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView;
  /** The next byte to look at. */
  pos: number;
  /** The end of the last whole line in `bytes`. */
  end: number;
  /** Where `bytes[0]` lies in the decompressed stream. */
  base: number;
  /** Lines before `pos`. */
  line: number;
  /** Rows before `pos`. */
  row: number;
  /** Whether the line feed at `end - 1` was added because the file ends without one. */
  cut: boolean;
  readonly file: string;
  /** What `bytes` are: lines with a JSON object each, or the JSON value of one cell of a table. */
  readonly unit: 'line' | 'cell';
  /** Whether the user gave the types, rather than the first rows. */
  typesGiven: boolean;
  /** The field whose value is being read. */
  field: string | undefined;
  /** The number that `scanNumber` read last. */
  readonly number: ScannedNumber;
}

/** A number as its digits say it: about `mantissa` times ten to the `exponent`. */
export interface ScannedNumber {
  negative: boolean;
  /** The first 17 significant digits, rounded to a double. */
  mantissa: number;
  exponent: number;
  /** Whether digits other than 0 were dropped behind those. */
  dropped: boolean;
  /** Whether it has neither fraction nor exponent. */
  whole: boolean;
}

/** A text without bytes. */
export function emptyText(file: string, unit: Text['unit'] = 'line'): Text {
  const bytes = new Uint8Array(PADDING);
  return {
    bytes,
    view: new DataView(bytes.buffer),
    pos: 0,
    end: 0,
    base: 0,
    line: 0,
    row: 0,
    cut: false,
    file,
    unit,
    typesGiven: false,
    field: undefined,
    number: { negative: false, mantissa: 0, exponent: 0, dropped: false, whole: true },
  };
}

/** What an error about a row may say besides where it is. */
export interface Complaint {
  readonly expected?: string;
  readonly remedy?: string;
}

/** An error about the row at hand, at byte `at` of the buffer. */
export function rowError(
  text: Text,
  code: ErrorCode,
  message: string,
  { expected, remedy }: Complaint = {},
  at: number = text.pos,
): VtsError {
  const { file, line, row, base, field } = text;
  return new VtsError(code, message, { file, line: line + 1, row, byte: base + at, field, expected, remedy });
}

/** The error for text that is not JSON, or that ends before its last value does. */
export function syntaxError(text: Text, expected: string): VtsError {
  if (text.cut && text.pos >= text.end - 1) {
    return rowError(text, 'InputTruncated', 'The last line ends in the middle of a row', {
      expected,
      remedy: 'copy or make the file again: its end is missing',
    });
  }
  const isLine = text.unit === 'line';
  const what = isLine ? `Line ${text.line + 1}` : 'The cell';
  return rowError(text, 'InputMalformed', `${what} is not valid JSON: found ${describeByte(text)}`, {
    expected,
    remedy: isLine
      ? 'each line must be one JSON object'
      : 'write vectors, arrays and objects as JSON: "[0.5, 1]"',
  });
}

/** The error for a value that is JSON but does not fit its field. */
export function misfit(
  text: Text,
  message: string,
  expected: string,
  at: number = text.pos,
  remedy: string = text.typesGiven
    ? 'correct the row, or the schema'
    : 'correct the row, or give the types of all fields with --schema FILE',
): VtsError {
  return rowError(text, 'RowInvalid', message, { expected, remedy }, at);
}

/** The error for a value of another JSON type than its field has. */
export function wrongType(text: Text, expected: string): VtsError {
  const found = typeAt(text);
  return found === undefined ? syntaxError(text, expected) : misfit(text, `The value is ${found}`, expected);
}

/** The error for a key at `at` that its object has twice. */
export function duplicateKey(text: Text, name: string, at: number): VtsError {
  return rowError(text, 'InputMalformed', `The key ${JSON.stringify(name)} occurs twice`, {
    expected: 'each key once a row',
  }, at);
}

/** What kind of JSON value begins at `pos`; `undefined` when none does. */
function typeAt(text: Text): string | undefined {
  const byte = text.bytes[text.pos];
  if (byte === 0x22) return 'a string';
  if (byte === 0x7b) return 'an object';
  if (byte === 0x5b) return 'an array';
  if (byte === 0x74 || byte === 0x66) return 'a boolean';
  if (byte === 0x6e) return 'null';
  if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return 'a number';
  return byte === 0x4e || byte === 0x49 ? 'not a finite number' : undefined;
}

function describeByte({ bytes, pos, unit }: Text): string {
  const byte = bytes[pos];
  if (byte === 0x0a) return `the end of the ${unit}`;
  if (byte > 0x20 && byte < 0x7f) return `"${String.fromCharCode(byte)}"`;
  return `byte 0x${byte.toString(16).padStart(2, '0')}`;
}

/** Moves past spaces within a line. */
export function skipSpace(text: Text): number {
  const { bytes } = text;
  let byte = bytes[text.pos];
  while (byte === 0x20 || byte === 0x09 || byte === 0x0d) byte = bytes[++text.pos];
  return byte;
}

/** Whether the ASCII `word` stands at `pos`. */
export function atWord({ bytes, pos }: Text, word: string): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[pos + i] !== word.charCodeAt(i)) return false;
  return true;
}

/** Moves to the object of the line at `pos`; past the line, saying false, when it is blank. */
export function beginRow(text: Text): boolean {
  if (skipSpace(text) !== 0x0a) return true;
  text.pos++;
  text.line++;
  return false;
}

/** Moves past the end of a row's line. */
export function endRow(text: Text): void {
  if (skipSpace(text) !== 0x0a) throw syntaxError(text, 'the end of the line after the object');
  text.pos++;
  text.line++;
  text.row++;
}
