/** `null`: an index that was left out, as the storage of an HNSW index saved with `IO_FLAG_SKIP_STORAGE` is. */
import type { IndexParser } from './index-node.ts';

/** Nothing. */
export const parseNull: IndexParser = ({ fourcc }) => ({
  fourcc,
  description: 'none',
  header: {
    dim: 0,
    total: 0,
    trained: false,
    metric: 'L2',
    metricArg: undefined,
    cosine: false,
    writtenBy: 'faiss',
  },
  parts: {},
  facts: {},
  notes: [],
  byList: false,
  vectors: 'the index was saved without its vectors (IO_FLAG_SKIP_STORAGE)',
  ids: undefined,
});
