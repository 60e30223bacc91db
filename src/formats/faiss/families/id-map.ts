/**
 * `IxMp`, `IxM2` and the binary `IBMp`, `IBM2`: header, any index, then the id of each of its vectors. IDMap and IDMap2 differ
 * in memory only.
 */
import { VtsError } from '../../../errors.ts';
import { readBinaryHeader, readHeader } from '../header.ts';
import { type IndexNode, indexNode, type IndexParser } from '../index-node.ts';
import { oneRun, type RowReader, rowReader } from '../rows/rows.ts';

/** An index with ids of its user's choice. */
export const parseIdMap: IndexParser = ({ fourcc, cursor, parseInner }) => {
  const start = cursor.position;
  const header = fourcc.startsWith('IB') ? readBinaryHeader(cursor) : readHeader(cursor);
  const inner = parseInner();
  const wrong = mismatch(inner, header.total, header.dim, fourcc.startsWith('IB'));
  if (wrong !== undefined) throw cursor.malformed(`the IDMap ${wrong}`, { byte: start });
  const at = cursor.position;
  const { position, count } = cursor.array('the ids', 8);
  if (count !== header.total) {
    throw cursor.malformed(`${count} ids are stored for ${header.total} vectors`, { byte: at });
  }
  const idMap = rowReader(cursor.source, oneRun(position, count, 8));
  return indexNode({
    fourcc,
    path: `${fourcc.endsWith('2') ? 'IDMap2' : 'IDMap'} > ${inner.path}`,
    // The map's own header repeats the metric, but faiss leaves its parameter out.
    header: {
      ...header,
      metric: inner.header.metric,
      metricArg: inner.header.metricArg,
      cosine: inner.header.cosine,
    },
    parts: { index: inner },
    notes: inner.notes,
    byList: inner.byList,
    vectors: inner.vectors,
    ids: inner.ids === undefined ? idMap : mapped(inner.ids, idMap, cursor.source.name),
  });
};

function mismatch(inner: IndexNode, total: number, dim: number, binary: boolean): string | undefined {
  if (inner.header.dim !== dim) return `has ${dim} dimensions, the index inside ${inner.header.dim}`;
  if (inner.header.total !== total) return `has ${total} vectors, the index inside ${inner.header.total}`;
  if (inner.fourcc.startsWith('IB') !== binary) return 'and the index inside are not both binary';
  return undefined;
}

/** The ids that `idMap` holds for the ids of the index inside. */
function mapped(inner: RowReader, idMap: RowReader, file: string): RowReader {
  const map = (bytes: Uint8Array<ArrayBuffer>, rowOf: (index: number) => number) => {
    const ids = new BigInt64Array(bytes.buffer);
    checkNumbers(
      ids,
      idMap.count,
      rowOf,
      file,
      (id) => `the IDMap has no id for vector ${id} of the index inside`,
    );
    return idMap.pick(ids);
  };
  return {
    count: inner.count,
    rowBytes: 8,
    read: async (start, count) => map(await inner.read(start, count), (index) => start + index),
    pick: async (rows) => map(await inner.pick(rows), (index) => Number(rows[index])),
  };
}

/** @throws VtsError InputMalformed when one of `ids` is no row number below `count` */
export function checkNumbers(
  ids: BigInt64Array,
  count: number,
  rowOf: (index: number) => number,
  file: string,
  message: (id: bigint) => string,
): void {
  const limit = BigInt(count);
  const wrong = ids.findIndex((id) => id < 0n || id >= limit);
  if (wrong < 0) return;
  throw new VtsError('InputMalformed', message(ids[wrong]), {
    file,
    row: rowOf(wrong),
    expected: `a number below ${limit}`,
  });
}
