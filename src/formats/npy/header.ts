/**
 * The front of a .npy file: `\x93NUMPY`, a version, the length of a dictionary as text, the dictionary. Written as numpy writes
 * it, byte for byte.
 */
import { VtsError } from '../../errors.ts';
import type { ByteSource } from '../../stores/bytes.ts';
import { sizeOf } from '../fixed-rows.ts';
import { readFully } from '../read-fully.ts';
import { type Literal, parseLiteral } from './literal.ts';

/** What the front of an array says. */
export interface ArrayHeader {
  /** The type as numpy writes it: `<f4`. A list where it has named fields. */
  readonly descr: Literal;
  /** Whether columns, not rows, lie one after the other. */
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the values begin. */
  readonly start: number;
}

/** Far more than any type needs; numpy reads 10,000 bytes. */
const MAX_HEADER = 1 << 20;

/** Reads the front of `source`. @throws VtsError InputTruncated, InputMalformed, InputUnsupported */
export function readHeader(source: ByteSource): ArrayHeader {
  const fixed = new Uint8Array(8);
  const size = sizeOf(source);
  if (size < 10) throw truncated(source, size);
  readFully(source, fixed, 0);
  if (!fixed.subarray(0, 6).every((byte, i) => byte === MAGIC[i])) {
    throw new VtsError('InputMalformed', 'This is no NumPy array', {
      file: source.name,
      byte: 0,
      expected: 'the bytes \\x93NUMPY',
      remedy: 'if it is another kind of file, say which with --from FORMAT',
    });
  }
  const [major, minor] = fixed.subarray(6);
  if (major < 1 || major > 3) {
    throw new VtsError('InputUnsupported', `Version ${major}.${minor} of the .npy format is not known`, {
      file: source.name,
      byte: 6,
      expected: 'version 1.0, 2.0 or 3.0',
    });
  }
  const lengthBytes = major === 1 ? 2 : 4;
  const front = 8 + lengthBytes;
  if (size < front) throw truncated(source, size);
  const length = new DataView(new ArrayBuffer(4));
  readFully(source, new Uint8Array(length.buffer, 0, lengthBytes), 8);
  const textBytes = length.getUint32(0, true);
  if (textBytes > size - front) throw truncated(source, size);
  if (textBytes > MAX_HEADER) throw malformed(source, `its header claims ${textBytes} bytes`);
  const text = new Uint8Array(textBytes);
  readFully(source, text, front);
  return parseHeader(
    source,
    new TextDecoder(major === 3 ? 'utf-8' : 'latin1').decode(text),
    front + textBytes,
  );
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

function parseHeader(source: ByteSource, text: string, start: number): ArrayHeader {
  const literal = parseLiteral(text);
  const header: ReadonlyMap<string, Literal> = literal instanceof Map ? literal : new Map();
  const [descr, fortranOrder, shape] = ['descr', 'fortran_order', 'shape'].map((key) => header.get(key));
  if (descr === undefined || typeof fortranOrder !== 'boolean' || !Array.isArray(shape)) {
    throw malformed(source, 'its header is not one that numpy writes');
  }
  const extents = shape.map((extent) => {
    if (typeof extent === 'bigint' && extent >= 0n && extent <= BigInt(Number.MAX_SAFE_INTEGER)) {
      return Number(extent);
    }
    throw malformed(source, `its shape has the extent ${String(extent).slice(0, 50)}`);
  });
  return { descr, fortranOrder, shape: extents, start };
}

function malformed(source: ByteSource, what: string): VtsError {
  return new VtsError('InputMalformed', `The array is damaged: ${what}`, {
    file: source.name,
    byte: 8,
    expected: "{'descr': '<f4', 'fortran_order': False, 'shape': (1000, 128), }",
    remedy: 'copy or save the file again',
  });
}

function truncated(source: ByteSource, size: number): VtsError {
  return new VtsError('InputTruncated', 'The file ends in its header', {
    file: source.name,
    byte: size,
    remedy: 'copy or download the file again',
  });
}

/** Numpy leaves room for the first extent to grow to this many digits. */
const GROWTH_DIGITS = 21;
const ALIGNMENT = 64;

/** The front of a file of `shape`; its length does not depend on the first extent. */
export function encodeHeader(descr: string, shape: readonly number[]): Uint8Array {
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${extents}), }`;
  const text = dictionary + ' '.repeat(GROWTH_DIGITS - String(shape[0]).length);
  // Where it fits exactly, numpy adds a whole line more.
  const length = (Math.floor((10 + text.length + 1) / ALIGNMENT) + 1) * ALIGNMENT;
  const bytes = new Uint8Array(length).fill(0x20);
  bytes.set([...MAGIC, 1, 0, (length - 10) & 255, (length - 10) >> 8]);
  bytes.set(new TextEncoder().encode(text), 10);
  bytes[length - 1] = 0x0a;
  return bytes;
}
