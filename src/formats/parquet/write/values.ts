/** The values of a page in the encodings PLAIN, RLE_DICTIONARY and BYTE_STREAM_SPLIT
 * (https://parquet.apache.org/docs/file-format/data-pages/encodings/). */
import { Buffer } from 'node:buffer';
import { bitmapBytes, copyBits, sliceBits } from '../../../core/bitmap.ts';
import { type Column, fixedRowBytes, valueBytes } from '../../../core/column.ts';
import { formatTimestamp } from '../../../core/time.ts';
import { writeVarint } from './levels.ts';
import { countItems, type LeafItems, type Ranges } from './shred.ts';

type Bytes = Uint8Array<ArrayBuffer>;
type Numbers = Column['values'];

/** Fewer elements than these are faster to copy one by one. */
const SHORT_COPY = 32;

/** The dictionary of every INT_8 column: INT32 values in such an order that a number's index is its own byte. */
export const INT8_DICTIONARY: Bytes = bytesOf(Int32Array.from({ length: 256 }, (_, i) => i << 24 >> 24));

/** The items of `ranges` as PLAIN encodes them; INT_8 as indices of {@linkcode INT8_DICTIONARY}. */
export function encodeItems(items: LeafItems, ranges: Ranges): Bytes {
  if (items.kind === 'numbers') return encodeNumbers(gather(items.values, ranges));
  const { column } = items;
  switch (column.type.kind) {
    case 'Bool':
      return encodeBits(column, ranges);
    case 'Timestamptz':
      return encodeTimes(column, ranges);
    default: {
      const rowBytes = fixedRowBytes(column.type);
      const { offsets } = column;
      return offsets === null
        ? encodeBlobs(valueBytes(column), (row) => row * rowBytes!, ranges)
        : encodeBlobs(column.values as Bytes, (row) => offsets[row], ranges);
    }
  }
}

/** Numbers of `width` bytes (4 or 8) with all first bytes in front, then all second ones, and so on. */
export function splitByteStreams(plain: Bytes, width: number): Bytes {
  const words = new Int32Array(plain.buffer, plain.byteOffset, plain.length / 4);
  const streams = new Uint8Array(plain.length);
  const count = plain.length / width;
  for (let k = 0; k < width; k += 4) {
    const [a, b, c, d] = [0, 1, 2, 3].map((byte) =>
      streams.subarray((k + byte) * count, (k + byte + 1) * count)
    );
    for (let i = 0, at = k / 4; i < count; i++, at += width / 4) {
      const word = words[at];
      a[i] = word;
      b[i] = word >>> 8;
      c[i] = word >>> 16;
      d[i] = word >>> 24;
    }
  }
  return streams;
}

function encodeNumbers(values: Numbers): Bytes {
  if (values instanceof Int16Array) return bytesOf(new Int32Array(values));
  if (values instanceof Int8Array) return encodeIndices(bytesOf(values));
  return bytesOf(values);
}

/** One bit-packed run of 8-bit indices, which are bytes as they stand. */
function encodeIndices(indices: Bytes): Bytes {
  if (indices.length === 0) return Uint8Array.of(8);
  const groups = Math.ceil(indices.length / 8);
  const encoded = new Uint8Array(groups * 8 + 11);
  encoded[0] = 8;
  const start = writeVarint(encoded, 1, groups * 2 + 1);
  encoded.set(indices, start);
  return encoded.subarray(0, start + groups * 8);
}

function encodeBits(column: Column, ranges: Ranges): Bytes {
  const bits = column.values as Bytes;
  if (ranges.length === 2) return sliceBits(bits, ranges[0], ranges[1]) as Bytes;
  const encoded = new Uint8Array(bitmapBytes(countItems(ranges)));
  for (let i = 0, at = 0; i < ranges.length; i += 2) {
    const length = ranges[i + 1] - ranges[i];
    copyBits(sliceBits(bits, ranges[i], ranges[i + 1]), length, encoded, at);
    at += length;
  }
  return encoded;
}

function encodeTimes(column: Column, ranges: Ranges): Bytes {
  const times = column.values as BigInt64Array;
  const texts: string[] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    for (let row = ranges[i]; row < ranges[i + 1]; row++) texts.push(formatTimestamp(times[row])!);
  }
  const offsets = new Int32Array(texts.length + 1);
  texts.forEach((text, i) => offsets[i + 1] = offsets[i] + text.length);
  return encodeBlobs(new TextEncoder().encode(texts.join('')), (row) => offsets[row], [0, texts.length]);
}

/** BYTE_ARRAY values: each row's bytes, [`first(row)`, `first(row + 1)`) of `bytes`, behind their length. */
function encodeBlobs(bytes: Uint8Array, first: (row: number) => number, ranges: Ranges): Bytes {
  let size = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    size += first(ranges[i + 1]) - first(ranges[i]) + 4 * (ranges[i + 1] - ranges[i]);
  }
  const encoded = new Uint8Array(size);
  const view = new DataView(encoded.buffer);
  const from = asBuffer(bytes);
  let at = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    for (let row = ranges[i], start = first(row); row < ranges[i + 1]; row++) {
      const end = first(row + 1);
      view.setUint32(at, end - start, true);
      at += 4;
      if (end - start >= SHORT_COPY) {
        at += from.copy(encoded, at, start, end);
        start = end;
      } else while (start < end) encoded[at++] = bytes[start++];
    }
  }
  return encoded;
}

/** The numbers of `ranges` side by side; a view where they are so already. */
function gather(values: Numbers, ranges: Ranges): Numbers {
  if (ranges.length === 2) return values.subarray(ranges[0], ranges[1]) as Numbers;
  const gathered = new (values.constructor as new (length: number) => Numbers)(countItems(ranges));
  // Integers of at most 32 bits: copying floats one by one may change a NaN, and bigints are slow.
  const [from, to] = [integers(values), integers(gathered)];
  const [fromBytes, toBytes] = [asBuffer(bytesOf(values)), bytesOf(gathered)];
  const width = from.BYTES_PER_ELEMENT;
  const scale = values.length === 0 ? 1 : from.length / values.length;
  let at = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    const [start, end] = [ranges[i] * scale, ranges[i + 1] * scale];
    if (end - start >= SHORT_COPY) {
      at += fromBytes.copy(toBytes, at * width, start * width, end * width) / width;
    } else for (let j = start; j < end; j++) to[at++] = from[j];
  }
  return gathered;
}

function integers(values: Numbers): Int32Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT } = values;
  // Int8Array and Int16Array have all that is asked of an Int32Array here.
  if (BYTES_PER_ELEMENT < 4) return values as unknown as Int32Array<ArrayBuffer>;
  return new Int32Array(buffer, byteOffset, byteLength / 4);
}

function bytesOf(values: Numbers): Bytes {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** The same memory as a Buffer, whose `copy` does a row in a third of the time of `set` and `subarray`. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
