/** The bytes of some rows of an array: one after the other, little-endian, whatever order the file has. */
import { Buffer } from 'node:buffer';
import { roomFor } from '../../core/batch-memory.ts';
import type { ByteSource } from '../../stores/bytes.ts';
import { readFullyAside } from '../read-fully.ts';
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
export type RowBytes = (first: number, count: number) => Promise<Uint8Array<ArrayBuffer>>;

/** Reads the rows of `place`. */
export function rowBytesOf(place: ArrayPlace): RowBytes {
  const { type: { size }, width, source, start } = place;
  const read: RowBytes = async (first, count) => {
    const bytes = roomFor(count * width * size);
    await readFullyAside(source, bytes, start + first * width * size);
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
  return async (first, count) => {
    const bytes = new Uint8Array(count * rowBytes);
    for (let done = 0; done < count;) {
      const row = first + done;
      if (row < from || row >= from + window.length / rowBytes) {
        from = row;
        window = await gather(place, row, Math.min(windowRows, rows - row));
      }
      const taken = Math.min(count - done, from + window.length / rowBytes - row);
      bytes.set(window.subarray((row - from) * rowBytes, (row - from + taken) * rowBytes), done * rowBytes);
      done += taken;
    }
    return bytes;
  };
}

/** Columns that are put into rows together: as many values side by side as a line of the processor's cache takes. */
const GROUP = 16;

async function gather(
  { source, start, type, rows, width }: ArrayPlace,
  first: number,
  count: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = type;
  const window = new Uint8Array(count * width * size);
  const columns = new Uint8Array(Math.min(GROUP, width) * count * size);
  for (let i = 0; i < width; i += GROUP) {
    const group = Math.min(GROUP, width - i);
    for (let k = 0; k < group; k++) {
      const column = columns.subarray(k * count * size, (k + 1) * count * size);
      await readFullyAside(source, column, start + ((i + k) * rows + first) * size);
    }
    toLittleEndian(columns, type);
    scatter(columns, window, { size, count, width, group, first: i });
  }
  return window;
}

/** Some columns of a window. */
interface Group {
  /** Bytes of a value. */
  readonly size: number;
  /** Rows of the window. */
  readonly count: number;
  /** Columns of the array. */
  readonly width: number;
  /** The columns at hand, and how many they are. */
  readonly first: number;
  readonly group: number;
}

/** Puts values from columns into rows, as integers so that no float changes. */
function scatter(columns: Uint8Array, window: Uint8Array, { size, count, width, group, first }: Group): void {
  const Integers = size % 4 === 0 ? Uint32Array : size === 2 ? Uint16Array : Uint8Array;
  const words = size / Integers.BYTES_PER_ELEMENT;
  const from = new Integers(columns.buffer as ArrayBuffer);
  const to = new Integers(window.buffer as ArrayBuffer);
  for (let row = 0; row < count; row++) {
    let at = (row * width + first) * words;
    for (let k = 0; k < group; k++) {
      const value = (k * count + row) * words;
      for (let word = 0; word < words; word++) to[at++] = from[value + word];
    }
  }
}
