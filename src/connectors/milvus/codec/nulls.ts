/**
 * Null rows, which travel in two forms. *Dense*: a value for each row, a placeholder where it is null. *Compact*: values of
 * the other rows only. Replies come in either form, told apart by their length; inserts are always compact.
 */
import { bitmapBytes, countBits, getBit, setBit } from '../../../core/bitmap.ts';
import { type Column, encodingOf, type Values } from '../../../core/column.ts';
import { malformed } from './wire.ts';

/** A bit a row. */
export interface Bits {
  readonly bits: Uint8Array<ArrayBuffer>;
  readonly length: number;
}

/** Rows as pairs start, end, start, end, ... in rising order. */
type Ranges = readonly number[];

/** `column` as a reply holds it, with the nulls that `valid` tells; no bits mean no nulls. */
export function applyValidity(column: Column, valid: Bits): Column {
  if (valid.length === 0) return column;
  const count = countBits(valid.bits, valid.length);
  if (column.length !== valid.length && column.length !== count) {
    throw malformed(
      `${column.length} values came for ${valid.length} rows, of which ${count} are not null`,
    );
  }
  if (count === valid.length) return column;
  return column.length === valid.length ? blankNulls(column, valid) : spread(column, valid);
}

/** `column` without its null rows. */
export function withoutNulls(column: Column): Column {
  if (column.validity === null) return column;
  return takeRanges(column, validRanges(column.validity, column.length));
}

/** The rows in `ranges`, which hold no null rows of `column` itself. */
function takeRanges(column: Column, ranges: Ranges): Column {
  let length = 0;
  for (let r = 0; r < ranges.length; r += 2) length += ranges[r + 1] - ranges[r];
  const { type, values } = column;
  const shape = { type, length, validity: null, children: [], offsets: null };
  const encoding = encodingOf(type);
  switch (encoding.layout) {
    case 'bits':
      return { ...shape, values: takeBits(values as Uint8Array, ranges, length) };
    case 'fixed': {
      const taken = new encoding.array(length * encoding.stride);
      copyRanges(values, ranges.map((row) => row * encoding.stride), taken);
      return { ...shape, values: taken };
    }
    case 'bytes': {
      const [offsets, inner] = takeOffsets(column.offsets!, ranges, length);
      const taken = new Uint8Array(offsets[length]);
      copyRanges(values, inner, taken);
      return { ...shape, offsets, values: taken };
    }
    case 'list': {
      const [offsets, inner] = takeOffsets(column.offsets!, ranges, length);
      const children = column.children.map((child) => {
        const taken = takeRanges(child, inner);
        return child.validity === null
          ? taken
          : { ...taken, validity: takeBits(child.validity, inner, taken.length) };
      });
      return { ...shape, offsets, values, children };
    }
  }
}

/** `column` with the null rows of `valid` put in. */
function spread(column: Column, { bits, length }: Bits): Column {
  const { type, values, children } = column;
  const shape = { type, length, validity: bits, children, offsets: null };
  const encoding = encodingOf(type);
  if (encoding.layout === 'fixed') {
    const wide = new encoding.array(length * encoding.stride);
    let from = 0;
    const ranges = validRanges(bits, length);
    for (let r = 0; r < ranges.length; r += 2) {
      const to = from + (ranges[r + 1] - ranges[r]) * encoding.stride;
      wide.set(values.subarray(from, to) as never, ranges[r] * encoding.stride);
      from = to;
    }
    return { ...shape, values: wide };
  }
  if (encoding.layout === 'bits') {
    const wide = new Uint8Array(bitmapBytes(length));
    for (let row = 0, from = 0; row < length; row++) {
      if (getBit(bits, row) && getBit(values as Uint8Array, from++)) setBit(wide, row);
    }
    return { ...shape, values: wide };
  }
  const offsets = new Int32Array(length + 1);
  for (let row = 0, from = 0; row < length; row++) {
    offsets[row] = column.offsets![from];
    if (getBit(bits, row)) from++;
  }
  offsets[length] = column.offsets![column.length];
  return { ...shape, offsets, values };
}

/** `column`, a value for each row, with zeros or nothing where `valid` says null. Values of a fixed layout change in place. */
function blankNulls(column: Column, valid: Bits): Column {
  const { bits, length } = valid;
  const nulls = { ...column, validity: bits };
  const encoding = encodingOf(column.type);
  if (encoding.layout === 'bytes' || encoding.layout === 'list') return spread(withoutNulls(nulls), valid);
  if (encoding.layout === 'bits') {
    for (let i = 0; i < bitmapBytes(length); i++) (column.values as Uint8Array)[i] &= bits[i];
    return nulls;
  }
  const { buffer, byteOffset, byteLength } = column.values;
  const rowBytes = byteLength / length;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  for (let row = 0; row < length; row++) {
    if (!getBit(bits, row)) bytes.fill(0, row * rowBytes, (row + 1) * rowBytes);
  }
  return nulls;
}

/** The rows whose bit is set. */
function validRanges(bits: Uint8Array, length: number): Ranges {
  const ranges: number[] = [];
  for (let row = 0; row < length; row++) {
    if (getBit(bits, row) !== (ranges.length % 2 === 1)) ranges.push(row);
  }
  if (ranges.length % 2 === 1) ranges.push(length);
  return ranges;
}

/** Copies the `ranges` of `from`, one after the other, into `to`. */
function copyRanges(from: Values, ranges: Ranges, to: Values): void {
  let at = 0;
  for (let r = 0; r < ranges.length; r += 2) {
    to.set(from.subarray(ranges[r], ranges[r + 1]) as never, at);
    at += ranges[r + 1] - ranges[r];
  }
}

function takeBits(bits: Uint8Array, ranges: Ranges, length: number): Uint8Array<ArrayBuffer> {
  const taken = new Uint8Array(bitmapBytes(length));
  let at = 0;
  for (let r = 0; r < ranges.length; r += 2) {
    for (let row = ranges[r]; row < ranges[r + 1]; row++, at++) if (getBit(bits, row)) setBit(taken, at);
  }
  return taken;
}

/** The offsets of the rows in `ranges`, from 0 on, and the ranges of what they refer to. */
function takeOffsets(offsets: Int32Array, ranges: Ranges, length: number): [Int32Array, Ranges] {
  const taken = new Int32Array(length + 1);
  let row = 0;
  let end = 0;
  for (let r = 0; r < ranges.length; r += 2) {
    const shift = end - offsets[ranges[r]];
    for (let from = ranges[r] + 1; from <= ranges[r + 1]; from++) taken[++row] = offsets[from] + shift;
    end = taken[row];
  }
  return [taken, ranges.map((at) => offsets[at])];
}
