/** `IwFl`, IVF over uncompressed vectors: what every IVF begins with, then inverted lists of (float32 vector, id). */
import type { IndexParser } from './index-node.ts';
import { listFacts, readInvertedLists } from './inverted-lists.ts';
import { quantizerSuffix, readIvfHeader } from './ivf-header.ts';
import { rowReader } from './rows.ts';

/** Vectors in lists, each with its id. */
export const parseIvfFlat: IndexParser = ({ fourcc, cursor, parseInner }) => {
  const { header, nlist, nprobe, quantizer } = readIvfHeader(cursor, parseInner);
  // Milvus keeps the norms of cosine vectors behind the ids.
  const lists = readInvertedLists(cursor, {
    nlist,
    codeSize: header.dim * 4,
    tailBytes: header.cosine ? 4 : 0,
  });
  const node = {
    fourcc,
    description: `IVF${nlist}${quantizerSuffix(quantizer)},Flat`,
    header,
    parts: { quantizer },
    byList: true,
  };
  if (lists === undefined) {
    const vectors = 'the index was saved without its inverted lists';
    return { ...node, facts: { nlist, nprobe }, notes: [], vectors, ids: undefined };
  }
  const notes = ['the coarse quantizer (the centroids) is left out: it serves search only'];
  if (lists.rows < header.total) {
    notes.push(
      `${header.total - lists.rows} of ${header.total} vectors were never stored by faiss (NaN in them, say)`,
    );
  }
  if (lists.rows > header.total) {
    notes.push(`the lists hold ${lists.rows} vectors, although the header counts ${header.total}`);
  }
  return {
    ...node,
    facts: { nlist, nprobe, ...listFacts(lists) },
    notes,
    vectors: { type: { kind: 'FloatVector', dim: header.dim }, rows: rowReader(cursor.source, lists.codes) },
    ids: rowReader(cursor.source, lists.ids),
  };
};
