/**
 * The data types that vts writes, as the datatype message of the HDF5 file format specification (version 3.0, section
 * IV.A.2.d) lays them out. They are byte for byte those that h5py writes for the same NumPy type.
 */
import { padded, u16, u32, utf8 } from './bytes.ts';

/** A data type in a file we write; all numbers are little-endian. */
export type FileType =
  | { readonly class: 'int'; readonly size: 1 | 2 | 4 | 8; readonly signed: boolean }
  | { readonly class: 'float'; readonly size: 2 | 4 | 8 }
  /** h5py's boolean: an enumeration of FALSE and TRUE over int8. */
  | { readonly class: 'bool' }
  /** Variable-length UTF-8 text. */
  | { readonly class: 'string' }
  | { readonly class: 'list'; readonly element: FileType }
  /** A compound of `index` (u32) and `value` (f32). */
  | { readonly class: 'pair' };

/** Bytes of one value in the file. */
export function typeSize(type: FileType): number {
  switch (type.class) {
    case 'int':
    case 'float':
      return type.size;
    case 'bool':
      return 1;
    case 'pair':
      return 8;
    case 'string':
    case 'list':
      return 16;
  }
}

/** The datatype message of `type`. */
export function encodeType(type: FileType): number[] {
  switch (type.class) {
    case 'int':
      return [...head(0, type.signed ? 0x08 : 0, type.size), ...u16(0), ...u16(type.size * 8)];
    case 'float': {
      const [exponentBits, mantissaBits] = FLOAT_BITS[type.size];
      return [
        ...head(1, 0x20 | (type.size * 8 - 1) << 8, type.size),
        ...u16(0),
        ...u16(type.size * 8),
        ...[mantissaBits, exponentBits, 0, mantissaBits],
        ...u32(2 ** (exponentBits - 1) - 1),
      ];
    }
    case 'bool':
      return [
        ...head(8, 2, 1),
        ...encodeType({ class: 'int', size: 1, signed: true }),
        ...padded(utf8('FALSE\0')),
        ...padded(utf8('TRUE\0')),
        ...[0, 1],
      ];
    case 'string':
      return [...head(9, 0x0101, 16), ...encodeType({ class: 'int', size: 1, signed: false })];
    case 'list':
      return [...head(9, 0, 16), ...encodeType(type.element)];
    case 'pair':
      return [
        ...head(6, 2, 8),
        ...member('index', 0, { class: 'int', size: 4, signed: false }),
        ...member('value', 4, { class: 'float', size: 4 }),
      ];
  }
}

const FLOAT_BITS = { 2: [5, 10], 4: [8, 23], 8: [11, 52] } as const;

function head(typeClass: number, flags: number, size: number): number[] {
  return [0x10 | typeClass, flags & 255, flags >>> 8, 0, ...u32(size)];
}

/** A member of a compound, as version 1 of the message has it: with room for dimensions that are not used. */
function member(name: string, offset: number, type: FileType): number[] {
  return [...padded(utf8(`${name}\0`)), ...u32(offset), ...Array(28).fill(0), ...encodeType(type)];
}
