/**
 * A cursor over the headers of an index file: little-endian fields without padding or alignment, each preceded by
 * everything that tells its size. Nothing is read or skipped that the file does not have.
 */
import { type ErrorDetails, VtsError } from '../../errors.ts';
import { readFully } from '../read-fully.ts';
import type { ByteSource } from '../../stores/bytes.ts';

/** An array inside the file: where its elements begin, and how many there are. */
export interface Extent {
  readonly position: number;
  readonly count: number;
}

const WINDOW = 4096;

/** Reads fields one after the other from the front of a file. */
export class Cursor {
  readonly source: ByteSource;
  /** Bytes of the file. */
  readonly size: number;
  #position: number;
  #window = new DataView(new ArrayBuffer(0));
  #windowStart = 0;

  /** Begins at byte `position`. */
  constructor(source: ByteSource, position = 0) {
    if (source.size === undefined) throw new TypeError('Cannot read a Faiss index from a stream');
    this.source = source;
    this.size = source.size;
    this.#position = position;
  }

  /** A cursor of its own over the same file. */
  at(position: number): Cursor {
    return new Cursor(this.source, position);
  }

  /** Byte offset of the next field. */
  get position(): number {
    return this.#position;
  }

  /** Bytes from here to the end of the file. */
  get remaining(): number {
    return this.size - this.#position;
  }

  u8(what: string): number {
    return this.#next(1, what, (view, at) => view.getUint8(at));
  }

  i32(what: string): number {
    return this.#next(4, what, (view, at) => view.getInt32(at, true));
  }

  u32(what: string): number {
    return this.#next(4, what, (view, at) => view.getUint32(at, true));
  }

  f32(what: string): number {
    return this.#next(4, what, (view, at) => view.getFloat32(at, true));
  }

  i64(what: string): bigint {
    return this.#next(8, what, (view, at) => view.getBigInt64(at, true));
  }

  u64(what: string): bigint {
    return this.#next(8, what, (view, at) => view.getBigUint64(at, true));
  }

  /** A byte that must be 0 or 1. */
  bool(what: string): boolean {
    const value = this.u8(what);
    if (value > 1) {
      throw this.malformed(`${what} is ${value}`, { byte: this.#position - 1, expected: '0 or 1' });
    }
    return value === 1;
  }

  /** The four characters that name what follows, one a byte. */
  fourcc(what: string): string {
    return this.#next(
      4,
      what,
      (view, at) =>
        String.fromCharCode(
          view.getUint8(at),
          view.getUint8(at + 1),
          view.getUint8(at + 2),
          view.getUint8(at + 3),
        ),
    );
  }

  /** A small count (i32): from `least` to `most`. */
  small(what: string, least: number, most: number): number {
    const value = this.i32(what);
    if (value >= least && value <= most) return value;
    throw this.malformed(`${what} is ${value}`, {
      byte: this.#position - 4,
      expected: `${least} to ${most}`,
    });
  }

  /** A count of things that the file does not hold one by one: at most `limit`. */
  count(what: string, limit: number): number {
    const value = this.i64(what);
    if (value >= 0n && value <= BigInt(limit)) return Number(value);
    throw this.malformed(`${what} is ${value}`, { byte: this.#position - 8, expected: `0 to ${limit}` });
  }

  /** An array of `count` elements behind its length, which has to be that; its elements are skipped. */
  arrayOf(what: string, elementBytes: number, count: number): Extent {
    const start = this.#position;
    const extent = this.array(what, elementBytes);
    if (extent.count === count) return extent;
    throw this.malformed(`${extent.count} elements are stored of ${what}`, {
      byte: start,
      expected: `${count}`,
    });
  }

  /** An array behind its length; its elements are skipped. */
  array(what: string, elementBytes: number): Extent {
    const count = this.u64(`the length of ${what}`);
    const bytes = count * BigInt(elementBytes);
    if (bytes > BigInt(this.remaining)) throw this.truncated(bytes, what);
    const extent = { position: this.#position, count: Number(count) };
    this.#position += Number(bytes);
    return extent;
  }

  /** Goes on after `bytes` bytes. */
  skip(bytes: number, what: string): void {
    if (!(bytes <= this.remaining)) throw this.truncated(BigInt(bytes), what);
    this.#position += bytes;
  }

  /** An error for something wrong, at the cursor unless `details` has another byte. */
  malformed(message: string, details: ErrorDetails = {}): VtsError {
    return new VtsError('InputMalformed', message, {
      file: this.source.name,
      byte: this.#position,
      ...details,
    });
  }

  /** An error for something that vts does not read. */
  unsupported(message: string, details: ErrorDetails = {}): VtsError {
    return new VtsError('InputUnsupported', message, {
      file: this.source.name,
      byte: this.#position,
      ...details,
    });
  }

  #next<T>(bytes: number, what: string, read: (view: DataView, at: number) => T): T {
    if (bytes > this.remaining) throw this.truncated(BigInt(bytes), what);
    let at = this.#position - this.#windowStart;
    if (at < 0 || at + bytes > this.#window.byteLength) {
      const window = new Uint8Array(Math.min(WINDOW, this.remaining));
      readFully(this.source, window, this.#position);
      this.#window = new DataView(window.buffer);
      this.#windowStart = this.#position;
      at = 0;
    }
    this.#position += bytes;
    return read(this.#window, at);
  }

  /** An error for `bytes` bytes that are more than are left. */
  truncated(bytes: bigint, what: string): VtsError {
    return new VtsError('InputTruncated', `The file ends before the end of ${what}`, {
      file: this.source.name,
      byte: this.#position,
      expected: `${bytes} bytes; ${this.remaining} are left`,
      remedy: 'copy or download the file again; if its size is right, its headers are damaged',
    });
  }
}
