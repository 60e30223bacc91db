/** Batches as text on its way into a file, on the thread at hand. */
import type { Batch } from '../../core/batch.ts';
import { isVtsError, VtsError } from '../../errors.ts';
import { byteStore } from './byte-store.ts';
import { objectWriter } from './column-writers.ts';
import type { Encoder } from './compression.ts';

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

/** `error`, whose row counts within its batch, with the row's number in the output. */
function atRow(error: VtsError, rowsBefore: number): VtsError {
  const { row, ...details } = error.details;
  return new VtsError(error.code, error.message, {
    ...details,
    row: row === undefined ? undefined : rowsBefore + row,
  });
}
