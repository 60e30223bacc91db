/** What `--compression` chooses for Parquet files. */
import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';
import { snappyCompress } from 'hyparquet-writer/src/snappy.js';
import { VtsError } from '../../../errors.ts';

/** A codec that vts writes, by its name in Parquet. */
export type Codec = 'UNCOMPRESSED' | 'ZSTD' | 'SNAPPY' | 'GZIP';

/** One choice of `--compression`. */
export interface Compression {
  /** The codec of dense vectors. */
  readonly vectors: Codec;
  /** The codec of all other columns. */
  readonly others: Codec;
  /** Whether float32 and float64 values are byte-stream-split, which codecs then make smaller. */
  readonly split: boolean;
  /** A line of help. */
  readonly meaning: string;
}

/** The choices. */
export const COMPRESSIONS = {
  auto: {
    vectors: 'UNCOMPRESSED',
    others: 'ZSTD',
    split: false,
    meaning: 'dense vectors as they are, the rest zstd (default)',
  },
  none: { vectors: 'UNCOMPRESSED', others: 'UNCOMPRESSED', split: false, meaning: 'nothing compressed' },
  zstd: { vectors: 'ZSTD', others: 'ZSTD', split: false, meaning: 'all columns zstd' },
  snappy: { vectors: 'SNAPPY', others: 'SNAPPY', split: false, meaning: 'all columns snappy' },
  gzip: { vectors: 'GZIP', others: 'GZIP', split: false, meaning: 'all columns gzip' },
  bss: {
    vectors: 'ZSTD',
    others: 'ZSTD',
    split: true,
    meaning:
      'all columns zstd, floats byte-stream-split first: the smallest files, which Milvus cannot import',
  },
} as const satisfies Record<string, Compression>;

/** What each choice means. */
export const MEANINGS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(COMPRESSIONS).map(([name, { meaning }]) => [name, meaning]),
);

/** The choice called `name`. @throws VtsError Usage */
export function compressionByName(name = 'auto'): Compression {
  if (Object.hasOwn(COMPRESSIONS, name)) return COMPRESSIONS[name as keyof typeof COMPRESSIONS];
  throw new VtsError('Usage', `Parquet files have no compression "${name}"`, {
    expected: `one of ${Object.keys(COMPRESSIONS).join(', ')}`,
  });
}

/** How a codec compresses bytes; `isDense` says whether they are dense vectors. */
export interface Compressor {
  /** On the thread at hand. */
  here(bytes: Uint8Array<ArrayBuffer>, isDense: boolean): Uint8Array;
  /** The same bytes, made in the runtime's threads, where it has the codec; `bytes` must not change meanwhile. */
  aside?(bytes: Uint8Array<ArrayBuffer>, isDense: boolean): Promise<Uint8Array>;
}

/** Zstandard levels. Past 1 they cost a third more time on dense vectors and gain nothing. */
const zstdOptions = (isDense: boolean) => ({ level: isDense ? 1 : 3 });

const gzipAside = promisify(gzip);

/** All codecs that change bytes. */
export const COMPRESSORS: Readonly<Record<Exclude<Codec, 'UNCOMPRESSED'>, Compressor>> = {
  // node:zlib's goes through its streams and takes twice the time.
  ZSTD: {
    here: (bytes, isDense) => Bun.zstdCompressSync(bytes, zstdOptions(isDense)),
    aside: (bytes, isDense) => Bun.zstdCompress(bytes, zstdOptions(isDense)),
  },
  SNAPPY: { here: (bytes) => snappyCompress(bytes) },
  GZIP: { here: (bytes) => gzipSync(bytes), aside: (bytes) => gzipAside(bytes) },
};
