/**
 * Inverted lists. Those in memory order (`ilar`) are read: `u64 nlist, u64 code_size`, the sizes of all lists, then for each list in
 * turn its codes, its ids and, in Milvus' cosine indexes, its norms.
 */
import type { VtsError } from '../../errors.ts';
import type { Facts } from '../format.ts';
import type { Cursor } from './cursor.ts';
import { REBUILD_IN_PYTHON } from './index-names.ts';
import { listFinder, type ListTable, MAX_LISTS, readListTable } from './list-table.ts';
import type { RowLayout } from './rows.ts';

/** Parsed lists: their sizes, and where the code and the id of each row lie. */
export interface InvertedLists extends ListTable {
  readonly codes: RowLayout;
  readonly ids: RowLayout;
}

/** What the index around the lists says of them. */
export interface ListShape {
  readonly nlist: number;
  /** Bytes of a code. */
  readonly codeSize: number;
  /** Bytes a row behind the ids of each list. */
  readonly tailBytes: number;
}

/** Parses inverted lists; `undefined` when they were left out (`il00`). */
export function readInvertedLists(cursor: Cursor, shape: ListShape): InvertedLists | undefined {
  const start = cursor.position;
  const kind = cursor.fourcc('the kind of inverted lists');
  if (kind === 'il00') return undefined;
  if (kind !== 'ilar') throw unreadable(cursor, kind, start);
  const nlist = cursor.count('the number of inverted lists', MAX_LISTS);
  const codeSize = cursor.count('the code size of inverted lists', Number.MAX_SAFE_INTEGER);
  if (nlist !== shape.nlist || codeSize !== shape.codeSize) {
    throw cursor.malformed(`there are ${nlist} inverted lists of ${codeSize} bytes a vector`, {
      byte: start,
      expected: `${shape.nlist} lists of ${shape.codeSize} bytes a vector, as the index says`,
    });
  }
  const table = readListTable(cursor, nlist, codeSize + 8 + shape.tailBytes);
  const find = listFinder(cursor.source, table);
  return {
    ...table,
    codes: {
      count: table.rows,
      rowBytes: codeSize,
      runAt(row) {
        const list = find(row);
        const skip = row - list.firstRow;
        return { position: list.position + skip * codeSize, rows: list.rows - skip };
      },
    },
    ids: {
      count: table.rows,
      rowBytes: 8,
      runAt(row) {
        const list = find(row);
        const skip = row - list.firstRow;
        return { position: list.position + list.rows * codeSize + skip * 8, rows: list.rows - skip };
      },
    },
  };
}

/** What `vts inspect` tells of lists. */
export function listFacts({ emptyLists, smallestList, largestList }: ListTable): Facts {
  return { emptyLists, smallestList, largestList };
}

const OTHER_KINDS: Readonly<Record<string, string>> = {
  ilod: 'in a file of their own (on disk)',
  ilbl: 'in blocks',
  ilp2: 'in Panorama order',
  ilpn: 'in Panorama order',
  ilca: "in Milvus' own order",
  iloa: "in Milvus' own order",
};

function unreadable(cursor: Cursor, kind: string, byte: number): VtsError {
  const expected = 'lists in memory order (ilar)';
  if (!Object.hasOwn(OTHER_KINDS, kind)) {
    return cursor.malformed(`inverted lists of an unknown kind ${JSON.stringify(kind)}`, { byte, expected });
  }
  return cursor.unsupported(`The inverted lists of the Faiss index are ${OTHER_KINDS[kind]} (${kind})`, {
    byte,
    expected,
    remedy: REBUILD_IN_PYTHON,
  });
}
