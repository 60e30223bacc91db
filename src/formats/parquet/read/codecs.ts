/** The codecs of pages (https://github.com/apache/parquet-format/blob/master/Compression.md). */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { isVtsError, VtsError } from '../../../errors.ts';
import { tooLong } from './codec-errors.ts';
import { unpackHadoopLz4, unpackLz4 } from './lz4.ts';
import { unpackSnappy } from './snappy.ts';

/** Memory that is used again for page after page. */
export interface PageBuffer {
  /** `length` bytes, whose content is arbitrary; what was handed out before is overwritten. */
  take(length: number): Uint8Array<ArrayBuffer>;
}

/** An empty {@linkcode PageBuffer}. */
export function pageBuffer(): PageBuffer {
  let bytes = new Uint8Array(0);
  return {
    take(length) {
      if (bytes.length < length) bytes = new Uint8Array(length);
      return bytes.subarray(0, length);
    },
  };
}

/** Bytes that one packed byte can stand for at most. */
const BLOCK_RATIO = 255;
const NOTHING = new Uint8Array(0);

/**
 * Unpacks `input` to exactly `length` bytes, which may lie in `buffer`.
 * @throws VtsError InputMalformed, InputUnsupported
 */
export function unpack(codec: string, input: Uint8Array, length: number, buffer: PageBuffer): Uint8Array {
  if (length === 0) return NOTHING;
  switch (codec) {
    case 'UNCOMPRESSED':
      if (input.length !== length) throw tooLong('uncompressed', input.length, length);
      return input;
    case 'SNAPPY':
      return unpackBlock(unpackSnappy, input, length, buffer);
    case 'LZ4_RAW':
      return unpackBlock(unpackLz4, input, length, buffer);
    case 'LZ4':
      return unpackBlock(unpackHadoopLz4, input, length, buffer);
    case 'GZIP':
      return unpackNative('gzip', gunzipSync, input, length);
    case 'ZSTD':
      return unpackNative('zstd', zstdDecompressSync, input, length);
    case 'BROTLI':
      return unpackNative('brotli', brotliDecompressSync, input, length);
    default:
      throw new VtsError('InputUnsupported', `pages are compressed with ${codec}`, {
        expected: 'none, snappy, gzip, zstd, lz4 or brotli',
        remedy: 'write the file again with one of these',
      });
  }
}

function unpackBlock(
  decode: (input: Uint8Array, target: Uint8Array) => void,
  input: Uint8Array,
  length: number,
  buffer: PageBuffer,
): Uint8Array {
  if (length > input.length * BLOCK_RATIO) throw tooLong('compressed', input.length, length);
  const target = buffer.take(length);
  decode(input, target);
  return target;
}

function unpackNative(
  name: string,
  decode: (input: Uint8Array, options: { maxOutputLength: number }) => Uint8Array,
  input: Uint8Array,
  length: number,
): Uint8Array {
  try {
    const bytes = decode(input, { maxOutputLength: length });
    if (bytes.length !== length) throw tooLong(name, bytes.length, length);
    return bytes;
  } catch (error) {
    if (isVtsError(error)) throw error;
    throw new VtsError('InputMalformed', `${name} data cannot be unpacked`, { cause: error });
  }
}
