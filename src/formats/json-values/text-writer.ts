/** Rows as text on their way into a file, on the thread at hand. */
import type { Batch } from '../../core/batch.ts';
import type { Column } from '../../core/column.ts';
import type { Field } from '../../core/schema.ts';
import { isVtsError } from '../../errors.ts';
import { type ByteStore, byteStore } from './byte-store.ts';
import type { ValueWriter } from './column-writers.ts';
import type { Encoder } from './compression.ts';
import { atRow } from './row-limits.ts';

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

/** Appends rows of `columns` to `out`, each with its line break. @throws VtsError RowInvalid for text that is not valid */
export type RowWriter = (
  out: ByteStore,
  fields: readonly Field[],
  columns: readonly Column[],
) => ValueWriter;

/** Writes rows into `encoded` as `rowWriter` has them, behind what `out` holds already. */
export function textWriter(
  encoded: Encoder,
  rowWriter: RowWriter,
  out: ByteStore = byteStore(2 * PIECE),
): TextWriter {
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
        const writeRow = rowWriter(out, schema.fields, columns);
        for (let row = 0; row < length; row++) {
          writeRow(row);
          if (out.length >= PIECE) await flush();
        }
      } catch (error) {
        throw isVtsError(error, 'RowInvalid') ? atRow(error, rowsBefore) : error;
      }
    },
    flush,
  };
}
