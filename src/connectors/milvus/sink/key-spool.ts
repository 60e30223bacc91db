/** Keys of rows that were stored, kept aside in a scratch file until the end, when the collection is asked for them. */
import { type Column, valueBytes } from '../../../core/column.ts';
import { VtsError } from '../../../errors.ts';
import type { Scratch } from '../../../stores/bytes.ts';
import type { Key } from '../scan/keys.ts';

/** A spool of keys of one kind. */
export interface KeySpool {
  /** Rows whose keys are in it. */
  readonly rows: number;
  add(keys: Column): void;
  /** All keys in order, some at a time. */
  batches(): Generator<Key[]>;
  close(): void;
}

/** Keys of one question to the server: what it takes to find them grows with their number, and with their bytes. */
const BATCH_KEYS = 4096;
const BATCH_BYTES = 256 * 1024;

/** A spool in `scratch`: Int64 keys as 8 bytes, texts as their length in 4 bytes and their UTF-8. */
export function createKeySpool(scratch: Scratch): KeySpool {
  let rows = 0;
  let wide = false;
  return {
    get rows() {
      return rows;
    },
    add(column) {
      rows += column.length;
      wide = column.offsets !== null;
      scratch.append(wide ? lengthsAndTexts(column) : valueBytes(column));
    },
    *batches() {
      for (let at = 0; at < scratch.size;) {
        const chunk = new Uint8Array(Math.min(BATCH_BYTES, scratch.size - at));
        scratch.readSync(chunk, at);
        const { keys, used } = wide ? readTexts(chunk) : readIntegers(chunk);
        // A text that is longer than a chunk would never be read: servers have none.
        if (used === 0) throw new VtsError('MemoryLimit', 'a key is too long to look it up');
        at += used;
        yield keys;
      }
    },
    close: () => scratch.close(),
  };
}

function lengthsAndTexts({ offsets, values, length }: Column): Uint8Array {
  const texts = values as Uint8Array;
  const from = offsets![0];
  const bytes = new Uint8Array(offsets![length] - from + 4 * length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (let row = 0; row < length; row++) {
    const text = texts.subarray(offsets![row], offsets![row + 1]);
    view.setUint32(at, text.length, true);
    bytes.set(text, at + 4);
    at += 4 + text.length;
  }
  return bytes;
}

function readIntegers(chunk: Uint8Array<ArrayBuffer>): { keys: Key[]; used: number } {
  const count = Math.min(BATCH_KEYS, chunk.length >>> 3);
  return { keys: Array.from(new BigInt64Array(chunk.buffer, 0, count)), used: 8 * count };
}

function readTexts(chunk: Uint8Array<ArrayBuffer>): { keys: Key[]; used: number } {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const view = new DataView(chunk.buffer);
  const keys: Key[] = [];
  let at = 0;
  while (at + 4 <= chunk.length && keys.length < BATCH_KEYS) {
    const length = view.getUint32(at, true);
    if (at + 4 + length > chunk.length) break;
    keys.push(decoder.decode(chunk.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return { keys, used: at };
}
