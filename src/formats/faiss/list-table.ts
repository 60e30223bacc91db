/**
 * The table of list sizes in front of inverted lists: one u64 a list (`full`), or pairs of a list's number and size for those that
 * are not empty (`sprs`). There may be many lists (one a centroid), so only the place of each 4096th is kept in memory; the sizes
 * between are read again when a row there is asked for.
 */
import type { ByteSource } from '../../stores/bytes.ts';
import { type Cursor, type Extent, readFully } from './cursor.ts';

/** No index has more lists. */
export const MAX_LISTS = 2 ** 32;

const BLOCK = 4096;

/** What the sizes of all lists say. */
export interface ListTable {
  /** Rows in all lists. */
  readonly rows: number;
  readonly emptyLists: number;
  readonly smallestList: number;
  readonly largestList: number;
  readonly sizes: Sizes;
  /** Bytes a row in its list: code, id and what else there is. */
  readonly rowBytes: number;
  /** The first row, and its byte, of each block of lists. */
  readonly firstRow: Float64Array;
  readonly firstByte: Float64Array;
}

/** Where the sizes lie; `count` counts sizes, or pairs. */
interface Sizes extends Extent {
  readonly sparse: boolean;
}

/** Parses the sizes of `nlist` lists and goes past the lists. */
export function readListTable(cursor: Cursor, nlist: number, rowBytes: number): ListTable {
  const sizes = readSizes(cursor, nlist);
  const blocks = Math.ceil(sizes.count / BLOCK);
  const [firstRow, firstByte] = [new Float64Array(blocks), new Float64Array(blocks)];
  let [rows, nonEmpty, smallest, largest, last] = [0, 0, Infinity, 0, -1];
  for (let block = 0; block < blocks; block++) {
    firstRow[block] = rows;
    firstByte[block] = cursor.position;
    for (const { list, size } of entries(cursor.source, sizes, block)) {
      if (list <= last || list >= nlist) {
        throw cursor.malformed(`list ${list} follows list ${last} in the table of list sizes`, {
          byte: sizes.position,
          expected: `ascending numbers below ${nlist}`,
        });
      }
      last = list;
      rows += size;
      if (size === 0) continue;
      nonEmpty++;
      smallest = Math.min(smallest, size);
      largest = Math.max(largest, size);
    }
    cursor.skip((rows - firstRow[block]) * rowBytes, 'the inverted lists');
  }
  const smallestList = nonEmpty < nlist || nlist === 0 ? 0 : smallest;
  return {
    rows,
    emptyLists: nlist - nonEmpty,
    smallestList,
    largestList: largest,
    sizes,
    rowBytes,
    firstRow,
    firstByte,
  };
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
  const sparse = kind === 'sprs';
  const { position, count } = cursor.array('the list sizes', 8);
  if (sparse ? count % 2 !== 0 || count / 2 > nlist : count !== nlist) {
    throw cursor.malformed(`${count} list sizes (${kind}) are stored for ${nlist} lists`, { byte: start });
  }
  return { sparse, position, count: sparse ? count / 2 : count };
}

function* entries(
  source: ByteSource,
  sizes: Sizes,
  block: number,
): Generator<{ list: number; size: number }> {
  const first = block * BLOCK;
  const count = Math.min(BLOCK, sizes.count - first);
  const entryBytes = sizes.sparse ? 16 : 8;
  const bytes = new Uint8Array(count * entryBytes);
  readFully(source, bytes, sizes.position + first * entryBytes);
  const words = new Uint32Array(bytes.buffer);
  const u64 = (word: number) => words[word] + words[word + 1] * 2 ** 32;
  for (let i = 0; i < count; i++) {
    yield sizes.sparse ? { list: u64(i * 4), size: u64(i * 4 + 2) } : { list: first + i, size: u64(i * 2) };
  }
}

/** One list that is not empty. */
export interface List {
  readonly firstRow: number;
  readonly rows: number;
  /** Byte of the first code. */
  readonly position: number;
}

/** Finds the list of a row; the lists of the last block asked for are kept. */
export function listFinder(source: ByteSource, table: ListTable): (row: number) => List {
  const { sizes, firstRow, firstByte, rowBytes } = table;
  let current = -1;
  let lists: List[] = [];
  const load = (block: number) => {
    current = block;
    lists = [];
    let [row, position] = [firstRow[block], firstByte[block]];
    for (const { size } of entries(source, sizes, block)) {
      if (size === 0) continue;
      lists.push({ firstRow: row, rows: size, position });
      row += size;
      position += size * rowBytes;
    }
  };
  return (row) => {
    const block = lastAtMost(firstRow.length, (i) => firstRow[i], row);
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
