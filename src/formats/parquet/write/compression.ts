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

/** Zstandard levels. Past 1 they cost a third more time on dense vectors and gain nothing. */
const LEVEL = { vectors: 1, others: 3 } as const;

const zstdOptions = (isDense: boolean) => ({ level: isDense ? LEVEL.vectors : LEVEL.others });

/** `bytes` compressed; `isDense` says whether they are dense vectors. */
export function compress(codec: Codec, bytes: Uint8Array, isDense: boolean): Uint8Array {
  switch (codec) {
    case 'UNCOMPRESSED':
      return bytes;
    case 'ZSTD':
      // node:zlib's goes through its streams and takes twice the time.
      return Bun.zstdCompressSync(bytes as Uint8Array<ArrayBuffer>, zstdOptions(isDense));
    case 'SNAPPY':
      return snappyCompress(bytes);
    case 'GZIP':
      return gzipSync(bytes);
  }
}

const gzipAside = promisify(gzip);

/** The same bytes as of {@linkcode compress}, made in the runtime's threads where the codec is native; `bytes` must not change meanwhile. */
export async function compressAside(codec: Codec, bytes: Uint8Array, isDense: boolean): Promise<Uint8Array> {
  switch (codec) {
    case 'ZSTD':
      return await Bun.zstdCompress(bytes as Uint8Array<ArrayBuffer>, zstdOptions(isDense));
    case 'GZIP':
      return await gzipAside(bytes);
    default:
      return compress(codec, bytes, isDense);
  }
}
