import type { Format } from '../format.ts';
import { parquetReader } from './read/reader.ts';
import { parquetWriter } from './write/writer.ts';

/** The Parquet format. */
export const parquet: Format = { name: 'parquet', reader: parquetReader, writer: parquetWriter };
