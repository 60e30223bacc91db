/** Stored rows as columns. */
import { isUtf8 } from 'node:buffer';
import { bitmapBytes, setBit } from '../../core/bitmap.ts';
import {
  boolColumn,
  bytesColumn,
  type Column,
  fixedColumn,
  fixedColumnFromBytes,
  listColumn,
  MAX_OFFSET,
  rowOfElement,
} from '../../core/column.ts';
import type { LogicalType } from '../../core/types.ts';
import { VtsError } from '../../errors.ts';
import type { ColumnPlan } from './column-plan.ts';
import { type Element, PADDING } from './h5-type.ts';

/** Rows of a data set. */
export interface StoredRows {
  /** Their values, which the column may keep. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What pointers among the values lead into. */
  readonly heap?: Uint8Array<ArrayBuffer>;
  /** The first of them in the data set, and the file, for messages. */
  readonly firstRow: number;
  readonly file: string;
}

/** The column of some rows. @throws VtsError RowInvalid, MemoryLimit, InputMalformed */
export function decodeRows(plan: ColumnPlan, stored: StoredRows): Column {
  const { layout, field: { type } } = plan;
  const { bytes, heap } = stored;
  const place = (row: number) => ({ file: stored.file, row: stored.firstRow + row, field: plan.field.name });
  switch (layout.as) {
    case 'scalar':
      return decodeElements(layout.element, type, bytes, heap, place);
    case 'vector':
      return fixedColumnFromBytes(type, bytes);
    case 'packed':
      return fixedColumn(type, packBits(bytes, layout.size));
    case 'list': {
      const { width, element } = layout;
      const rows = bytes.length / plan.rowBytes;
      if (rows * width > MAX_OFFSET) throw tooMuch(plan);
      const offsets = Int32Array.from({ length: rows + 1 }, (_, row) => row * width);
      const child = decodeElements(
        element,
        elementType(type),
        bytes,
        heap,
        (i) => place(Math.floor(i / width)),
      );
      return listColumn(type, offsets, [child]);
    }
    case 'varList': {
      const { element } = layout;
      const { offsets, values } = gather(plan, stored, element.size, place);
      const child = decodeElements(
        element,
        elementType(type),
        values,
        heap,
        (i) => place(rowOfElement(offsets, i)),
      );
      return listColumn(type, offsets, [child]);
    }
    case 'sparse': {
      const { offsets, values } = gather(plan, stored, PAIR_BYTES, place);
      return bytesColumn(type, offsets.map((count) => count * PAIR_BYTES), values);
    }
  }
}

const PAIR_BYTES = 8;

function elementType(type: LogicalType): LogicalType {
  if (type.kind !== 'Array') throw new TypeError(`${type.kind} has no elements`);
  return type.element;
}

type PlaceOf = (element: number) => { file: string; row: number; field: string };

/** A column of the values in `bytes`, which starts its own buffer. */
function decodeElements(
  element: Element,
  type: LogicalType,
  bytes: Uint8Array<ArrayBuffer>,
  heap: Uint8Array<ArrayBuffer> | undefined,
  place: PlaceOf,
): Column {
  switch (element.read) {
    case 'same':
      return fixedColumnFromBytes(type, bytes);
    case 'widened':
      return widen(type, element.size, bytes);
    case 'uint64': {
      const highHalves = new Int32Array(bytes.buffer);
      for (let i = 1; i < highHalves.length; i += 2) {
        if (highHalves[i] < 0) {
          const value = new BigUint64Array(bytes.buffer)[i >>> 1];
          throw new VtsError('RowInvalid', `${value} does not fit into Int64`, {
            ...place(i >>> 1),
            expected: `at most ${2n ** 63n - 1n}`,
          });
        }
      }
      return fixedColumnFromBytes(type, bytes);
    }
    case 'float16':
      return fixedColumn(type, floatsOfHalves(new Uint16Array(bytes.buffer)));
    case 'bool': {
      const count = bytes.length / element.size;
      const bits = new Uint8Array(bitmapBytes(count));
      for (let i = 0; i < count; i++) if (bytes[i * element.size] !== 0) setBit(bits, i);
      return boolColumn(count, bits);
    }
    case 'fixedText':
      return checkText(fixedTexts(type, element, bytes), place);
    case 'text':
      return checkText(texts(type, new Uint32Array(bytes.buffer), heap!, place), place);
  }
}

function widen(type: LogicalType, size: number, bytes: Uint8Array<ArrayBuffer>): Column {
  if (size === 1) return fixedColumn(type, Int16Array.from(bytes));
  if (size === 2) return fixedColumn(type, Int32Array.from(new Uint16Array(bytes.buffer)));
  const values = new Uint32Array(bytes.length / 2);
  new Uint32Array(bytes.buffer).forEach((value, i) => values[2 * i] = value);
  return fixedColumn(type, new BigInt64Array(values.buffer));
}

/** Half-precision floats as single-precision ones, bit by bit, so that NaNs keep their payload. */
function floatsOfHalves(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const sign = (halves[i] & 0x8000) << 16;
    const exponent = halves[i] >>> 10 & 31;
    let mantissa = halves[i] & 0x3ff;
    if (exponent === 31) bits[i] = sign | 0x7f800000 | mantissa << 13;
    else if (exponent > 0) bits[i] = sign | (exponent + 112) << 23 | mantissa << 13;
    else if (mantissa === 0) bits[i] = sign;
    else {
      let shift = 0;
      for (; (mantissa & 0x400) === 0; shift++) mantissa <<= 1;
      bits[i] = sign | (113 - shift) << 23 | (mantissa & 0x3ff) << 13;
    }
  }
  return new Float32Array(bits.buffer);
}

/** Booleans of `size` bytes as bits, the first in the highest bit of a byte. */
function packBits(values: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const count = values.length / size;
  const packed = new Uint8Array(count / 8);
  for (let i = 0; i < count; i++) if (values[i * size] !== 0) packed[i >>> 3] |= 0x80 >>> (i & 7);
  return packed;
}

/** Fixed text without its padding: as much as the type declares, and no more. */
function fixedTexts(
  type: LogicalType,
  { size, padding }: Element & { read: 'fixedText' },
  bytes: Uint8Array<ArrayBuffer>,
): Column {
  const count = bytes.length / size;
  const offsets = new Int32Array(count + 1);
  let end = 0;
  for (let i = 0; i < count; i++) {
    const text = bytes.subarray(i * size, (i + 1) * size);
    const length = textLength(text, padding);
    // Texts only move towards the front.
    bytes.copyWithin(end, i * size, i * size + length);
    end += length;
    offsets[i + 1] = end;
  }
  return bytesColumn(type, offsets, bytes.subarray(0, end));
}

function textLength(text: Uint8Array, padding: number): number {
  if (padding === PADDING.nulTerminated) {
    const nul = text.indexOf(0);
    return nul < 0 ? text.length : nul;
  }
  const pad = padding === PADDING.spacePadded ? 0x20 : 0;
  let length = text.length;
  while (length > 0 && text[length - 1] === pad) length--;
  return length;
}

/** The texts that `pointers` lead to; a null pointer is the empty text. */
function texts(
  type: LogicalType,
  pointers: Uint32Array,
  heap: Uint8Array<ArrayBuffer>,
  place: PlaceOf,
): Column {
  const offsets = new Int32Array(pointers.length + 1);
  let end = 0;
  for (let i = 0; i < pointers.length; i++) {
    const start = pointers[i];
    const nul = start === 0 ? 0 : heap.indexOf(0, start);
    if (nul < start) throw new VtsError('InputMalformed', 'a text has no end', place(i));
    end += nul - start;
    if (end > MAX_OFFSET) {
      throw new VtsError('MemoryLimit', 'a batch holds more than 2 GiB of one column', place(i));
    }
    offsets[i + 1] = end;
  }
  const values = new Uint8Array(end);
  for (let i = 0; i < pointers.length; i++) {
    values.set(heap.subarray(pointers[i], pointers[i] + offsets[i + 1] - offsets[i]), offsets[i]);
  }
  return bytesColumn(type, offsets, values);
}

/** Refuses texts that are not UTF-8. */
function checkText(column: Column, place: PlaceOf): Column {
  const offsets = column.offsets!;
  const values = column.values as Uint8Array;
  // All texts in a row are UTF-8, and none starts within a character: then each of them is.
  let valid = isUtf8(values);
  for (let i = 0; valid && i < column.length; i++) {
    valid = offsets[i] === offsets[i + 1] || (values[offsets[i]] & 0xc0) !== 0x80;
  }
  if (valid) return column;
  for (let i = 0; i < column.length; i++) {
    const text = values.subarray(offsets[i], offsets[i + 1]);
    if (isUtf8(text)) continue;
    const bad = firstBadByte(text);
    throw new VtsError(
      'RowInvalid',
      `the text is not UTF-8: its byte ${bad} is 0x${text[bad].toString(16)}`,
      {
        ...place(i),
        expected: 'text in UTF-8',
        remedy: 'rewrite the column in UTF-8, or leave it out with --fields',
      },
    );
  }
  throw new TypeError('invalid text was not found again');
}

/** Where `text` first stops being UTF-8. */
function firstBadByte(text: Uint8Array): number {
  for (let at = 0;;) {
    const size = text[at] < 0xc0 ? 1 : text[at] < 0xe0 ? 2 : text[at] < 0xf0 ? 3 : 4;
    if (!isUtf8(text.subarray(at, at + size))) return at;
    at += size;
  }
}

/** What the (length, pointer) pairs of some rows lead to, one after the other; offsets count elements. */
function gather(
  plan: ColumnPlan,
  { bytes, heap }: StoredRows,
  size: number,
  place: PlaceOf,
): { offsets: Int32Array; values: Uint8Array<ArrayBuffer> } {
  const pairs = new Uint32Array(bytes.buffer);
  const rows = pairs.length / 2;
  const offsets = new Int32Array(rows + 1);
  let end = 0;
  for (let row = 0; row < rows; row++) {
    const length = pairs[2 * row] * size;
    if (length > 0 && pairs[2 * row + 1] + length > heap!.length) {
      throw new VtsError('InputMalformed', `a list claims ${pairs[2 * row]} elements`, place(row));
    }
    end += pairs[2 * row];
    if (end * size > MAX_OFFSET) throw tooMuch(plan);
    offsets[row + 1] = end;
  }
  const values = new Uint8Array(end * size);
  for (let row = 0; row < rows; row++) {
    const start = pairs[2 * row + 1];
    values.set(heap!.subarray(start, start + pairs[2 * row] * size), offsets[row] * size);
  }
  return { offsets, values };
}

function tooMuch(plan: ColumnPlan): VtsError {
  return new VtsError('MemoryLimit', 'a batch holds more than 2 GiB of one column', {
    field: plan.field.name,
    remedy: 'use a smaller --batch-bytes',
  });
}
