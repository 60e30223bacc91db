/** Tables of numbers that decoders keep in memory: centroids, matrices, codebooks. */
import { VtsError } from '../../../errors.ts';
import type { ByteSource } from '../../../stores/bytes.ts';
import type { Extent } from '../cursor.ts';
import { readFully } from '../../read-fully.ts';

/** The largest table that is loaded; the tables of real indexes take a few megabytes. */
const MAX_TABLE = 1 << 29;

/** The float32s of `extent`. @throws VtsError MemoryLimit */
export function loadFloats(source: ByteSource, { position, count }: Extent): Float32Array<ArrayBuffer> {
  return new Float32Array(loadBytes(source, position, count * 4).buffer);
}

/** The int32s of `extent`. @throws VtsError MemoryLimit */
export function loadInts(source: ByteSource, { position, count }: Extent): Int32Array<ArrayBuffer> {
  return new Int32Array(loadBytes(source, position, count * 4).buffer);
}

/** `size` bytes from `position` on. @throws VtsError MemoryLimit */
function loadBytes(source: ByteSource, position: number, size: number): Uint8Array<ArrayBuffer> {
  if (size > MAX_TABLE) {
    throw new VtsError('MemoryLimit', `A table of the index takes ${size} bytes`, {
      file: source.name,
      byte: position,
      expected: `at most ${MAX_TABLE}`,
    });
  }
  const bytes = new Uint8Array(size);
  readFully(source, bytes, position);
  return bytes;
}
