import type { FormatInfo } from '../format.ts';

/** JSON lines. */
export const jsonl: FormatInfo = {
  name: 'jsonl',
  title: 'JSON lines',
  extensions: ['.jsonl.gz', '.jsonl.zst', '.ndjson.gz', '.ndjson.zst', '.ndjson', '.jsonl'],
  matches: () => false,
  load: async () => (await import('./format.ts')).jsonl,
};
