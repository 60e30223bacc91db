/** What vts knows of a Milvus server: databases, collections, partitions, indexes. Plain data, shared by all files of this folder. */
import type { Schema } from '../../core/schema.ts';

/** How soon a read sees what was written before it, under Milvus' names. */
export const CONSISTENCY_LEVELS = ['Strong', 'Session', 'Bounded', 'Eventually', 'Customized'] as const;

/** One of {@linkcode CONSISTENCY_LEVELS}; its place there is its number on the wire. */
export type ConsistencyLevel = typeof CONSISTENCY_LEVELS[number];

/** Key-value pairs as the server keeps them, in its order. */
export type Properties = Readonly<Record<string, string>>;

/** A function of a collection, which computes fields from others (BM25, say). */
export interface FunctionInfo {
  readonly name: string;
  readonly description: string;
  /** Milvus' number: BM25 1, TextEmbedding 2, Rerank 3, MinHash 4. */
  readonly type: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly params: Properties;
}

/** A field whose type vts cannot read. */
export interface UnsupportedField {
  readonly name: string;
  /** Milvus' number of the type. */
  readonly typeNumber: number;
}

/** Everything that DescribeCollection tells. */
export interface CollectionInfo {
  readonly database: string;
  readonly name: string;
  /** The server's number, another one after a collection is dropped and made again. */
  readonly id: bigint;
  /** Fields in the server's order; `$meta` last, as a dynamic JSON field, where the collection has dynamic fields. */
  readonly schema: Schema;
  /** Fields that are not in `schema`, as vts cannot read them; the others can be exported. */
  readonly unsupported: readonly UnsupportedField[];
  readonly dynamic: boolean;
  readonly functions: readonly FunctionInfo[];
  readonly shards: number;
  /** Partitions that a partition key is spread over; 0 without a partition key. */
  readonly partitionCount: number;
  readonly consistency: ConsistencyLevel;
  readonly properties: Properties;
  readonly aliases: readonly string[];
  /** The server's own CollectionSchema message, so that what is newer than vts is not lost. */
  readonly rawSchema: Uint8Array;
}

/** An index as the server describes it. */
export interface IndexInfo {
  readonly name: string;
  readonly field: string;
  /** All parameters flat: `index_type`, `metric_type`, `M`, `nlist`, ... */
  readonly params: Properties;
  readonly state: string;
  readonly indexedRows: number;
  readonly totalRows: number;
  readonly failReason: string;
}

/** Whether a collection or partition can be read. */
export type LoadState = 'loaded' | 'loading' | 'not loaded' | 'unknown';

/** An index that a user asks for: `--index FIELD:TYPE{params}`. */
export interface IndexRequest {
  readonly field: string;
  /** `HNSW`, `IVF_FLAT`, `AUTOINDEX`, ...; empty where the server is to choose. */
  readonly type: string;
  readonly name?: string;
  /** Without index_type; metric_type here goes before the metric of the data. */
  readonly params: Properties;
}

/** The name of the partition that every collection has. */
export const DEFAULT_PARTITION = '_default';

/** The name of the field that holds keys outside the schema. */
export const DYNAMIC_FIELD = '$meta';
