/** What `--compression` chooses for Parquet files. */
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
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

/** The choices; help prints them. */
export const COMPRESSIONS = {
  auto: {
    vectors: 'UNCOMPRESSED',
    others: 'ZSTD',
    split: false,
    meaning: 'dense vectors as they are, the rest zstd',
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

/** The choice called `name`. @throws VtsError Usage */
export function compressionByName(name = 'auto'): Compression {
  if (Object.hasOwn(COMPRESSIONS, name)) return COMPRESSIONS[name as keyof typeof COMPRESSIONS];
  throw new VtsError('Usage', `Parquet files have no compression "${name}"`, {
    expected: `one of ${Object.keys(COMPRESSIONS).join(', ')}`,
  });
}

const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };

/** `bytes` compressed. */
export function compress(codec: Codec, bytes: Uint8Array): Uint8Array {
  switch (codec) {
    case 'UNCOMPRESSED':
      return bytes;
    case 'ZSTD':
      return zstdCompressSync(bytes, ZSTD);
    case 'SNAPPY':
      return snappyCompress(bytes);
    case 'GZIP':
      return gzipSync(bytes);
  }
}
