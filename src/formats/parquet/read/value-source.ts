/**
 * The values of one page, read front to back. Only as many are unpacked as are asked for, so that a short page that stands
 * for many values takes no memory.
 */
import type { SchemaElement } from 'hyparquet';
import { VtsError } from '../../../errors.ts';
import { type ValuesBuilder, valueWidth } from './values.ts';

/** Values of a page. */
export interface ValueSource {
  /** Adds the next `count` values to `target`. @throws VtsError InputMalformed when the page has fewer */
  read(target: ValuesBuilder, count: number): void;
  /** Copies the bytes of the next `count` values of a fixed width to `at` of `target`. */
  copy(target: Uint8Array<ArrayBuffer>, at: number, count: number): void;
}

/** A source over a function that copies values of a fixed width. */
export function fixedSource(copy: ValueSource['copy']): ValueSource {
  return {
    copy,
    read(target, count) {
      const at = target.growFixed(count);
      copy(target.data.bytes, at, count);
    },
  };
}

/** A source over a function that adds byte arrays. */
export function bytesSource(read: ValueSource['read']): ValueSource {
  return {
    read,
    copy() {
      throw new TypeError('byte arrays have no fixed width');
    },
  };
}

/** PLAIN values of `element`, one after the other. */
export function plainSource(bytes: Uint8Array, element: SchemaElement): ValueSource {
  if (element.type === 'BOOLEAN') return booleanSource(bytes);
  const width = valueWidth(element);
  return width === 0 ? plainBytesSource(bytes) : plainFixedSource(bytes, width);
}

/** Values of `width` bytes, one after the other. */
export function plainFixedSource(bytes: Uint8Array, width: number): ValueSource {
  let from = 0;
  return fixedSource((target, at, count) => {
    const size = count * width;
    if (from + size > bytes.length) throw tooFewValues();
    target.set(bytes.subarray(from, from + size), at);
    from += size;
  });
}

function plainBytesSource(bytes: Uint8Array): ValueSource {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let from = 0;
  return bytesSource((target, count) => {
    for (let i = 0; i < count; i++) {
      if (from + 4 > bytes.length) throw tooFewValues();
      const length = view.getUint32(from, true);
      from += 4;
      if (from + length > bytes.length) throw tooFewValues();
      copyBytes(bytes, from, target, length);
      from += length;
    }
  });
}

/** Adds the byte array [`from`, `from + length`) of `bytes` to `target`. */
export function copyBytes(bytes: Uint8Array, from: number, target: ValuesBuilder, length: number): void {
  const at = target.growBytes(length);
  const to = target.data.bytes;
  if (length > 64) to.set(bytes.subarray(from, from + length), at);
  else for (let i = 0; i < length; i++) to[at + i] = bytes[from + i];
}

function booleanSource(bytes: Uint8Array): ValueSource {
  let from = 0;
  return fixedSource((target, at, count) => {
    if (from + count > bytes.length * 8) throw tooFewValues();
    for (let i = 0; i < count; i++, from++) target[at + i] = bytes[from >>> 3] >>> (from & 7) & 1;
  });
}

/** The page has fewer values than its header says. */
export function tooFewValues(): VtsError {
  return new VtsError('InputMalformed', 'a page has fewer values than its header says');
}
