/** Rows as lines of cells. */
import { type Column, isNull } from '../../core/column.ts';
import type { Field } from '../../core/schema.ts';
import { append, type ByteStore, byteStore, putByte, reserve } from '../json-values/byte-store.ts';
import { checkUtf8, columnWriter, type ValueWriter } from '../json-values/column-writers.ts';
import type { RowWriter } from '../json-values/text-writer.ts';
import { cellForm } from './cell-text.ts';

const QUOTE = 0x22;
const LINE_FEED = 0x0a;

/** Appends the line with the names of `fields`. */
export function writeHeader(out: ByteStore, fields: readonly Field[], delimiter: number): void {
  const encoder = new TextEncoder();
  fields.forEach(({ name }, i) => {
    if (i > 0) putByte(out, delimiter);
    const bytes = encoder.encode(name);
    // A reader tells the delimiter by the first line, and drops a byte order mark.
    const isPlain = /^[^\s",;|\uFEFF][^",;|\t\r\n]*$/.test(name) && !name.endsWith(' ');
    if (isPlain) append(out, bytes, 0, bytes.length);
    else writeQuoted(out, bytes, 0, bytes.length);
  });
  putByte(out, LINE_FEED);
}

/** Writes the cells of a row and the end of its line. */
export function rowWriter(delimiter: number): RowWriter {
  return (out, fields, columns) => {
    const writers = fields.map((field, i) => cellWriter(out, field, columns[i], delimiter));
    return (row) => {
      for (let i = 0; i < writers.length; i++) {
        if (i > 0) putByte(out, delimiter);
        if (!isNull(columns[i], row)) writers[i](row);
      }
      putByte(out, LINE_FEED);
    };
  };
}

function cellWriter(out: ByteStore, field: Field, column: Column, delimiter: number): ValueWriter {
  const form = cellForm(field.type);
  if (form === 'text') {
    checkUtf8(field, column);
    return textWriter(out, column, delimiter);
  }
  // Nulls are no cells of their own, so JSON has no need to tell its null from them.
  const writeJson = columnWriter(out, { ...field, nullable: false }, { ...column, validity: null });
  if (form === 'boolean') return writeJson;
  if (form === 'json') return jsonWriter(out, writeJson);
  // Times, NaN and infinities are strings in JSON and bare here.
  return (row) => {
    const start = out.length;
    writeJson(row);
    if (out.bytes[start] !== QUOTE) return;
    out.bytes.copyWithin(start, start + 1, out.length - 1);
    out.length -= 2;
  };
}

function textWriter(out: ByteStore, column: Column, delimiter: number): ValueWriter {
  const values = column.values as Uint8Array;
  const offsets = column.offsets!;
  return (row) => {
    const [start, end] = [offsets[row], offsets[row + 1]];
    if (needsQuotes(values, start, end, delimiter)) writeQuoted(out, values, start, end);
    else append(out, values, start, end);
  };
}

/** Cells in quotes with the quotes in them doubled. */
function jsonWriter(out: ByteStore, writeJson: ValueWriter): ValueWriter {
  const aside = byteStore(64);
  return (row) => {
    putByte(out, QUOTE);
    const start = out.length;
    writeJson(row);
    const quote = out.bytes.indexOf(QUOTE, start);
    if (quote >= 0 && quote < out.length) {
      aside.length = 0;
      append(aside, out.bytes, start, out.length);
      out.length = start - 1;
      writeQuoted(out, aside.bytes, 0, aside.length);
    } else putByte(out, QUOTE);
  };
}

function writeQuoted(out: ByteStore, source: Uint8Array, start: number, end: number): void {
  reserve(out, 2 * (end - start) + 2);
  const { bytes } = out;
  let at = out.length;
  bytes[at++] = QUOTE;
  for (let i = start; i < end; i++) {
    if (source[i] === QUOTE) bytes[at++] = QUOTE;
    bytes[at++] = source[i];
  }
  bytes[at++] = QUOTE;
  out.length = at;
}

/** Whether text is empty, holds what separates cells, or would be taken for something else than text. */
function needsQuotes(bytes: Uint8Array, start: number, end: number, delimiter: number): boolean {
  if (start === end || bytes[start] === 0x20 || bytes[end - 1] === 0x20) return true;
  // At the start of a file, it would be taken for a byte order mark.
  if (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) return true;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === delimiter || byte === QUOTE || byte === LINE_FEED || byte === 0x0d) return true;
  }
  return LOOKS_LIKE_MORE[bytes[start]] === 1 && seemsNoText(bytes, start, end);
}

/** The bytes that numbers, booleans, NaN, infinities, lists and objects begin with. */
const LOOKS_LIKE_MORE = new Uint8Array(256);
for (const byte of new TextEncoder().encode('0123456789+-.tTfFnNiI[{')) LOOKS_LIKE_MORE[byte] = 1;

function seemsNoText(bytes: Uint8Array, start: number, end: number): boolean {
  const text = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 16)));
  return /^([-+]?\.?\d|[[{]|(true|false|nan|[-+]?inf(inity)?)$)/i.test(text);
}
