/**
 * What a parsed index is. A file holds one index, which may hold others: an IDMap around an IVF with an HNSW quantizer, say.
 * Each family of kinds is one file of parsers in `families/`, named in the table of `kinds.ts`.
 */
import type { DenseVectorType } from '../../core/types.ts';
import type { ByteSource } from '../../stores/bytes.ts';
import type { Facts } from '../format.ts';
import type { Cursor } from './cursor.ts';
import type { IndexHeader } from './header.ts';
import type { RowReader } from './rows/rows.ts';

/** One index of the tree. */
export interface IndexNode {
  readonly fourcc: string;
  /** The index and those inside that its vectors go through: `IDMap2 > IVF4096 > PQ16x8`. */
  readonly path: string;
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
  readonly vectors: StoredVectors | MissingVectors;
  /** An id (i64) for each stored vector; `undefined` when the row number is the id. */
  readonly ids: RowReader | undefined;
  /** The centroids (float32) that the index offers as a coarse quantizer, where these are not its vectors. */
  readonly centroids?: RowReader;
}

/** The vectors of an index. */
export interface StoredVectors {
  readonly type: DenseVectorType;
  readonly rows: RowReader;
  /** What the vectors are decoded from, when they are not stored as they were: `PQ16x8 codes`. */
  readonly lossy?: string;
}

/** Why an index has no vectors to be had. */
export interface MissingVectors {
  readonly missing: string;
  readonly remedy?: string;
}

/** Whether there are vectors to be had. */
export function hasVectors(vectors: StoredVectors | MissingVectors): vectors is StoredVectors {
  return 'rows' in vectors;
}

/** An index without ids, parts, facts or notes but for those of `node`. */
export function indexNode(
  node: Pick<IndexNode, 'fourcc' | 'path' | 'header' | 'vectors'> & Partial<IndexNode>,
): IndexNode {
  return { parts: {}, facts: {}, notes: [], byList: false, ids: undefined, ...node };
}

/** What a parser gets: the cursor stands behind the code. */
export interface ParserInput {
  readonly fourcc: string;
  readonly cursor: Cursor;
  /** Parses the index at the cursor, which lies inside this one. */
  readonly parseInner: () => IndexNode;
  /** The file of this name beside the index; `undefined` when there is none. */
  readonly sibling: (name: string) => ByteSource | undefined;
}

/** Parses one kind of index up to its last byte. @throws VtsError InputMalformed, InputTruncated, InputUnsupported */
export type IndexParser = (input: ParserInput) => IndexNode;
