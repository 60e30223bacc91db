/**
 * Indexes that hold no vectors: `null` (left out, as the storage of an HNSW saved with `IO_FLAG_SKIP_STORAGE` is), coarse quantizers
 * whose centroids are combinations (`Imiq`, `ImRQ`), codecs (`IxLa`, `IRMf`, `IRMh`).
 */
import { readAdditive } from '../codecs/additive.ts';
import { type Combine, productCentroid, residualCentroid, virtualRows } from '../codecs/coarse.ts';
import { readPq } from '../codecs/pq.ts';
import { loadFloats } from '../codecs/tables.ts';
import type { Cursor } from '../cursor.ts';
import { type IndexHeader, readHeader } from '../header.ts';
import { type IndexNode, indexNode, type IndexParser } from '../index-node.ts';

/** Nothing. */
export const parseNull: IndexParser = ({ fourcc }) =>
  indexNode({
    fourcc,
    path: 'none',
    header: {
      dim: 0,
      total: 0,
      trained: false,
      metric: 'L2',
      metricArg: undefined,
      cosine: false,
      writtenBy: 'faiss',
    },
    vectors: { missing: 'the index was saved without its vectors (IO_FLAG_SKIP_STORAGE)' },
  });

/** Multi-index: header, PQ. Centroid k is the sub-centroids that its bits choose, one after the other. */
export const parseMultiIndex: IndexParser = ({ fourcc, cursor }) => {
  const header = readHeader(cursor);
  const pq = readPq(cursor, header.dim);
  return coarseNode(
    fourcc,
    cursor,
    header,
    `IMI${pq.m}x${pq.bits}`,
    pq.m * pq.bits,
    () => productCentroid(loadFloats(cursor.source, pq.centroids), header.dim, pq.m, pq.bits),
  );
};

/** Residual coarse quantizer: header, RQ, `f32 beam_factor`. Centroid k is the sum of the rows that its bits choose. */
export const parseResidualCoarse: IndexParser = ({ fourcc, cursor }) => {
  const header = readHeader(cursor);
  const rq = readAdditive(cursor, 'RQ', header.dim);
  cursor.f32('the beam factor');
  const bits = rq.bits.reduce((sum, b) => sum + b, 0);
  return coarseNode(
    fourcc,
    cursor,
    header,
    `RCQ${rq.label.slice(2)}`,
    bits,
    () => residualCentroid(loadFloats(cursor.source, rq.codebooks), header.dim, rq.bits),
  );
};

/** Numbers of centroids are exact up to here. */
const MAX_BITS = 52;

function coarseNode(
  fourcc: string,
  cursor: Cursor,
  header: IndexHeader,
  path: string,
  bits: number,
  load: () => Combine,
): IndexNode {
  if (bits > MAX_BITS || (header.total !== 2 ** bits && header.trained)) {
    throw cursor.malformed(`${path} has ${header.total} centroids`, {
      expected: bits > MAX_BITS ? `at most 2^${MAX_BITS}` : `${2 ** bits}`,
    });
  }
  return indexNode({
    fourcc,
    path,
    header,
    vectors: {
      missing: 'it is a coarse quantizer, whose centroids are combinations and no vectors that were added',
    },
    centroids: virtualRows(header.total, header.dim, load),
  });
}

/** Lattice codec: `i32 d, i32 nsq, i32 scale_nbit, i32 r2`, header, `vec<f32> trained`. */
export const parseLattice: IndexParser = ({ fourcc, cursor }) => {
  cursor.skip(4 * 4, 'the options of the lattice');
  const header = readHeader(cursor);
  cursor.array('the trained ranges', 4);
  return codecNode(fourcc, header, 'Lattice');
};

/** Row-wise min-max codec: header, index. */
export const parseRowwise: IndexParser = ({ fourcc, cursor, parseInner }) => {
  const header = readHeader(cursor);
  const inner = parseInner();
  const node = codecNode(fourcc, header, `MinMax${fourcc === 'IRMh' ? 'FP16' : ''} > ${inner.path}`);
  return { ...node, parts: { index: inner } };
};

function codecNode(fourcc: string, header: IndexHeader, path: string): IndexNode {
  return indexNode({
    fourcc,
    path,
    header,
    vectors: { missing: 'it is a codec, which turns vectors into codes and keeps none' },
  });
}
