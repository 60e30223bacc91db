/**
 * Vectors as they were added: `IxFI`, `IxF2`, `IxFl` (header, vectors as float32), the binary `IBxF` (header, vectors as bytes),
 * Milvus' `IxF9` (header, vectors, norms) and `IxFP`, `IxFp` (fields of their own, batches in Panorama order, sums).
 */
import { panoramaBlocks } from '../codecs/panorama.ts';
import type { Cursor } from '../cursor.ts';
import { readBinaryHeader, readDim, readHeader } from '../header.ts';
import { indexNode, type IndexParser } from '../index-node.ts';
import { blockRows } from '../rows/block-rows.ts';
import { oneRun, rowReader } from '../rows/rows.ts';

/** Vectors one after the other, without ids. */
export const parseFlat: IndexParser = ({ fourcc, cursor }) => {
  const header = readHeader(cursor);
  const { dim, total } = header;
  const start = cursor.position;
  // The length counts float32s.
  const { position, count } = cursor.array('the vectors', 4);
  if (count !== total * dim) {
    throw cursor.malformed(`${count} numbers are stored for ${total} vectors of ${dim} dimensions`, {
      byte: start,
    });
  }
  // Milvus' own code for cosine has the norms behind the vectors.
  const withNorms = fourcc === 'IxF9';
  if (withNorms) cursor.arrayOf('the norms', 4, total);
  return indexNode({
    fourcc,
    path: 'Flat',
    header: { ...header, cosine: header.cosine || withNorms },
    vectors: {
      type: { kind: 'FloatVector', dim },
      rows: rowReader(cursor.source, oneRun(position, total, dim * 4)),
    },
  });
};

/** Binary vectors one after the other, without ids. */
export const parseBinaryFlat: IndexParser = ({ fourcc, cursor }) => {
  const header = readBinaryHeader(cursor);
  const { dim, total } = header;
  const start = cursor.position;
  const { position, count } = cursor.array('the vectors', 1);
  if (count !== total * dim / 8) {
    throw cursor.malformed(`${count} bytes are stored for ${total} vectors of ${dim} bits`, { byte: start });
  }
  return indexNode({
    fourcc,
    path: 'BFlat',
    header,
    vectors: {
      type: { kind: 'BinaryVector', dim },
      rows: rowReader(cursor.source, oneRun(position, total, dim / 8)),
    },
  });
};

/** `i32 d, u64 levels, u64 batch, i64 ntotal, bool trained, vec<u8> batches, vec<f32> sums`. */
export const parseFlatPanorama: IndexParser = ({ fourcc, cursor }) => {
  const dim = readDim(cursor);
  const levels = cursor.count('the number of levels', Number.MAX_SAFE_INTEGER);
  const batch = cursor.count('the batch size', Number.MAX_SAFE_INTEGER);
  const total = cursor.count('the number of vectors', Number.MAX_SAFE_INTEGER);
  const trained = cursor.bool('the flag "is trained"');
  const blocks = panoramaBlocks(cursor, dim, levels, batch);
  const slots = Math.ceil(total / batch) * batch;
  const { position } = cursor.arrayOf('the vectors', 1, slots * dim * 4);
  skipSums(cursor, slots, levels, dim);
  return indexNode({
    fourcc,
    path: 'FlatPanorama',
    header: {
      ...{ dim, total, trained, metric: fourcc === 'IxFP' ? 'L2' : 'IP', metricArg: undefined },
      ...{ cosine: false, writtenBy: 'faiss' },
    },
    facts: { levels, batch },
    vectors: {
      type: { kind: 'FloatVector', dim },
      rows: blockRows(
        cursor.source,
        { count: total, runAt: () => ({ position, firstRow: 0, rows: total }) },
        blocks,
      ),
    },
  });
};

/** A sum for each level and one more; levels that would be empty may be left out. */
function skipSums(cursor: Cursor, slots: number, levels: number, dim: number): void {
  const start = cursor.position;
  const { count } = cursor.array('the sums', 4);
  const filled = Math.ceil(dim / Math.ceil(dim / levels));
  if (count === slots * (filled + 1) || count === slots * (levels + 1)) return;
  throw cursor.malformed(`${count} sums are stored for ${slots} vectors in ${filled} levels`, {
    byte: start,
    expected: `${slots * (filled + 1)}`,
  });
}
