/** JSON text put into a line as it is, digits and spacing included, once it is known to be JSON. */
import type { Field } from '../../core/schema.ts';
import { isVtsError, VtsError } from '../../errors.ts';
import { append, type ByteStore, reserve } from './byte-store.ts';
import { skipValue } from './skip-value.ts';
import { atWord, emptyText, PADDING, skipSpace, syntaxError, type Text } from './text.ts';

const scratch: Text = emptyText('');

/**
 * Writes the JSON text `source[start .. end)` of row `row`. Line breaks between its tokens become spaces. In a nullable
 * field the JSON value null gets a space behind it, which tells it from a missing value.
 * @throws VtsError RowInvalid when it is not JSON
 */
export function writeJson(
  out: ByteStore,
  source: Uint8Array,
  start: number,
  end: number,
  { name, nullable }: Field,
  row: number,
): void {
  const first = out.length;
  append(out, source, start, end);
  reserve(out, PADDING);
  const { bytes } = out;
  // A carriage return, unlike a line feed, may stand between tokens of a line, and like it not within a string.
  replace(bytes, first, out.length, 0x0a, 0x0d);
  bytes[out.length] = 0x0a;
  const text = scratch;
  text.bytes = bytes;
  text.view = new DataView(bytes.buffer);
  text.pos = first;
  try {
    skipSpace(text);
    const isNull = atWord(text, 'null');
    skipValue(text);
    if (skipSpace(text) !== 0x0a || text.pos !== out.length) throw syntaxError(text, 'nothing more');
    replace(bytes, first, out.length, 0x0d, 0x20);
    if (isNull && nullable) bytes[out.length++] = 0x20;
  } catch (error) {
    if (!isVtsError(error)) throw error;
    throw new VtsError('RowInvalid', `The value is not valid JSON at its byte ${text.pos - first}`, {
      row,
      field: name,
      expected: error.details.expected,
      cause: error,
    });
  }
}

function replace(bytes: Uint8Array, start: number, end: number, old: number, by: number): void {
  for (let at = start; at < end; at++) if (bytes[at] === old) bytes[at] = by;
}
