import type { Format } from '../format.ts';

/** The Faiss format. */
export const faiss: Format = { name: 'faiss' };
