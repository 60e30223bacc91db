/** Writes batches as CSV. */
import type { Batch } from '../../core/batch.ts';
import type { Dataset } from '../../core/schema.ts';
import { KINDS } from '../../core/types.ts';
import { isVtsError } from '../../errors.ts';
import type { ByteSink } from '../../stores/bytes.ts';
import type { FormatWriter, WriteOptions, WriterFactory } from '../format.ts';
import { byteStore } from '../json-values/byte-store.ts';
import { chooseCompression, COMPRESSION_CHOICES, encoder } from '../json-values/compression.ts';
import { atRow } from '../json-values/row-limits.ts';
import { rowWriter, writeHeader } from './row-writer.ts';

/** Text is handed on in pieces of this size. */
const PIECE = 1 << 20;

/** The `--layout` without a line of names. */
export const NO_HEADER = 'no-header';

/** Opens writers of CSV. */
export const writerFactory: WriterFactory = {
  access: 'stream',
  features: { kinds: new Set(KINDS), nulls: true, keepsSchema: false, keepsNaN: false },
  choices: {
    compression: COMPRESSION_CHOICES,
    layout: {
      header: 'the first line names the columns (default)',
      [NO_HEADER]: 'rows only; to be read with --schema',
    },
  },
  // deno-lint-ignore require-await
  open: async (sink, dataset, options) => openWriter(sink, dataset, options),
};

function openWriter(sink: ByteSink, dataset: Dataset, options: WriteOptions): FormatWriter {
  const encoded = encoder(sink, chooseCompression(sink.name, options.compression));
  const delimiter = /\.tsv(\.gz|\.zst)?$/i.test(sink.name) ? 0x09 : 0x2c;
  const out = byteStore(2 * PIECE);
  if (options.layout !== NO_HEADER) writeHeader(out, dataset.schema.fields, delimiter);
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
        const writeRow = rowWriter(out, schema.fields, columns, delimiter);
        for (let row = 0; row < length; row++) {
          writeRow(row);
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
