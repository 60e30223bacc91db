import type { FormatInfo } from '../format.ts';

/** Apache Parquet. */
export const parquet: FormatInfo = {
  name: 'parquet',
  title: 'Parquet',
  extension: '.parquet',
  extensions: ['.parquet', '.pq'],
  matches: (head) => head[0] === 0x50 && head[1] === 0x41 && head[2] === 0x52 && head[3] === 0x31, // PAR1
  load: async () => (await import('./format.ts')).parquet,
};
