import type { Format } from '../format.ts';

/** The JSON lines format. */
export const jsonl: Format = { name: 'jsonl' };
