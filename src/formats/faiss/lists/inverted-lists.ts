/**
 * Inverted lists: the codes of the vectors that are nearest to a centroid, and their ids. A code names how they are kept:
 *
 *     il00  not at all
 *     ilar  u64 nlist, u64 code_size, list sizes, then for each list its codes, its ids and, in Milvus' cosine indexes, its norms
 *     ilod  u64 nlist, u64 code_size, vec<{u64 size, u64 capacity, u64 offset}>, vec<{u64 offset, u64 capacity}> free places,
 *           vec<u8> file name, u64 size of that file; codes and ids are in it
 *     ilbl  u64 nlist, u64 -1, u64 vectors a block, u64 bytes a block, then for each list its ids and its blocks
 *     ilp2  u64 nlist, u64 code_size, u64 levels, [u64 batch (ilpn: 128)], list sizes, then for each list its batches, ids and sums
 *     ilca  u64 nlist, u64 code_size, u64 segment, list sizes, then for each segment of each list its codes, ids and norms (Milvus)
 *     iloa  u64 nlist, u64 code_size, vec<u64> sizes, u64 n, all ids, all codes (Milvus)
 */
import type { ByteSource } from '../../../stores/bytes.ts';
import type { Facts } from '../../format.ts';
import { panoramaBlocks } from '../codecs/panorama.ts';
import type { Cursor } from '../cursor.ts';
import type { MissingVectors } from '../index-node.ts';
import { blockRows, type BlockShape } from '../rows/block-rows.ts';
import { type ListRuns, listRuns } from '../rows/derived-rows.ts';
import { type RowReader, rowReader } from '../rows/rows.ts';
import { type ListDirectory, listDirectory } from './directory.ts';
import { missingFile, namedFile } from './on-disk-file.ts';
import { readSizes, walkOnDisk, walkPaired, walkSized } from './walks.ts';

/** No index has more lists. */
export const MAX_LISTS = 2 ** 32;

/** Parsed lists. */
export interface InvertedLists {
  /** The codes of all lists, one after the other. */
  readonly codes: RowReader;
  readonly ids: RowReader;
  /** The lists of rows. */
  readonly lists: ListRuns;
  readonly facts: Facts;
}

/** What the index around the lists says of them. */
export interface ListShape {
  readonly nlist: number;
  /** Bytes of a code. */
  readonly codeSize: number;
  /** Bytes a row behind the ids of each list. */
  readonly tailBytes?: number;
  /** The blocks of FastScan lists. */
  readonly blocks?: BlockShape;
  /** Levels of lists in Panorama order. */
  readonly levels?: number;
  readonly sibling: (name: string) => ByteSource | undefined;
}

type Parser = (cursor: Cursor, shape: ListShape, start: number) => InvertedLists | MissingVectors;

const PARSERS: Readonly<Record<string, Parser>> = {
  il00: () => ({ missing: 'the index was saved without its inverted lists' }),
  ilar: (cursor, shape, start) => readArrays(cursor, shape, start, false),
  ilca: (cursor, shape, start) => readArrays(cursor, shape, start, true),
  iloa: readTogether,
  ilod: readOnDisk,
  ilbl: readBlocks,
  ilp2: (cursor, shape, start) => readPanorama(cursor, shape, start, undefined),
  ilpn: (cursor, shape, start) => readPanorama(cursor, shape, start, 128),
};

/** Parses inverted lists up to their last byte. @throws VtsError InputMalformed, InputTruncated */
export function readInvertedLists(cursor: Cursor, shape: ListShape): InvertedLists | MissingVectors {
  const start = cursor.position;
  const kind = cursor.fourcc('the kind of inverted lists');
  if (Object.hasOwn(PARSERS, kind)) return PARSERS[kind](cursor, shape, start);
  throw cursor.malformed(`inverted lists of an unknown kind ${JSON.stringify(kind)}`, {
    byte: start,
    expected: Object.keys(PARSERS).join(', '),
  });
}

/** `nlist` and `code_size`, which have to be those of the index. */
function readShape(cursor: Cursor, { nlist, codeSize }: ListShape, start: number): void {
  const lists = cursor.count('the number of inverted lists', MAX_LISTS);
  const bytes = cursor.count('the code size of inverted lists', Number.MAX_SAFE_INTEGER);
  if (lists === nlist && bytes === codeSize) return;
  throw cursor.malformed(`there are ${lists} inverted lists of ${bytes} bytes a vector`, {
    byte: start,
    expected: `${nlist} lists of ${codeSize} bytes a vector, as the index says`,
  });
}

function readArrays(cursor: Cursor, shape: ListShape, start: number, segmented: boolean): InvertedLists {
  readShape(cursor, shape, start);
  const segment = segmented ? cursor.count('the size of list segments', Number.MAX_SAFE_INTEGER) : Infinity;
  if (segment === 0) throw cursor.malformed('list segments hold no vectors');
  const { codeSize, tailBytes = 0 } = shape;
  const sizes = readSizes(cursor, shape.nlist);
  const place = function* (position: number, rows: number) {
    for (let left = rows; left > 0; left -= segment) {
      const here = Math.min(left, segment);
      const ids = position + here * codeSize;
      const end = ids + here * (8 + tailBytes);
      yield { rows: here, codes: position, ids, end };
      position = end;
    }
  };
  const first = { entry: 0, last: -1, position: cursor.position };
  const { directory, end } = listDirectory(
    shape.nlist,
    first,
    (mark) => walkSized(cursor.source, shape.nlist, sizes, place, mark),
  );
  cursor.skip(end.position - cursor.position, 'the inverted lists');
  return plainLists(cursor.source, directory, codeSize);
}

function readTogether(cursor: Cursor, shape: ListShape, start: number): InvertedLists {
  readShape(cursor, shape, start);
  const { codeSize, nlist } = shape;
  const sizes = { sparse: false, ...cursor.arrayOf('the list sizes', 8, nlist) };
  const ids = cursor.array('the ids of the lists', 8);
  const codes = cursor.position;
  cursor.skip(ids.count * codeSize, 'the codes of the lists');
  // Positions are those of ids.
  const place = function* (position: number, rows: number) {
    const row = (position - ids.position) / 8;
    yield { rows, codes: codes + row * codeSize, ids: position, end: position + rows * 8 };
  };
  const first = { entry: 0, last: -1, position: ids.position };
  const { directory } = listDirectory(
    nlist,
    first,
    (mark) => walkSized(cursor.source, nlist, sizes, place, mark),
  );
  if (directory.rows === ids.count) return plainLists(cursor.source, directory, codeSize);
  throw cursor.malformed(`the list sizes add up to ${directory.rows}`, {
    byte: start,
    expected: `${ids.count}, the count of ids`,
  });
}

function readOnDisk(cursor: Cursor, shape: ListShape, start: number): InvertedLists | MissingVectors {
  readShape(cursor, shape, start);
  const table = cursor.arrayOf('the places of the lists', 24, shape.nlist);
  cursor.array('the free places', 16);
  const name = namedFile(cursor);
  const size = cursor.count('the size of the file of the lists', Number.MAX_SAFE_INTEGER);
  const file = shape.sibling(name);
  if (file === undefined) return missingFile(name);
  if (file.size === undefined || file.size < size) {
    throw cursor.malformed(`${file.name}, the file of the inverted lists, has ${file.size} bytes`, {
      expected: `${size} bytes, as the index says`,
    });
  }
  const { directory } = listDirectory(
    shape.nlist,
    0,
    (list) => walkOnDisk(cursor.source, table, shape.codeSize, file, list),
  );
  return plainLists(file, directory, shape.codeSize);
}

function readBlocks(cursor: Cursor, shape: ListShape, start: number): InvertedLists {
  const { nlist, blocks } = shape;
  const lists = cursor.count('the number of inverted lists', MAX_LISTS);
  cursor.u64('the code size of inverted lists');
  const perBlock = cursor.count('the number of vectors of a block', Number.MAX_SAFE_INTEGER);
  const blockBytes = cursor.count('the number of bytes of a block', Number.MAX_SAFE_INTEGER);
  if (
    lists !== nlist || blocks === undefined || blocks.blockRows !== perBlock ||
    blocks.blockBytes !== blockBytes
  ) {
    throw cursor.malformed(
      `there are ${lists} lists with ${perBlock} vectors and ${blockBytes} bytes a block`,
      {
        byte: start,
        expected: blocks === undefined
          ? 'no blocks'
          : `${nlist} lists with ${blocks.blockRows} vectors and ${blocks.blockBytes} bytes`,
      },
    );
  }
  const bytes = (rows: number) => Math.ceil(rows / perBlock) * blockBytes;
  const { directory, end } = listDirectory(
    nlist,
    { list: 0, position: cursor.position },
    (mark) => walkPaired(cursor.source, nlist, bytes, mark),
  );
  cursor.skip(end.position - cursor.position, 'the inverted lists');
  return blockLists(cursor.source, directory, blocks);
}

function readPanorama(
  cursor: Cursor,
  shape: ListShape,
  start: number,
  fixedBatch: number | undefined,
): InvertedLists {
  readShape(cursor, shape, start);
  const levels = cursor.count('the number of levels of the lists', Number.MAX_SAFE_INTEGER);
  const batch = fixedBatch ?? cursor.count('the batch size of the lists', Number.MAX_SAFE_INTEGER);
  if (levels !== shape.levels) {
    throw cursor.malformed(`the lists have ${levels} levels`, {
      byte: start,
      expected: shape.levels === undefined ? 'none' : `${shape.levels}, as the index says`,
    });
  }
  const { codeSize } = shape;
  const blocks = panoramaBlocks(cursor, codeSize / 4, levels, batch);
  const sizes = readSizes(cursor, shape.nlist);
  const place = function* (position: number, rows: number) {
    const padded = Math.ceil(rows / batch) * batch;
    const ids = position + padded * codeSize;
    yield { rows, codes: position, ids, end: ids + rows * 8 + padded * (levels + 1) * 4 };
  };
  const { directory, end } = listDirectory(
    shape.nlist,
    { entry: 0, last: -1, position: cursor.position },
    (mark) => walkSized(cursor.source, shape.nlist, sizes, place, mark),
  );
  cursor.skip(end.position - cursor.position, 'the inverted lists');
  return blockLists(cursor.source, directory, blocks);
}

/** Lists whose codes lie one after the other. */
export function plainLists(source: ByteSource, directory: ListDirectory, codeSize: number): InvertedLists {
  const codes = rowReader(source, {
    count: directory.rows,
    rowBytes: codeSize,
    runAt(row) {
      const list = directory.find(row);
      const skip = row - list.firstRow;
      return { position: list.codes + skip * codeSize, rows: list.rows - skip };
    },
  });
  return listsOf(source, directory, codes);
}

function blockLists(source: ByteSource, directory: ListDirectory, blocks: BlockShape): InvertedLists {
  const codes = blockRows(source, {
    count: directory.rows,
    runAt(row) {
      const { codes: position, firstRow, rows } = directory.find(row);
      return { position, firstRow, rows };
    },
  }, blocks);
  return listsOf(source, directory, codes);
}

function listsOf(source: ByteSource, directory: ListDirectory, codes: RowReader): InvertedLists {
  const ids = rowReader(source, {
    count: directory.rows,
    rowBytes: 8,
    runAt(row) {
      const list = directory.find(row);
      const skip = row - list.firstRow;
      return { position: list.ids + skip * 8, rows: list.rows - skip };
    },
  });
  const lists = listRuns((row) => {
    const list = directory.find(row);
    return { list: list.list, rows: list.rows - (row - list.firstRow) };
  });
  return { codes, ids, lists, facts: directory.facts };
}
