/** Column chunks: the pages of one leaf in one row group, held in memory until the group is written. */
import type { ColumnChunk, Encoding, PageHeader } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer/src/bytewriter.js';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { MAX_OFFSET } from '../../../core/column.ts';
import { VtsError } from '../../../errors.ts';
import type { ByteSink } from '../../../stores/bytes.ts';
import { type BlockPool, byteQueue } from './blocks.ts';
import { type Codec, compress, type Compression } from './compression.ts';
import type { LeafPlace } from './leaf-place.ts';
import { type LevelWriter, levelWriter } from './levels.ts';
import { countItems, isRegular, type Leaf, type Ranges, shred } from './shred.ts';
import { boundsTracker } from './statistics.ts';
import { encodeItems, INT8_DICTIONARY, splitByteStreams } from './values.ts';

/** Writes one column chunk after the other. */
export interface ChunkWriter {
  /** Bytes of the chunk so far before compression. */
  readonly size: number;
  /** Adds a page of the first `rows` rows of `leaf`. */
  addPage(leaf: Leaf, rows: number): void;
  /** Writes the chunk to `sink` and begins the next one. */
  finish(sink: ByteSink): Promise<ColumnChunk>;
}

/** The levels of a page: encoded, counted, and the items that are there. */
interface PageLevels {
  readonly bytes: readonly Uint8Array[];
  readonly count: number;
  readonly ranges: Ranges;
}

const SPLIT_WIDTHS: Readonly<Record<string, number>> = { FLOAT: 4, DOUBLE: 8 };

/** A writer of the chunks of the leaf at `place`. */
export function chunkWriter(place: LeafPlace, compression: Compression, pool: BlockPool): ChunkWriter {
  const codec: Codec = place.isDense ? compression.vectors : compression.others;
  const splitWidth = compression.split ? SPLIT_WIDTHS[place.type] : undefined;
  const encoding: Encoding = splitWidth !== undefined
    ? 'BYTE_STREAM_SPLIT'
    : place.hasDictionary
    ? 'RLE_DICTIONARY'
    : 'PLAIN';
  const queue = byteQueue(pool);
  const reps = levelWriter(place.maxRep);
  const defs = levelWriter(place.maxDef);
  const bounds = place.path.length === 1 ? boundsTracker() : undefined;
  let size = 0;
  let slots = 0;
  let nulls = 0;
  let dictionaryBytes = 0;
  let last: { readonly rows: number; readonly levels: PageLevels } | undefined;

  /** Appends a page of the byte runs `parts`, which are compressed as one. */
  function append(
    parts: readonly Uint8Array[],
    header: Omit<PageHeader, 'uncompressed_page_size' | 'compressed_page_size'>,
  ): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    if (length > MAX_OFFSET) {
      throw new VtsError('MemoryLimit', `A row is larger than a Parquet page can be: ${length} bytes`, {
        field: place.path.join('.'),
        expected: `at most ${MAX_OFFSET} bytes`,
      });
    }
    const body = codec === 'UNCOMPRESSED' ? parts : [compress(codec, pool.join(parts))];
    const bytes = new ByteWriter(64);
    writePageHeader(bytes, {
      ...header,
      uncompressed_page_size: length,
      compressed_page_size: body.reduce((sum, part) => sum + part.length, 0),
    });
    size += bytes.offset + length;
    queue.append(bytes.getBytes());
    for (const part of body) queue.append(part);
  }

  /** The levels of a page; those of the last page again when they must be the same, as in vectors without nulls. */
  function levelsOf(leaf: Leaf, rows: number): PageLevels {
    if (last?.rows === rows && isRegular(leaf)) return last.levels;
    const ranges = shred(leaf.steps, rows, reps, defs);
    const levels = {
      ranges,
      count: defs.count,
      bytes: [...withLength(place.maxRep, reps), ...withLength(place.maxDef, defs)],
    };
    last = isRegular(leaf) ? { rows, levels } : undefined;
    return levels;
  }

  return {
    get size() {
      return size;
    },
    addPage(leaf, rows) {
      const { items } = leaf;
      if (place.hasDictionary && slots === 0) {
        const dictionary = { num_values: INT8_DICTIONARY.length / 4, encoding: 'PLAIN' as const };
        append([INT8_DICTIONARY], { type: 'DICTIONARY_PAGE', dictionary_page_header: dictionary });
        dictionaryBytes = queue.length;
      }
      const { ranges, count, bytes: levels } = levelsOf(leaf, rows);
      const plain = encodeItems(items, ranges);
      const values = splitWidth === undefined ? plain : splitByteStreams(plain, splitWidth);
      append([...levels, values], {
        type: 'DATA_PAGE',
        data_page_header: {
          num_values: count,
          encoding,
          definition_level_encoding: 'RLE',
          repetition_level_encoding: 'RLE',
        },
      });
      bounds?.add(items, ranges);
      slots += count;
      nulls += count - countItems(ranges);
    },
    async finish(sink) {
      const start = BigInt(sink.position);
      const limits = bounds?.take();
      const chunk: ColumnChunk = {
        file_offset: start,
        meta_data: {
          type: place.type,
          encodings: place.hasDictionary ? ['PLAIN', 'RLE', encoding] : ['RLE', encoding],
          path_in_schema: [...place.path],
          codec,
          num_values: BigInt(slots),
          total_uncompressed_size: BigInt(size),
          total_compressed_size: BigInt(queue.length),
          data_page_offset: start + BigInt(dictionaryBytes),
          ...(dictionaryBytes > 0 ? { dictionary_page_offset: start } : {}),
          statistics: {
            null_count: BigInt(nulls),
            ...(limits === undefined ? {} : { min_value: limits.min, max_value: limits.max }),
          },
        },
      };
      await queue.drain(sink);
      size =
        slots =
        nulls =
        dictionaryBytes =
          0;
      return chunk;
    },
  };
}

/** The levels of `writer` behind their length, as data pages have them; nothing when there is but one level. */
function withLength(max: number, writer: LevelWriter): Uint8Array[] {
  const levels = writer.finish();
  if (max === 0) return [];
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, levels.length, true);
  return [length, levels];
}
