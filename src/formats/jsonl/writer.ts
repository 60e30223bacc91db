/** Writes batches as JSON lines. */
import type { Batch } from '../../core/batch.ts';
import { KINDS } from '../../core/types.ts';
import { isVtsError } from '../../errors.ts';
import type { ByteSink } from '../../stores/bytes.ts';
import type { FormatWriter, WriteOptions, WriterFactory } from '../format.ts';
import { atRow } from '../json-values/row-limits.ts';
import { byteStore } from '../json-values/byte-store.ts';
import { objectWriter } from '../json-values/column-writers.ts';
import { chooseCompression, COMPRESSION_CHOICES, encoder } from '../json-values/compression.ts';

/** Text is handed on in pieces of this size. */
const PIECE = 1 << 20;

/** Opens writers of JSON lines. */
export const writerFactory: WriterFactory = {
  access: 'stream',
  features: { kinds: new Set(KINDS), nulls: true, keepsSchema: false, keepsNaN: false },
  choices: { compression: COMPRESSION_CHOICES },
  // deno-lint-ignore require-await
  open: async (sink, _, options) => openWriter(sink, options),
};

function openWriter(sink: ByteSink, { compression }: WriteOptions): FormatWriter {
  const encoded = encoder(sink, chooseCompression(sink.name, compression));
  const out = byteStore(2 * PIECE);
  let rows = 0;
  const flush = async () => {
    await encoded.write(out.bytes.subarray(0, out.length));
    out.length = 0;
  };
  return {
    get pendingBytes() {
      return out.length;
    },
    async write({ schema, columns, length }: Batch) {
      try {
        const writeRow = objectWriter(out, schema.fields, columns);
        for (let row = 0; row < length; row++) {
          writeRow(row);
          out.bytes[out.length++] = 0x0a;
          if (out.length >= PIECE) await flush();
        }
      } catch (error) {
        throw isVtsError(error, 'RowInvalid') ? atRow(error, rows) : error;
      }
      rows += length;
    },
    async finish() {
      await flush();
      await encoded.finish();
    },
    // deno-lint-ignore require-await
    async abort() {
      encoded.abort();
    },
  };
}
