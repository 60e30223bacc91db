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
function compressionByName(name: string): Compression {
  const lower = name.toLowerCase();
  return lower.endsWith('.gz') ? 'gzip' : lower.endsWith('.zst') ? 'zstd' : 'none';
}

/**
 * The decompressed bytes of `chunks`, decompressed no further ahead than a few chunks.
 * @throws VtsError InputTruncated, InputMalformed
 */
async function* decompress(
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
export async function openText(
  source: ByteSource,
): Promise<{ compression: Compression; chunks: AsyncGenerator<Uint8Array> }> {
  const compression = compressionOf(await source.peek());
  return { compression, chunks: decompress(source.stream(), compression, source.name) };
}

/** As {@linkcode openText}, for readers that have memory of their own. */
export async function openFeed(source: ByteSource): Promise<{ compression: Compression; feed: Feed }> {
  const compression = compressionOf(await source.peek());
  if (compression === 'none' && source.size !== undefined) return { compression, feed: fileFeed(source, 0) };
  return { compression, feed: chunkFeed(decompress(source.stream(), compression, source.name)) };
}

/** The decompressed bytes of `source` from `byte` on. @throws VtsError InputUnreadable when a stream is read again */
export function textFrom(
  source: ByteSource,
  compression: Compression,
  byte: number,
): AsyncIterable<Uint8Array> {
  if (source.size === undefined) {
    throw new VtsError('InputUnreadable', `${source.name} can be read only once`, {
      file: source.name,
      remedy: 'save it to a file first and name that',
    });
  }
  if (compression === 'none') return source.stream(byte);
  return dropBytes(decompress(source.stream(), compression, source.name), byte);
}

/** As {@linkcode textFrom}, for readers that have memory of their own. */
export function feedFrom(source: ByteSource, compression: Compression, byte: number): Feed {
  if (compression === 'none' && source.size !== undefined) return fileFeed(source, byte);
  return chunkFeed(textFrom(source, compression, byte));
}

/** `chunks` without their first `count` bytes. */
async function* dropBytes(chunks: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of chunks) {
    if (left < chunk.length) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

/** The compression that `--compression` and the name of the output ask for. @throws VtsError Usage when they differ */
export function chooseCompression(name: string, asked: string | undefined): Compression {
  const named = compressionByName(name);
  const chosen = (asked as Compression | undefined) ?? named;
  if (named === 'none' || named === chosen) return chosen;
  throw new VtsError('Usage', `--compression ${chosen}: the name ${name} says ${named}`, {
    remedy: 'name the output after its compression, or leave the flag out',
  });
}

/** What `--compression` may be for text. */
export const COMPRESSION_CHOICES: Readonly<Record<Compression, string>> = {
  none: 'plain text (default, unless the name ends with .gz or .zst)',
  gzip: 'as gunzip reads it',
  zstd: 'smaller and faster, as unzstd reads it',
};

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
