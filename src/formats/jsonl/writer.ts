/** Writes batches as JSON lines. */
import { batchBytes } from '../../core/batch.ts';
import { KINDS } from '../../core/types.ts';
import type { ByteSink } from '../../stores/bytes.ts';
import type { FormatWriter, WriteOptions, WriterFactory } from '../format.ts';
import { chooseCompression, COMPRESSION_CHOICES, encoder } from '../json-values/compression.ts';
import { textWriter } from '../json-values/text-writer.ts';
import { lineWriter } from './line-writer.ts';
import { THREADS_FROM_BYTES } from './threads.ts';
import { type ThreadedWriter, threadedWriter } from './write-in-threads.ts';

/** Opens writers of JSON lines. */
export const writerFactory: WriterFactory = {
  access: 'stream',
  features: { kinds: new Set(KINDS), nulls: true, keepsSchema: false, keepsNaN: false },
  choices: { compression: COMPRESSION_CHOICES },
  // deno-lint-ignore require-await
  open: async (sink, _, options) => openWriter(sink, options),
};

function openWriter(sink: ByteSink, { compression, threads = 1 }: WriteOptions): FormatWriter {
  const encoded = encoder(sink, chooseCompression(sink.name, compression));
  const plain = textWriter(encoded, lineWriter);
  let threaded: ThreadedWriter | undefined;
  let rows = 0;
  let bytes = 0;
  return {
    get pendingBytes() {
      return (threaded ?? plain).pendingBytes;
    },
    async write(batch) {
      if (threaded === undefined && threads > 1 && bytes >= THREADS_FROM_BYTES) {
        await plain.flush();
        threaded = threadedWriter(encoded, plain, threads, batch.schema.fields);
      }
      await (threaded ?? plain).write(batch, rows);
      rows += batch.length;
      bytes += batchBytes(batch);
    },
    async finish() {
      await (threaded ?? plain).flush();
      threaded?.close();
      await encoded.finish();
    },
    // deno-lint-ignore require-await
    async abort() {
      threaded?.close();
      encoded.abort();
    },
  };
}
