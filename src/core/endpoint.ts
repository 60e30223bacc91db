/**
 * The two ends of every transfer. A source describes and reads rows, a sink takes them; files, servers and dumps are all
 * one or the other. `transfer.ts` moves rows between any two.
 */
import type { Batch } from './batch.ts';
import type { Dataset, Schema } from './schema.ts';
import type { Kind } from './types.ts';

/** A piece of a source that can be read on its own. */
export interface Range {
  /** The same in every run over the same source. */
  readonly id: string;
  /** What messages call it: the file that its rows are in. */
  readonly name: string;
  /** Row count, where known before reading. */
  readonly rows?: number;
}

/** Where reading stands within a range: a JSON value that only its source understands. */
export type Cursor = unknown;

/** A batch and the cursor to go on after it. */
export interface PositionedBatch {
  readonly batch: Batch;
  readonly cursor: Cursor;
}

/** Which rows and columns to read. */
export interface ReadRequest {
  /** Names in any order; batches come in the schema's order. All when absent. */
  readonly columns?: readonly string[];
  /** Goes on after the batch that carried this cursor; from the first row when absent. */
  readonly after?: Cursor;
  /** At most this many rows. */
  readonly limit?: number;
  /** About this many bytes a batch; never fewer than one row. */
  readonly batchBytes: number;
  readonly signal?: AbortSignal;
}

/** Rows to read. */
export interface Source {
  /** What messages call it. */
  readonly name: string;
  readonly dataset: Dataset;
  /** Tells whether it is the same data as in an earlier run: names, sizes, modification times. */
  readonly fingerprint: string;
  /** Bytes of the source as it is stored, where known. */
  readonly bytes?: number;
  /** The share of {@linkcode bytes} read so far, by which progress is measured when rows are unknown. */
  fraction?(): number | undefined;
  /** The ranges that together hold every row, in order. */
  readonly ranges: readonly Range[];
  /** Rows of one range, in order. Nothing is read ahead of the consumer. */
  read(range: Range, request: ReadRequest): AsyncIterable<PositionedBatch>;
  close(): Promise<void>;
}

/** What a sink can hold, as data: planner, help and contract tests read it. */
export interface SinkFeatures {
  readonly kinds: ReadonlySet<Kind>;
  /** For a kind that it cannot hold, the types to cast to instead, best first, as `--cast` takes them. */
  readonly casts?: Partial<Record<Kind, readonly string[]>>;
  /** Whether null rows can be written. */
  readonly nulls: boolean;
}

/** Why a data set cannot be written as it is. */
export interface Problem {
  readonly field?: string;
  readonly message: string;
  /** The flag that would help: `--cast v:float32`. */
  readonly remedy: string;
}

/** What a part says when it is safe. */
export interface Receipt {
  readonly rows: number;
  /** Bytes as stored. */
  readonly bytes: number;
}

/** A part that is being written. Nothing counts as written before {@linkcode commit} returns. */
export interface PartWriter {
  /** Bytes written or kept so far, by which parts are cut. */
  readonly bytes: number;
  write(batch: Batch): Promise<void>;
  commit(): Promise<Receipt>;
  abort(): Promise<void>;
}

/** A place for rows. */
export interface Sink {
  readonly name: string;
  readonly features: SinkFeatures;
  /**
   * What a crash between a commit and its journal line leads to:
   * `keyed`: the part is written again under the same key, which replaces it; `whole`: there is one part, begun anew.
   */
  readonly resume: 'keyed' | 'whole';
  /** What stands in the way of `dataset`, beside what `features` says. Writes nothing. */
  check(dataset: Dataset): readonly Problem[];
  /** What a user should know of how `dataset` is written. */
  notes?(dataset: Dataset): readonly string[];
  /** Begins part number `part` (from 0) of `dataset`. */
  begin(dataset: Dataset, part: number): Promise<PartWriter>;
  /** Rows that the target now holds, read back from it; `undefined` when it cannot tell. */
  count(parts: readonly number[]): Promise<number | undefined>;
  close(): Promise<void>;
}

/** The schema that remains of `schema` when only `columns` are read. */
export function projectSchema(schema: Schema, columns: readonly string[] | undefined): Schema {
  if (columns === undefined) return schema;
  return { ...schema, fields: schema.fields.filter((field) => columns.includes(field.name)) };
}
