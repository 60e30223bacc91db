import type { Format } from '../format.ts';

/** The Parquet format. */
export const parquet: Format = { name: 'parquet' };
