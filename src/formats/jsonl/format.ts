import type { Format } from '../format.ts';
import { readerFactory } from './reader.ts';
import { writerFactory } from './writer.ts';

/** The JSON lines format (https://jsonlines.org): one JSON object (RFC 8259) a line, values as Milvus' JSON import has them. */
export const jsonl: Format = { name: 'jsonl', reader: readerFactory, writer: writerFactory };
