/** Batches as text on its way into a file, on the thread at hand. */
import type { Batch } from '../../core/batch.ts';
import { isVtsError } from '../../errors.ts';
import { byteStore } from '../json-values/byte-store.ts';
import { objectWriter } from '../json-values/column-writers.ts';
import type { Encoder } from '../json-values/compression.ts';
import { atRow } from '../json-values/row-limits.ts';

/** Text is handed on in pieces of this size. */
const PIECE = 1 << 20;

/** Text that gathers. */
export interface TextWriter {
  /** Bytes not handed on yet. */
  readonly pendingBytes: number;
  /** Writes `batch`, before which the output has `rowsBefore` rows. @throws VtsError RowInvalid */
  write(batch: Batch, rowsBefore: number): Promise<void>;
  flush(): Promise<void>;
}

/** Writes text into `encoded`. */
export function textWriter(encoded: Encoder): TextWriter {
  const out = byteStore(2 * PIECE);
  const flush = async () => {
    await encoded.write(out.bytes.subarray(0, out.length));
    out.length = 0;
  };
  return {
    get pendingBytes() {
      return out.length;
    },
    async write({ schema, columns, length }, rowsBefore) {
      try {
        const writeRow = objectWriter(out, schema.fields, columns);
        for (let row = 0; row < length; row++) {
          writeRow(row);
          out.bytes[out.length++] = 0x0a;
          if (out.length >= PIECE) await flush();
        }
      } catch (error) {
        throw isVtsError(error, 'RowInvalid') ? atRow(error, rowsBefore) : error;
      }
    },
    flush,
  };
}
