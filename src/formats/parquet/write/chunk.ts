/** Column chunks: the pages of one leaf in one row group, held in memory until the group is written. */
import type { ColumnChunk, PageHeader } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer/src/bytewriter.js';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { MAX_OFFSET } from '../../../core/column.ts';
import { VtsError } from '../../../errors.ts';
import type { ByteSink } from '../../../stores/bytes.ts';
import { type BlockPool, byteQueue } from './blocks.ts';
import { type Compression, COMPRESSORS } from './compression.ts';
import type { LeafPlace } from './leaf-place.ts';
import { pageEncoder } from './page.ts';
import { countItems, type Leaf } from './shred.ts';
import { boundsTracker } from './statistics.ts';
import { INT8_DICTIONARY } from './values.ts';

/** Writes one column chunk after the other. */
export interface ChunkWriter {
  /** Bytes of the pages so far before compression. */
  readonly size: number;
  /** Adds a page of the first `rows` rows of `leaf`. */
  addPage(leaf: Leaf, rows: number): void;
  /** Waits for pages that are being compressed. */
  settle(): Promise<void>;
  /** Ends the chunk, whose place in the file is `position`, and begins the next one. */
  finish(position: number): Promise<FinishedChunk>;
}

/** A chunk that is to be written. */
export interface FinishedChunk {
  readonly facts: ColumnChunk;
  readonly bytes: number;
  write(sink: ByteSink): Promise<void>;
}

/** A page's header without its sizes. */
type Header = Omit<PageHeader, 'uncompressed_page_size' | 'compressed_page_size'>;

const DICTIONARY_HEADER: Header = {
  type: 'DICTIONARY_PAGE',
  dictionary_page_header: { num_values: INT8_DICTIONARY.length / 4, encoding: 'PLAIN' },
};

/** How chunks are written. */
export interface ChunkOptions {
  readonly compression: Compression;
  readonly pool: BlockPool;
  /** Whether pages are compressed in other threads, where the codec can. */
  readonly aside: boolean;
}

/** A page whose compressed bytes are on their way. */
interface ComingPage {
  readonly body: Promise<Uint8Array>;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly header: Header;
}

/** A writer of the chunks of the leaf at `place`. */
export function chunkWriter(place: LeafPlace, { compression, pool, aside }: ChunkOptions): ChunkWriter {
  const codec = place.isDense ? compression.vectors : compression.others;
  const compressor = codec === 'UNCOMPRESSED' ? undefined : COMPRESSORS[codec];
  const { encoding, encode } = pageEncoder(place, compression.split);
  const levels = { definition_level_encoding: 'RLE', repetition_level_encoding: 'RLE' } as const;
  const queue = byteQueue(pool);
  const bounds = place.path.length === 1 ? boundsTracker() : undefined;
  const empty = { size: 0, headBytes: 0, slots: 0, nulls: 0, dictionaryBytes: 0 };
  let coming: ComingPage[] = [];
  let chunk = { ...empty };

  /** Appends a page of `parts`, which are compressed as one. */
  function append(parts: readonly Uint8Array[], header: Header): void {
    const plainBytes = totalBytes(parts);
    if (plainBytes > MAX_OFFSET) throw tooLarge(place.path, plainBytes);
    chunk.size += plainBytes;
    if (compressor === undefined) return enqueue(header, plainBytes, parts);
    const plain = pool.join(parts);
    const body = aside ? compressor.aside?.(plain, place.isDense) : undefined;
    if (body !== undefined) {
      // It is looked at in its turn, perhaps after others failed.
      body.catch(() => {});
      coming.push({ body, plain, header });
    } else {
      enqueue(header, plainBytes, [compressor.here(plain, place.isDense)]);
      pool.unjoin(plain);
    }
  }

  /** Appends a page that is ready, behind its header. */
  function enqueue(header: Header, plainBytes: number, body: readonly Uint8Array[]): void {
    const sizes = { uncompressed_page_size: plainBytes, compressed_page_size: totalBytes(body) };
    const head = pageHeader({ ...header, ...sizes });
    for (const piece of [head, ...body]) queue.append(piece);
    chunk.headBytes += head.length;
    if (header.type === 'DICTIONARY_PAGE') chunk.dictionaryBytes = queue.length;
  }

  async function settle(): Promise<void> {
    const pages = coming;
    coming = [];
    for (const { body, plain, header } of pages) {
      enqueue(header, plain.length, [await body]);
      pool.unjoin(plain);
    }
  }

  return {
    get size() {
      return chunk.size;
    },
    addPage(leaf, rows) {
      if (place.hasDictionary && chunk.size === 0) {
        append([INT8_DICTIONARY], DICTIONARY_HEADER);
      }
      const { parts, slots, ranges } = encode(leaf, rows);
      append(parts, { type: 'DATA_PAGE', data_page_header: { num_values: slots, encoding, ...levels } });
      bounds?.add(leaf.items, ranges);
      chunk.slots += slots;
      chunk.nulls += slots - countItems(ranges);
    },
    settle,
    async finish(position) {
      await settle();
      const { size, headBytes, slots, nulls, dictionaryBytes } = chunk;
      chunk = { ...empty };
      const bytes = queue.length;
      const facts: ColumnChunk = {
        file_offset: BigInt(position),
        meta_data: {
          type: place.type,
          encodings: place.hasDictionary ? ['PLAIN', 'RLE', encoding] : ['RLE', encoding],
          path_in_schema: [...place.path],
          codec,
          num_values: BigInt(slots),
          total_uncompressed_size: BigInt(size + headBytes),
          total_compressed_size: BigInt(bytes),
          data_page_offset: BigInt(position + dictionaryBytes),
          ...(dictionaryBytes > 0 ? { dictionary_page_offset: BigInt(position) } : {}),
          statistics: { null_count: BigInt(nulls), ...bounds?.take() },
        },
      };
      return { facts, bytes, write: queue.take() };
    },
  };
}

function pageHeader(header: PageHeader): Uint8Array {
  const writer = new ByteWriter(64);
  writePageHeader(writer, header);
  return writer.getBytes();
}

function totalBytes(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

function tooLarge(path: readonly string[], bytes: number): VtsError {
  return new VtsError('MemoryLimit', `${bytes} bytes of rows are more than a Parquet page can hold`, {
    field: path.join('.'),
    expected: `at most ${MAX_OFFSET} bytes in a row`,
  });
}
