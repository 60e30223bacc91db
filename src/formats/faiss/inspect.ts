/** What `vts inspect` tells of an index. */
import type { Fact, Facts } from '../format.ts';
import type { IndexNode, StoredVectors } from './index-node.ts';
import { INDEX_NAMES } from './index-names.ts';

/** Facts on a whole file. */
export function describeIndex(node: IndexNode, vectors: StoredVectors, trailingBytes: number): Facts {
  const { header } = node;
  return {
    index: node.description,
    dim: header.dim,
    vectors: header.total,
    stored: vectors.rows.count,
    exact: true,
    ids: node.ids === undefined ? 'row numbers' : 'stored',
    metric: header.cosine ? 'COSINE' : header.metric,
    ...(header.metricArg === undefined ? {} : { metricArg: header.metricArg }),
    trained: header.trained,
    writtenBy: header.writtenBy === 'knowhere' ? 'Milvus (knowhere)' : 'faiss',
    trailingBytes,
    tree: describeNode(node),
  };
}

function describeNode({ fourcc, facts, header, parts }: IndexNode): Facts {
  const described: Record<string, Fact> = {
    fourcc,
    kind: INDEX_NAMES[fourcc],
    vectors: header.total,
    ...facts,
  };
  for (const [part, node] of Object.entries(parts)) described[part] = describeNode(node);
  return described;
}
