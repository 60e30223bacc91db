/** What a user may ask of a collection that is written. */
import type { RetryPolicy } from '../../../core/retry.ts';
import type { MilvusConnection } from '../connection.ts';
import type { CollectionInfo, ConsistencyLevel, IndexInfo, IndexRequest } from '../model.ts';

/** What to do with a collection that is there. */
export type WriteMode = 'create' | 'append' | 'upsert' | 'replace';

/** The collection that a new one is to equal: schema attributes, functions, properties, indexes, partitions. */
export interface CollectionTemplate extends CollectionInfo {
  readonly indexes?: readonly IndexInfo[] | undefined;
  /** Empty ones are made too. */
  readonly partitions?: readonly string[] | undefined;
  /** How many times it is held in memory. */
  readonly replicas?: number | undefined;
}

/** How a new collection is made. */
export interface CreateOptions {
  /** Where the server makes the ids of the source: keep them as plain keys, or let this server make new ones. */
  readonly autoId?: 'keep' | 'new';
  readonly partitionKey?: string;
  readonly dynamic?: boolean;
  readonly shards?: number;
  readonly consistency?: ConsistencyLevel;
  readonly indexes: readonly IndexRequest[];
  readonly like?: CollectionTemplate | undefined;
  /** A collection that is replaced keeps its schema, indexes and partitions: only its rows are replaced. */
  readonly keepSchema?: boolean;
  /** Builds no index, and so loads nothing. */
  readonly noIndex?: boolean;
  readonly noLoad?: boolean;
}

/** A collection to write, and how. */
export interface MilvusSinkOptions {
  readonly connection: MilvusConnection;
  readonly database: string;
  readonly collection: string;
  readonly mode: WriteMode;
  /** Whether the user named the mode. */
  readonly modeGiven: boolean;
  /** All rows go there. */
  readonly partition?: string;
  /** The column that names the partition of each row; it is not a field of the collection. */
  readonly partitionColumn?: string;
  readonly create: CreateOptions;
  /** Requests on their way at the same time, over all parts. */
  readonly inFlight: number;
  /** What a row does that the server refuses. */
  readonly onError: 'stop' | 'reject';
  readonly rejectFile?: string;
  /** Whether the journal has more than the job itself. */
  readonly resume: boolean;
  /** Deletes rows with ids made by the server that may or may not be those of an interrupted part. */
  readonly redoUncertain: boolean;
  readonly retry: RetryPolicy;
  /** For scratch files. */
  readonly tempDir: string;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of a request, about. */
  readonly requestBytes?: number;
}
