/**
 * Binary indexes that are more than Flat or a graph: `IBwF` (IVF), `IBFf` (a float index of 1 and -1), `IBHh` (hash buckets) and `IBHm`
 * (hash tables over a Flat index).
 */
import { packSigns } from '../codecs/lsh.ts';
import { readBinaryHeader } from '../header.ts';
import { hasVectors, indexNode, type IndexParser } from '../index-node.ts';
import { listDirectory } from '../lists/directory.ts';
import { plainLists } from '../lists/inverted-lists.ts';
import { walkPaired } from '../lists/walks.ts';
import { mappedRows } from '../rows/derived-rows.ts';
import { ivfNode, readLists } from './ivf.ts';
import { readIvfHeader } from './ivf-header.ts';

/** Lists of binary vectors. */
export const parseBinaryIvf: IndexParser = (input) => {
  const ivf = readIvfHeader(input);
  const { dim } = ivf.header;
  return ivfNode(input, ivf, readLists(input, ivf, dim / 8), {
    label: 'BFlat',
    type: { kind: 'BinaryVector', dim },
    rows: ({ codes }) => codes,
  });
};

/** Bits as the floats 1 and -1 in a float index. */
export const parseBinaryFromFloat: IndexParser = ({ fourcc, cursor, parseInner }) => {
  const header = readBinaryHeader(cursor);
  const start = cursor.position;
  const inner = parseInner();
  const { dim, total } = inner.header;
  if (dim !== header.dim || total !== header.total || inner.fourcc.startsWith('IB')) {
    throw cursor.malformed(
      `${header.total} binary vectors of ${header.dim} bits are in an index of ${total} of ${dim}`,
      {
        byte: start,
      },
    );
  }
  const { vectors } = inner;
  return indexNode({
    fourcc,
    path: `BFromFloat > ${inner.path}`,
    header,
    parts: { index: inner },
    notes: inner.notes,
    byList: inner.byList,
    vectors: hasVectors(vectors)
      ? {
        ...vectors,
        type: { kind: 'BinaryVector', dim },
        rows: mappedRows(vectors.rows, dim / 8, (bytes) => packSigns(new Float32Array(bytes.buffer))),
      }
      : vectors,
    ids: inner.ids,
  });
};

/**
 * Hash buckets: `i32 b, i32 nflip, u64 buckets, i32 il_nbit, vec<u8> (hash, size) of each bucket`, then for each bucket its ids and
 * its vectors.
 */
export const parseBinaryHash: IndexParser = ({ fourcc, cursor }) => {
  const header = readBinaryHeader(cursor);
  const bits = cursor.i32('the bits of a hash');
  cursor.i32('the number of flipped bits');
  const buckets = cursor.count('the number of hash buckets', Number.MAX_SAFE_INTEGER);
  cursor.i32('the bits of a bucket size');
  cursor.array('the hashes', 1);
  const codeBytes = header.dim / 8;
  const { directory, end } = listDirectory(
    buckets,
    { list: 0, position: cursor.position },
    (mark) => walkPaired(cursor.source, buckets, (rows) => rows * codeBytes, mark),
  );
  cursor.skip(end.position - cursor.position, 'the hash buckets');
  const { codes, ids, facts } = plainLists(cursor.source, directory, codeBytes);
  return indexNode({
    fourcc,
    path: `BHash${bits}`,
    header,
    facts: { buckets, ...facts },
    byList: true,
    vectors: { type: { kind: 'BinaryVector', dim: header.dim }, rows: codes },
    ids,
  });
};

/** Hash tables: storage, `i32 b, i32 nhash, i32 nflip`, then for each table `i32 id_bits, u64 buckets, vec<u8>`. */
export const parseBinaryMultiHash: IndexParser = ({ fourcc, cursor, parseInner }) => {
  const header = readBinaryHeader(cursor);
  const start = cursor.position;
  const storage = parseInner();
  if (
    storage.fourcc !== 'IBxF' || storage.header.total !== header.total || storage.header.dim !== header.dim
  ) {
    throw cursor.malformed(`a multi-hash index of ${header.total} vectors is over ${storage.path}`, {
      byte: start,
      expected: `BFlat with ${header.total} vectors of ${header.dim} bits`,
    });
  }
  const bits = cursor.i32('the bits of a hash');
  const hashes = cursor.small('the number of hash tables', 0, header.dim);
  cursor.i32('the number of flipped bits');
  for (let hash = 0; hash < hashes; hash++) {
    cursor.i32('the bits of an id');
    cursor.u64('the number of hash buckets');
    cursor.array('a hash table', 1);
  }
  return indexNode({
    fourcc,
    path: `BHash${hashes}x${bits} > BFlat`,
    header,
    parts: { storage },
    notes: ['the hash tables are left out: they serve search only'],
    vectors: storage.vectors,
  });
};
