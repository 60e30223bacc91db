/** How vectors become the codes of an index, in bounded memory. */
import { numberToHalf } from '../../../core/half.ts';
import { VtsError } from '../../../errors.ts';
import type { ByteSink, Scratch } from '../../../stores/bytes.ts';
import type { Storage } from './spec.ts';

/** Takes the vectors of an index, whose front is in the sink, and writes their codes behind it. */
export interface CodeWriter {
  /** `vectors` begin with row `firstRow`. @throws VtsError RowInvalid */
  write(vectors: Uint8Array, firstRow: number): Promise<void>;
  /** Writes what waits; returns the numbers that the front has for decoding. */
  finish(): Promise<Float32Array>;
  close(): void;
}

/** The writer of codes for vectors of `dim` dimensions. */
export function codeWriter(
  storage: Storage,
  dim: number,
  sink: ByteSink,
  scratch: () => Scratch,
  field: string,
): CodeWriter {
  if (storage === 'SQfp16') return halfCodes(sink, dim, field);
  if (storage === 'SQ8') return rangedCodes(sink, dim, scratch(), field);
  return {
    write: (vectors) => sink.write(vectors),
    finish: () => Promise.resolve(new Float32Array(0)),
    close() {},
  };
}

function floatsOf(bytes: Uint8Array): Float32Array {
  if (bytes.byteOffset % 4 === 0) return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  return new Float32Array(bytes.slice().buffer);
}

/** float16, rounded to nearest. */
function halfCodes(sink: ByteSink, dim: number, field: string): CodeWriter {
  return {
    async write(vectors, firstRow) {
      const floats = floatsOf(vectors);
      const codes = new Uint16Array(floats.length);
      for (let i = 0; i < floats.length; i++) {
        codes[i] = numberToHalf(floats[i]);
        if ((codes[i] & 0x7fff) === 0x7c00 && Number.isFinite(floats[i])) {
          throw tooLarge(field, firstRow + Math.floor(i / dim), `${floats[i]} is beyond float16`);
        }
      }
      await sink.write(new Uint8Array(codes.buffer));
    },
    finish: () => Promise.resolve(new Float32Array(0)),
    close() {},
  };
}

const CHUNK_ROWS_BYTES = 1 << 20;

/**
 * A byte a dimension, from the smallest to the largest number that it has in any row, as faiss trains and encodes it. The range is known
 * at the end only, so vectors wait in a scratch file.
 */
function rangedCodes(sink: ByteSink, dim: number, scratch: Scratch, field: string): CodeWriter {
  const low = new Float32Array(dim).fill(Infinity);
  const high = new Float32Array(dim).fill(-Infinity);
  return {
    // deno-lint-ignore require-await
    async write(vectors, firstRow) {
      const floats = floatsOf(vectors);
      for (let at = 0; at < floats.length; at += dim) {
        for (let i = 0; i < dim; i++) {
          const value = floats[at + i];
          if (!(Math.abs(value) < Infinity)) {
            throw tooLarge(field, firstRow + at / dim, `${value} has no place between other numbers`);
          }
          if (value < low[i]) low[i] = value;
          if (value > high[i]) high[i] = value;
        }
      }
      scratch.append(vectors);
    },
    async finish() {
      if (scratch.size === 0) return new Float32Array(2 * dim);
      const width = Float32Array.from(high, (value, i) => value - low[i]);
      const widest = width.indexOf(Infinity);
      if (widest >= 0) {
        const range = `dimension ${widest} reaches from ${low[widest]} to ${high[widest]}`;
        throw new VtsError('RowInvalid', `${range}, which is no float32 wide`, { field, remedy: FLAT });
      }
      const rowsAtOnce = Math.max(1, Math.floor(CHUNK_ROWS_BYTES / (dim * 4)));
      const floats = new Float32Array(rowsAtOnce * dim);
      const bytes = new Uint8Array(floats.buffer);
      for (let at = 0; at < scratch.size;) {
        const read = scratch.readSync(bytes, at);
        await sink.write(rangedCodesOf(floats.subarray(0, read / 4), low, width));
        at += read;
      }
      const trained = new Float32Array(2 * dim);
      trained.set(low);
      trained.set(width, dim);
      return trained;
    },
    close: () => scratch.close(),
  };
}

function rangedCodesOf(floats: Float32Array, low: Float32Array, width: Float32Array): Uint8Array {
  const { fround } = Math;
  const codes = new Uint8Array(floats.length);
  const dim = low.length;
  for (let at = 0; at < floats.length; at += dim) {
    for (let i = 0; i < dim; i++) {
      if (width[i] === 0) continue;
      const share = fround(fround(floats[at + i] - low[i]) / width[i]);
      codes[at + i] = fround(255 * Math.min(1, Math.max(0, share)));
    }
  }
  return codes;
}

const FLAT = '--faiss-index Flat keeps every number (IDMap2,Flat with ids)';

function tooLarge(field: string, row: number, message: string): VtsError {
  return new VtsError('RowInvalid', message, {
    field,
    row,
    remedy: FLAT,
  });
}
