import type { Format } from '../format.ts';
import { readerFactory } from './reader.ts';
import { writerFactory } from './writer.ts';

/**
 * Comma-separated values (RFC 4180): a line with the names of the columns, then a line a row. Vectors, arrays, JSON and
 * structs are cells of JSON text, as Milvus' CSV import has them. An empty cell is null, `""` is the empty text.
 */
export const csv: Format = { name: 'csv', reader: readerFactory, writer: writerFactory };
