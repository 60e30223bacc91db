import type { Format } from '../format.ts';
import { faissReader } from './reader.ts';
import { faissWriter } from './writer.ts';

/** The Faiss format. */
export const faiss: Format = { name: 'faiss', reader: faissReader, writer: faissWriter };
