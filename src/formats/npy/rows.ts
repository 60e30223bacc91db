/** The bytes of some rows of an array: one after the other, little-endian, whatever order the file has. */
import { Buffer } from 'node:buffer';
import type { ByteSource } from '../../stores/bytes.ts';
import { readFully } from '../fixed-rows.ts';
import type { ArrayType } from './array-type.ts';

/** Where an array lies. */
export interface ArrayPlace {
  readonly source: ByteSource;
  readonly start: number;
  readonly type: ArrayType;
  readonly rows: number;
  readonly width: number;
  readonly fortranOrder: boolean;
}

/** Gives rows. They may be asked for in any order; forwards is fast. */
export type RowBytes = (first: number, count: number) => Uint8Array<ArrayBuffer>;

/** Reads the rows of `place`. */
export function rowBytesOf(place: ArrayPlace): RowBytes {
  const { type: { size }, width, source, start } = place;
  const read: RowBytes = (first, count) => {
    const bytes = new Uint8Array(count * width * size);
    readFully(source, bytes, start + first * width * size);
    toLittleEndian(bytes, place.type);
    return bytes;
  };
  return place.fortranOrder && width > 1 && place.rows > 1 ? columnMajor(place) : read;
}

/** Native swaps need their element size as alignment, which fresh buffers have. */
function toLittleEndian(bytes: Uint8Array<ArrayBuffer>, { unit, bigEndian }: ArrayType): void {
  if (!bigEndian || unit === 1) return;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (unit === 2) buffer.swap16();
  else if (unit === 4) buffer.swap32();
  else buffer.swap64();
}

/**
 * Columns lie one after the other, so a row is in as many places as it has values. A window of rows is gathered at once: the more of
 * them, the longer the pieces that are read.
 */
const WINDOW_BYTES = 16 << 20;

function columnMajor(place: ArrayPlace): RowBytes {
  const { type, width, rows } = place;
  const rowBytes = width * type.size;
  const windowRows = Math.max(1, Math.floor(WINDOW_BYTES / rowBytes));
  let window = new Uint8Array(0);
  let from = 0;
  return (first, count) => {
    const bytes = new Uint8Array(count * rowBytes);
    for (let done = 0; done < count;) {
      const row = first + done;
      if (row < from || row >= from + window.length / rowBytes) {
        from = row;
        window = gather(place, row, Math.min(windowRows, rows - row));
      }
      const taken = Math.min(count - done, from + window.length / rowBytes - row);
      bytes.set(window.subarray((row - from) * rowBytes, (row - from + taken) * rowBytes), done * rowBytes);
      done += taken;
    }
    return bytes;
  };
}

function gather(
  { source, start, type, rows, width }: ArrayPlace,
  first: number,
  count: number,
): Uint8Array<ArrayBuffer> {
  const { size } = type;
  const window = new Uint8Array(count * width * size);
  const column = new Uint8Array(count * size);
  for (let i = 0; i < width; i++) {
    readFully(source, column, start + (i * rows + first) * size);
    toLittleEndian(column, type);
    scatter(column, window, size, i, width);
  }
  return window;
}

/** Puts the values of column `i` into their rows, as integers so that no float changes. */
function scatter(column: Uint8Array, window: Uint8Array, size: number, i: number, width: number): void {
  if (size === 4 || size === 8) {
    const words = size / 4;
    const from = new Uint32Array(column.buffer, 0, column.length / 4);
    const to = new Uint32Array(window.buffer, 0, window.length / 4);
    for (let row = 0, at = i * words; row < from.length; row += words, at += width * words) {
      to[at] = from[row];
      if (words === 2) to[at + 1] = from[row + 1];
    }
  } else if (size === 2) {
    const from = new Uint16Array(column.buffer, 0, column.length / 2);
    const to = new Uint16Array(window.buffer, 0, window.length / 2);
    for (let row = 0, at = i; row < from.length; row++, at += width) to[at] = from[row];
  } else if (size === 1) {
    for (let row = 0, at = i; row < column.length; row++, at += width) window[at] = column[row];
  } else {
    for (let row = 0, at = i * size; row < column.length; row += size, at += width * size) {
      window.set(column.subarray(row, row + size), at);
    }
  }
}
