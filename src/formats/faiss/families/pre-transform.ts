/**
 * `IxPT`, transforms before an index: `header, i32 n, n transforms, index`; and `IwIQ`, an IVF whose coarse quantizer sees vectors
 * as they were and whose codes are made of transformed ones: `header, quantizer, bool has_vt, [transform], IVF, [i32 if that is PQ]`.
 */
import { type Inverse, readTransform, type Transform } from '../codecs/transform.ts';
import type { Cursor } from '../cursor.ts';
import { readHeader } from '../header.ts';
import {
  hasVectors,
  type IndexNode,
  indexNode,
  type IndexParser,
  type MissingVectors,
  type StoredVectors,
} from '../index-node.ts';
import { computedRows } from '../rows/derived-rows.ts';

/** As many as anybody would chain. */
const MAX_TRANSFORMS = 100;

/** Transforms before an index. */
export const parsePreTransform: IndexParser = ({ fourcc, cursor, parseInner }) => {
  const header = readHeader(cursor);
  const start = cursor.position;
  const count = cursor.small('the number of transforms', 0, MAX_TRANSFORMS);
  const chain = Array.from({ length: count }, () => readTransform(cursor));
  const inner = parseInner();
  checkChain(cursor, chain, header.dim, inner, header.total, start);
  return indexNode({
    fourcc,
    path: `PreTransform(${chain.map((t) => t.label).join(', ')}) > ${inner.path}`,
    header: { ...header, metric: inner.header.metric, metricArg: inner.header.metricArg },
    parts: { index: inner },
    facts: { transforms: chain.map((t) => t.label) },
    ...transformedBack(inner, chain, header.dim),
  });
};

/** An IVF that gets transformed vectors. */
export const parseIndependentQuantizer: IndexParser = ({ fourcc, cursor, parseInner }) => {
  const header = readHeader(cursor);
  const quantizer = parseInner();
  const start = cursor.position;
  const chain = cursor.bool('the flag "has a transform"') ? [readTransform(cursor)] : [];
  const inner = parseInner();
  // faiss does not count the vectors here.
  const { total } = inner.header;
  checkChain(cursor, chain, header.dim, inner, total, start);
  if (inner.fourcc === 'IwPQ' || inner.fourcc === 'IwQR') cursor.i32('the flag "use precomputed table"');
  const transforms = chain.map((t) => `(${t.label})`).join('');
  return indexNode({
    fourcc,
    path: `IndependentQuantizer${transforms} > ${inner.path}`,
    header: { ...header, total },
    parts: { quantizer, index: inner },
    ...transformedBack(inner, chain, header.dim),
  });
};

function checkChain(
  cursor: Cursor,
  chain: readonly Transform[],
  dim: number,
  inner: IndexNode,
  total: number,
  byte: number,
): void {
  let expected = dim;
  for (const { label, dimIn, dimOut } of chain) {
    if (dimIn !== expected) {
      throw cursor.malformed(`a transform ${label} gets ${expected} dimensions`, { byte });
    }
    expected = dimOut;
  }
  if (inner.header.dim !== expected || inner.header.total !== total) {
    throw cursor.malformed(
      `the transforms give ${total} vectors of ${expected} dimensions, ` +
        `the index behind them has ${inner.header.total} of ${inner.header.dim}`,
      { byte },
    );
  }
}

/** What the index has with its vectors transformed back, the last transform first. */
function transformedBack(
  { vectors, ids, byList, notes }: IndexNode,
  chain: readonly Transform[],
  dim: number,
): Pick<IndexNode, 'vectors' | 'ids' | 'byList' | 'notes'> {
  const normalized = chain.some((t) => t.label.startsWith('L2norm'))
    ? ['vectors come with the length 1, to which they were scaled before they were added']
    : [];
  const reduced = chain.filter((t) => t.dimOut < t.dimIn).map((t) =>
    `${t.label} keeps ${t.dimOut} of ${t.dimIn} dimensions: vectors come as their projections`
  );
  return { vectors: back(vectors, chain, dim), ids, byList, notes: [...notes, ...normalized, ...reduced] };
}

function back(
  vectors: StoredVectors | MissingVectors,
  chain: readonly Transform[],
  dim: number,
): StoredVectors | MissingVectors {
  if (!hasVectors(vectors)) return vectors;
  const inverses: { dimIn: number; load: () => Inverse }[] = [];
  for (const { inverse, dimIn } of [...chain].reverse()) {
    if (typeof inverse === 'string') return { missing: inverse };
    inverses.push({ dimIn, load: inverse });
  }
  const rows = inverses.reduce((inner, { dimIn, load }) => {
    let apply: Inverse | undefined;
    return computedRows(inner, dimIn, (bytes, count, out) => {
      apply ??= load();
      apply(new Float32Array(bytes.buffer), count, out);
    });
  }, vectors.rows);
  const changed = chain.filter((t) => !t.exact).map((t) => t.label);
  const from = vectors.lossy ?? 'vectors';
  const lossy = changed.length > 0 ? `${from} behind ${changed.join(', ')}` : vectors.lossy;
  return { type: { kind: 'FloatVector', dim }, rows, ...(lossy === undefined ? {} : { lossy }) };
}
