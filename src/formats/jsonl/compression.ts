/** gzip (RFC 1952) and Zstandard (RFC 8878) around a stream, several members or frames included. */
import { Readable, type Transform } from 'node:stream';
import { constants, createGunzip, createGzip, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { VtsError } from '../../errors.ts';
import type { ByteSink, ByteSource } from '../../stores/bytes.ts';
import { chunkFeed, type Feed, fileFeed } from './feed.ts';
import { wholeFrames } from './zstd-frames.ts';

/** How a file is compressed. */
export type Compression = 'none' | 'gzip' | 'zstd';

/** The compression of a file that begins with `head`. */
function compressionOf(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd';
  return 'none';
}

/** The compression that the name of a file asks for. */
export function compressionByName(name: string): Compression {
  const lower = name.toLowerCase();
  return lower.endsWith('.gz') ? 'gzip' : lower.endsWith('.zst') ? 'zstd' : 'none';
}

/**
 * The decompressed bytes of `chunks`, decompressed no further ahead than a few chunks.
 * @throws VtsError InputTruncated, InputMalformed
 */
export async function* decompress(
  chunks: AsyncIterable<Uint8Array>,
  compression: Compression,
  file: string,
): AsyncGenerator<Uint8Array> {
  if (compression === 'none') return yield* chunks;
  const whole = compression === 'zstd' ? wholeFrames(chunks, file) : chunks;
  const source = Readable.from(whole, { highWaterMark: 1 });
  const decoder = compression === 'gzip' ? createGunzip(BUFFERS) : createZstdDecompress(BUFFERS);
  source.on('error', (error) => decoder.destroy(error));
  source.pipe(decoder);
  try {
    yield* decoder as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw error instanceof VtsError ? error : damaged(error, compression, file);
  } finally {
    decoder.destroy();
    source.destroy();
  }
}

const BUFFERS = { chunkSize: 256 * 1024 };

/** With a checksum, as the `zstd` command writes it. */
const ZSTD = { ...BUFFERS, params: { [constants.ZSTD_c_checksumFlag]: 1 } };

function damaged(error: unknown, compression: Compression, file: string): VtsError {
  const { message, code } = error as NodeJS.ErrnoException;
  const details = { file, remedy: 'copy or make the file again', cause: error };
  if (code === 'Z_BUF_ERROR' || /unexpected end|truncated/i.test(message)) {
    return new VtsError('InputTruncated', `${file} ends in the middle of its ${compression} data`, details);
  }
  return new VtsError('InputMalformed', `${file} holds broken ${compression} data: ${message}`, details);
}

/** The decompressed bytes of `source` from the first on, and how they were compressed, which the first bytes tell. */
export async function openFeed(source: ByteSource): Promise<{ compression: Compression; feed: Feed }> {
  const compression = compressionOf(await source.peek());
  if (compression === 'none' && source.size !== undefined) return { compression, feed: fileFeed(source, 0) };
  return { compression, feed: chunkFeed(decompress(source.stream(), compression, source.name)) };
}

/** Where a writer's bytes go. */
export interface Encoder {
  /** Takes `bytes`, which are not kept. */
  write(bytes: Uint8Array): Promise<void>;
  finish(): Promise<void>;
  abort(): void;
}

/** Compresses into `sink`. */
export function encoder(sink: ByteSink, compression: Compression): Encoder {
  if (compression === 'none') {
    return { write: (bytes) => sink.write(bytes), finish: () => Promise.resolve(), abort() {} };
  }
  const stream: Transform = compression === 'gzip' ? createGzip(BUFFERS) : createZstdCompress(ZSTD);
  const ready: Uint8Array[] = [];
  stream.on('data', (chunk: Uint8Array) => ready.push(chunk));
  const drain = async () => {
    for (const chunk of ready.splice(0)) await sink.write(chunk);
  };
  return {
    async write(bytes) {
      // The stream works on the bytes in another thread, so it gets its own copy.
      await new Promise<void>((resolve, reject) => {
        stream.write(bytes.slice(), (error) => error ? reject(error) : resolve());
      });
      await drain();
    },
    async finish() {
      await new Promise<void>((resolve, reject) => {
        stream.once('end', resolve).once('error', reject);
        stream.end();
      });
      await drain();
    },
    abort: () => stream.destroy(),
  };
}
