/**
 * What a parsed index is. A file holds one index, which may hold others: an IDMap around an IVF with an HNSW quantizer, say.
 * Each kind is one file with a parser, named in the table of `parse-index.ts`.
 */
import type { DenseVectorType } from '../../core/types.ts';
import type { Facts } from '../format.ts';
import type { Cursor } from './cursor.ts';
import type { IndexHeader } from './header.ts';
import type { RowReader } from './rows.ts';

/** One index of the tree. */
export interface IndexNode {
  readonly fourcc: string;
  /** As faiss' index factory calls it: `IDMap2,Flat`. */
  readonly description: string;
  readonly header: IndexHeader;
  /** The indexes inside, by the part they play. */
  readonly parts: Readonly<Record<string, IndexNode>>;
  /** The kind's own facts, for `vts inspect`. */
  readonly facts: Facts;
  /** What a user should know of how the rows are read. */
  readonly notes: readonly string[];
  /** Whether rows lie list by list rather than in the order in which they were added. */
  readonly byList: boolean;
  /** The vectors in stored order, or why there are none to be had. */
  readonly vectors: StoredVectors | string;
  /** An id (i64) for each stored vector; `undefined` when the row number is the id. */
  readonly ids: RowReader | undefined;
}

/** The vectors of an index. */
export interface StoredVectors {
  readonly type: DenseVectorType;
  readonly rows: RowReader;
}

/** What a parser gets: the cursor stands behind the code. */
export interface ParserInput {
  readonly fourcc: string;
  readonly cursor: Cursor;
  /** Parses the index at the cursor, which lies inside this one. */
  readonly parseInner: () => IndexNode;
}

/** Parses one kind of index up to its last byte. @throws VtsError InputMalformed, InputTruncated, InputUnsupported */
export type IndexParser = (input: ParserInput) => IndexNode;
