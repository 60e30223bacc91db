/**
 * Inverted lists in memory order (`ilar`): the sizes of all lists, then for each list in turn its codes, its ids and, in
 * Milvus' cosine indexes, its norms. The sizes of a list table may be many (one a centroid), so only each 4096th list's place
 * is kept; the sizes between are read again when a row there is asked for.
 */
import type { ByteSource } from '../../stores/bytes.ts';
import { type Cursor, type Extent, readFully } from './cursor.ts';
import type { RowLayout } from './rows.ts';

/** Parsed lists. */
export interface InvertedLists {
  readonly nlist: number;
  readonly codeSize: number;
  /** Rows in all lists. */
  readonly rows: number;
  readonly emptyLists: number;
  readonly smallestList: number;
  readonly largestList: number;
  readonly codes: RowLayout;
  readonly ids: RowLayout;
}

const MAX_LISTS = 2 ** 32;
const BLOCK = 4096;

/** Parses `ilar` lists behind their code; `tailBytes` a row follow the ids of each list. */
export function readInvertedLists(cursor: Cursor, tailBytes: number): InvertedLists {
  const nlist = cursor.count('the number of inverted lists', MAX_LISTS);
  const codeSize = cursor.count('the code size of inverted lists', Number.MAX_SAFE_INTEGER);
  const sizes = readSizes(cursor, nlist);
  const blocks = scan(cursor, sizes, nlist, codeSize + 8 + tailBytes);
  const { rows } = blocks;
  const find = listFinder(cursor.source, sizes, blocks, codeSize + 8 + tailBytes);
  const nonEmpty = blocks.nonEmpty;
  return {
    nlist,
    codeSize,
    rows,
    emptyLists: nlist - nonEmpty,
    smallestList: nonEmpty < nlist ? 0 : blocks.smallest,
    largestList: blocks.largest,
    codes: {
      count: rows,
      rowBytes: codeSize,
      runAt(row) {
        const list = find(row);
        const skip = row - list.firstRow;
        return { position: list.position + skip * codeSize, rows: list.rows - skip };
      },
    },
    ids: {
      count: rows,
      rowBytes: 8,
      runAt(row) {
        const list = find(row);
        const skip = row - list.firstRow;
        return { position: list.position + list.rows * codeSize + skip * 8, rows: list.rows - skip };
      },
    },
  };
}

/** The table of sizes: one u64 a list (`full`), or pairs of a list's number and size (`sprs`). */
interface Sizes extends Extent {
  readonly sparse: boolean;
}

function readSizes(cursor: Cursor, nlist: number): Sizes {
  const start = cursor.position;
  const kind = cursor.fourcc('the kind of list sizes');
  if (kind !== 'full' && kind !== 'sprs') {
    throw cursor.malformed(`list sizes are of the kind ${JSON.stringify(kind)}`, {
      byte: start,
      expected: 'full or sprs',
    });
  }
  const { position, count } = cursor.array('the list sizes', 8);
  if (kind === 'full' ? count !== nlist : count % 2 !== 0 || count / 2 > nlist) {
    throw cursor.malformed(`${count} list sizes (${kind}) are stored for ${nlist} lists`, { byte: start });
  }
  return kind === 'full' ? { sparse: false, position, count } : { sparse: true, position, count: count / 2 };
}

/** The first row and byte of each block of lists, and what all sizes say together. */
interface Blocks {
  readonly firstRow: Float64Array;
  readonly firstByte: Float64Array;
  readonly rows: number;
  readonly nonEmpty: number;
  readonly smallest: number;
  readonly largest: number;
}

function scan(cursor: Cursor, sizes: Sizes, nlist: number, rowBytes: number): Blocks {
  const count = Math.ceil(sizes.count / BLOCK);
  const [firstRow, firstByte] = [new Float64Array(count), new Float64Array(count)];
  let [rows, nonEmpty, smallest, largest, lastList] = [0, 0, Infinity, 0, -1];
  for (let block = 0; block < count; block++) {
    firstRow[block] = rows;
    firstByte[block] = cursor.position;
    const before = rows;
    const at = sizes.position + block * BLOCK * entryBytes(sizes);
    for (const { list, size } of entries(cursor.source, sizes, block)) {
      if (list <= lastList || list >= nlist) {
        throw cursor.malformed(`list ${list} follows list ${lastList} in the table of list sizes`, {
          byte: at,
          expected: `ascending numbers below ${nlist}`,
        });
      }
      lastList = list;
      rows += size;
      if (size > 0) nonEmpty++;
      smallest = Math.min(smallest, size);
      largest = Math.max(largest, size);
    }
    cursor.skip((rows - before) * rowBytes, 'the inverted lists');
  }
  return { firstRow, firstByte, rows, nonEmpty, smallest: nonEmpty === 0 ? 0 : smallest, largest };
}

function entryBytes(sizes: Sizes): number {
  return sizes.sparse ? 16 : 8;
}

function* entries(
  source: ByteSource,
  sizes: Sizes,
  block: number,
): Generator<{ list: number; size: number }> {
  const first = block * BLOCK;
  const count = Math.min(BLOCK, sizes.count - first);
  const bytes = new Uint8Array(count * entryBytes(sizes));
  readFully(source, bytes, sizes.position + first * entryBytes(sizes));
  const words = new Uint32Array(bytes.buffer);
  const at = (word: number) => words[word] + words[word + 1] * 2 ** 32;
  for (let i = 0; i < count; i++) {
    yield sizes.sparse ? { list: at(i * 4), size: at(i * 4 + 2) } : { list: first + i, size: at(i * 2) };
  }
}

/** One list that is not empty. */
interface List {
  readonly firstRow: number;
  readonly rows: number;
  /** Byte of the first code. */
  readonly position: number;
}

/** Finds the list of a row; the lists of the last block asked for are kept. */
function listFinder(
  source: ByteSource,
  sizes: Sizes,
  blocks: Blocks,
  rowBytes: number,
): (row: number) => List {
  let current = -1;
  let lists: List[] = [];
  const load = (block: number) => {
    current = block;
    lists = [];
    let firstRow = blocks.firstRow[block];
    let position = blocks.firstByte[block];
    for (const { size } of entries(source, sizes, block)) {
      if (size === 0) continue;
      lists.push({ firstRow, rows: size, position });
      firstRow += size;
      position += size * rowBytes;
    }
  };
  return (row) => {
    const block = lastAtMost(blocks.firstRow.length, (i) => blocks.firstRow[i], row);
    if (block !== current) load(block);
    return lists[lastAtMost(lists.length, (i) => lists[i].firstRow, row)];
  };
}

/** The last index whose value, of values that ascend, is at most `limit`. */
function lastAtMost(length: number, value: (index: number) => number, limit: number): number {
  let [low, high] = [0, length];
  while (low + 1 < high) {
    const middle = (low + high) >>> 1;
    if (value(middle) <= limit) low = middle;
    else high = middle;
  }
  return low;
}
