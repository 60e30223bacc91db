import type { FormatInfo } from '../format.ts';

/** Comma-separated values; a file may begin with anything, so its name tells. */
export const csv: FormatInfo = {
  name: 'csv',
  title: 'CSV',
  extension: '.csv',
  extensions: ['.csv.zst', '.tsv.zst', '.csv.gz', '.tsv.gz', '.csv', '.tsv'],
  bare: true,
  untyped: true,
  matches: () => false,
  load: async () => (await import('./format.ts')).csv,
};
