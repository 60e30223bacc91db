import type { FormatInfo } from '../format.ts';

/** Faiss. */
export const faiss: FormatInfo = {
  name: 'faiss',
  title: 'Faiss',
  extensions: ['.faiss', '.faissindex', '.index'],
  matches: () => false,
  load: async () => (await import('./format.ts')).faiss,
};
