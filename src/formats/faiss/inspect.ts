/** What `vts inspect` tells of an index. */
import type { Fact, Facts } from '../format.ts';
import { hasVectors, type IndexNode } from './index-node.ts';
import { INDEX_KINDS } from './kinds.ts';

/** Facts on a whole file. */
export function describeIndex(node: IndexNode, trailingBytes: number): Facts {
  const { header, vectors } = node;
  return {
    index: node.path,
    reading: verdict(node),
    dim: header.dim,
    vectors: header.total,
    stored: hasVectors(vectors) ? vectors.rows.count : 0,
    exact: hasVectors(vectors) && vectors.lossy === undefined,
    ids: node.ids === undefined ? 'row numbers' : 'stored',
    metric: header.cosine ? 'COSINE' : header.metric,
    ...(header.metricArg === undefined ? {} : { metricArg: header.metricArg }),
    trained: header.trained,
    writtenBy: header.writtenBy === 'knowhere' ? 'Milvus (knowhere)' : 'faiss',
    trailingBytes,
    tree: describeNode(node),
  };
}

/** Whether and how the vectors can be had, in one line. */
function verdict({ vectors }: IndexNode): string {
  if (!hasVectors(vectors)) return `vectors not stored: ${vectors.missing}`;
  return vectors.lossy === undefined
    ? 'vectors exact'
    : `vectors decoded from codes, lossy (${vectors.lossy}); convert and import take them with --allow-lossy`;
}

function describeNode({ fourcc, path, facts, header, parts }: IndexNode): Facts {
  const described: Record<string, Fact> = {
    fourcc,
    kind: INDEX_KINDS[fourcc].name,
    path,
    vectors: header.total,
    ...facts,
  };
  for (const [part, node] of Object.entries(parts)) described[part] = describeNode(node);
  return described;
}
