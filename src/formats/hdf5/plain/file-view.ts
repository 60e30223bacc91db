/** The bytes of a plain file by their addresses, and the way out when they are not what a plain file has. */
import type { ByteSource } from '../../../stores/bytes.ts';

/** Thrown where a file is more than plain; {@linkcode orNotPlain} catches it. */
class NotPlain extends Error {}

/** Goes on only if `fact` holds; `what` is for whoever debugs. @throws NotPlain */
export function expectPlain(fact: boolean, what: string): asserts fact {
  if (!fact) throw new NotPlain(what);
}

/** What `look` returns, or nothing if it finds more than a plain file has. A RangeError is a look beyond the end of a structure. */
export function orNotPlain<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof NotPlain || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A file to look at. */
export interface FileView {
  readonly name: string;
  readonly size: number;
  /** The `length` bytes at `address`. @throws NotPlain when the file does not have them, or has shown very many */
  at(address: number, length: number): DataView<ArrayBuffer>;
}

/** Headers of this many bytes are read at once: most lie beside each other. */
const WINDOW = 4096;
/** A plain file has no structure of more bytes. */
const MOST_BYTES = 16 * 2 ** 20;
/** All that is looked at, again or not: damaged structures that lead in circles, or to one place from many, have an end. */
const MOST_LOOKED_AT = 256 * 2 ** 20;
/** What a look counts at least. */
const LOOK = 16;

/** A view of `source`, whose size is known. */
export function viewFile(source: ByteSource): FileView {
  const size = source.size!;
  let window = new Uint8Array();
  let start = 0;
  let lookedAt = 0;
  return {
    ...{ name: source.name, size },
    at(address, length) {
      lookedAt += length + LOOK;
      expectPlain(lookedAt <= MOST_LOOKED_AT, 'very long structures');
      const isThere = address >= 0 && length <= MOST_BYTES && address + length <= size;
      expectPlain(isThere, `${length} bytes at ${address} of ${size}`);
      if (address < start || address + length > start + window.length) {
        window = new Uint8Array(Math.min(size - address, Math.max(length, WINDOW)));
        start = address;
        expectPlain(source.readSync(window, start) === window.length, 'the file has become shorter');
      }
      return new DataView(window.buffer, address - start, length);
    },
  };
}

/** The address, size or count at `position`. @throws NotPlain beyond what a number holds exactly */
export function u64At(view: DataView, position: number): number {
  expectPlain(position + 8 <= view.byteLength, 'a number goes beyond its structure');
  const value = Number(view.getBigUint64(position, true));
  expectPlain(Number.isSafeInteger(value), `${value} is too large`);
  return value;
}

const UNDEFINED = 0xffff_ffff_ffff_ffffn;

/** As {@linkcode u64At}; `undefined` for the value that means none. */
export function addressAt(view: DataView, position: number): number | undefined {
  expectPlain(position + 8 <= view.byteLength, 'an address goes beyond its structure');
  return view.getBigUint64(position, true) === UNDEFINED ? undefined : u64At(view, position);
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text in `view` from `position` on, up to a NUL. @throws NotPlain unless it is UTF-8 and has an end */
export function textAt(view: DataView<ArrayBuffer>, position: number): string {
  const bytes = bytesOf(partOf(view, position, view.byteLength - position));
  const end = bytes.indexOf(0);
  expectPlain(end >= 0, 'a text without end');
  return decode(bytes.subarray(0, end));
}

/** The text in `view`, all of it. @throws NotPlain unless it is UTF-8 without a NUL */
export function textOf(view: DataView<ArrayBuffer>): string {
  const bytes = bytesOf(view);
  expectPlain(!bytes.includes(0), 'a text that ends too early');
  return decode(bytes);
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new NotPlain('a name is not UTF-8');
  }
}

/** The bytes of `view`. */
export function bytesOf({ buffer, byteOffset, byteLength }: DataView<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A part of `view`. @throws NotPlain when it goes beyond */
export function partOf(view: DataView<ArrayBuffer>, position: number, length: number): DataView<ArrayBuffer> {
  expectPlain(
    position >= 0 && length >= 0 && position + length <= view.byteLength,
    'a part goes beyond its structure',
  );
  return new DataView(view.buffer, view.byteOffset + position, length);
}
