/**
 * Values of a leaf as they come from pages: of a fixed width as plain little-endian bytes (booleans one byte each), byte
 * arrays as offsets and bytes.
 */
import type { SchemaElement } from 'hyparquet';
import { MAX_OFFSET } from '../../../core/column.ts';
import { VtsError } from '../../../errors.ts';

/** Grows as values are added; starts over with `clear`. */
export class ByteBuilder {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  length = 0;
  #last = 256;

  /** Makes room for `count` bytes more, and counts them; returns where they go. */
  grow(count: number): number {
    const at = this.length;
    const length = at + count;
    if (length > MAX_OFFSET) throw new VtsError('MemoryLimit', 'a batch holds more than 2 GiB of one column');
    if (length > this.bytes.length) {
      const grown = new Uint8Array(Math.max(length, Math.min(MAX_OFFSET, this.bytes.length * 2), this.#last));
      grown.set(this.bytes.subarray(0, at));
      this.bytes = grown;
    }
    this.length = length;
    return at;
  }

  /** Hands over the bytes and starts over. */
  finish(): Uint8Array<ArrayBuffer> {
    const bytes = this.bytes.subarray(0, this.length);
    this.#last = Math.max(256, this.length);
    this.bytes = new Uint8Array(0);
    this.length = 0;
    return bytes;
  }
}

/** Values that were read: `width` bytes each, or byte arrays (`width` 0) that end where `ends` says. */
export class ValuesBuilder {
  readonly width: number;
  readonly data = new ByteBuilder();
  readonly #ends = new ByteBuilder();
  count = 0;

  constructor(width: number) {
    this.width = width;
  }

  /** Room for `count` values of a fixed width; returns where their bytes go. */
  growFixed(count: number): number {
    this.count += count;
    return this.data.grow(count * this.width);
  }

  /** Room for one byte array of `length` bytes; returns where they go. */
  growBytes(length: number): number {
    this.count++;
    const at = this.data.grow(length);
    const end = this.#ends.grow(4);
    const value = at + length;
    const { bytes } = this.#ends;
    bytes[end] = value;
    bytes[end + 1] = value >>> 8;
    bytes[end + 2] = value >>> 16;
    bytes[end + 3] = value >>> 24;
    return at;
  }

  /** Bytes so far. */
  get byteLength(): number {
    return this.data.length + this.#ends.length;
  }

  /** Hands over the values and starts over. */
  finish(): LeafValues {
    const { count } = this;
    this.count = 0;
    const ends = this.#ends.finish();
    const offsets = new Int32Array(this.width === 0 ? count + 1 : 0);
    if (this.width === 0) offsets.set(new Int32Array(ends.buffer, 0, count), 1);
    return { count, width: this.width, bytes: this.data.finish(), offsets };
  }
}

/** A run of values that are not null. `offsets` is empty when `width` is not 0. */
export interface LeafValues {
  readonly count: number;
  readonly width: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly offsets: Int32Array;
}

/** Bytes of a value of `element` in memory; 0 for byte arrays. @throws VtsError InputMalformed */
export function valueWidth(element: SchemaElement): number {
  switch (element.type) {
    case 'BOOLEAN':
      return 1;
    case 'INT32':
    case 'FLOAT':
      return 4;
    case 'INT64':
    case 'DOUBLE':
      return 8;
    case 'INT96':
      return 12;
    case 'FIXED_LEN_BYTE_ARRAY': {
      const length = element.type_length ?? 0;
      if (length > 0) return length;
      throw new VtsError('InputMalformed', `the fixed length of a column is ${element.type_length}`, {
        field: element.name,
        expected: 'at least 1',
      });
    }
    default:
      return 0;
  }
}
