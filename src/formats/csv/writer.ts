/** Writes batches as CSV. */
import type { Dataset } from '../../core/schema.ts';
import { KINDS } from '../../core/types.ts';
import type { ByteSink } from '../../stores/bytes.ts';
import type { FormatWriter, WriteOptions, WriterFactory } from '../format.ts';
import { byteStore } from '../json-values/byte-store.ts';
import { chooseCompression, COMPRESSION_CHOICES, encoder } from '../json-values/compression.ts';
import { textWriter } from '../json-values/text-writer.ts';
import { rowWriter, writeHeader } from './row-writer.ts';

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

function openWriter(sink: ByteSink, { schema }: Dataset, options: WriteOptions): FormatWriter {
  const encoded = encoder(sink, chooseCompression(sink.name, options.compression));
  const delimiter = /\.tsv(\.gz|\.zst)?$/i.test(sink.name) ? 0x09 : 0x2c;
  const head = byteStore();
  if (options.layout !== NO_HEADER) writeHeader(head, schema.fields, delimiter);
  const text = textWriter(encoded, rowWriter(delimiter), head);
  let rows = 0;
  return {
    get pendingBytes() {
      return text.pendingBytes;
    },
    async write(batch) {
      await text.write(batch, rows);
      rows += batch.length;
    },
    async finish() {
      await text.flush();
      await encoded.finish();
    },
    // deno-lint-ignore require-await
    async abort() {
      encoded.abort();
    },
  };
}
