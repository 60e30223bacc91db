/** The SHA-256 of what is written or read. */
import { createHash } from 'node:crypto';
import type { ByteSink } from './bytes.ts';

/** A sink that hashes what passes through it. Only for what is written from front to back. */
export function digestSink(sink: ByteSink): ByteSink & { sha256(): string } {
  const hash = createHash('sha256');
  return {
    name: sink.name,
    seekable: false,
    get position() {
      return sink.position;
    },
    async write(bytes) {
      const written = sink.write(bytes);
      hash.update(bytes);
      await written;
    },
    async writeAll(pieces) {
      const written = sink.writeAll(pieces);
      for (const piece of pieces) hash.update(piece);
      await written;
    },
    commit: () => sink.commit(),
    abort: () => sink.abort(),
    sha256: () => hash.digest('hex'),
  };
}

/** The SHA-256 of `chunks`, in hexadecimal digits. */
export async function sha256Of(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
