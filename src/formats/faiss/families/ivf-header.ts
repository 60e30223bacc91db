/** What every IVF index begins with: `header, u64 nlist, u64 nprobe, coarse quantizer (any index), direct map`. */
import type { Cursor } from '../cursor.ts';
import { type IndexHeader, readBinaryHeader, readHeader } from '../header.ts';
import { hasVectors, type IndexNode } from '../index-node.ts';
import { MAX_LISTS } from '../lists/inverted-lists.ts';
import type { RowReader } from '../rows/rows.ts';

/** The parsed front of an IVF index. */
export interface IvfHeader {
  readonly header: IndexHeader;
  readonly nlist: number;
  readonly nprobe: number;
  readonly quantizer: IndexNode;
  /** `IVF100`, or `IVF100(HNSW32)` when the quantizer is not Flat. */
  readonly label: string;
  /** Where the ids of lists begin in files of before 2018. */
  readonly oldIds?: number;
}

/** Parses the front of an IVF index, up to its own fields; `old` indexes have the ids of their lists in it. */
export function readIvfHeader(
  { fourcc, cursor, parseInner }: { fourcc: string; cursor: Cursor; parseInner: () => IndexNode },
  old = false,
): IvfHeader {
  const header = fourcc.startsWith('IB') ? readBinaryHeader(cursor) : readHeader(cursor);
  const start = cursor.position;
  const nlist = cursor.count('the number of lists', MAX_LISTS);
  const nprobe = cursor.count('nprobe', Number.MAX_SAFE_INTEGER);
  const quantizer = parseInner();
  if (quantizer.header.dim !== header.dim || (header.trained && quantizer.header.total !== nlist)) {
    throw cursor.malformed(
      `the quantizer has ${quantizer.header.total} centroids of ${quantizer.header.dim} dimensions, ` +
        `the index ${nlist} lists of ${header.dim}`,
      { byte: start },
    );
  }
  const oldIds = cursor.position;
  if (old) { for (let list = 0; list < nlist; list++) cursor.array('the ids of a list', 8); }
  skipDirectMap(cursor);
  const suffix = /^B?Flat$/.test(quantizer.path) ? '' : `(${quantizer.path})`;
  return {
    ...{
      header,
      nlist,
      nprobe,
      quantizer,
      label: `${header.metric === 'HAMMING' ? 'B' : ''}IVF${nlist}${suffix}`,
    },
    ...(old ? { oldIds } : {}),
  };
}

/** The direct map finds a vector by its id; it repeats what the lists say. */
function skipDirectMap(cursor: Cursor): void {
  const type = cursor.u8('the type of the direct map');
  if (type > 2) {
    throw cursor.malformed(`the direct map is of type ${type}`, {
      byte: cursor.position - 1,
      expected: '0 to 2',
    });
  }
  cursor.array('the direct map', 8);
  if (type === 2) cursor.array('the direct map', 16);
}

/** The `count` centroids of `quantizer`, as float32. */
export function centroidsOf(
  cursor: Cursor,
  quantizer: IndexNode,
  count: number,
  { dim }: IndexHeader,
): RowReader {
  const { vectors, centroids } = quantizer;
  const rows = centroids ?? (hasVectors(vectors) ? vectors.rows : undefined);
  if (
    rows !== undefined && rows.count === count && rows.rowBytes === dim * 4 && quantizer.ids === undefined
  ) {
    return rows;
  }
  throw cursor.malformed(`the quantizer ${quantizer.path} has no centroid for each of ${count} lists`, {
    expected: `${count} vectors of ${dim} dimensions`,
  });
}
