/**
 * The two ends of every transfer. A source describes and reads rows, a sink takes them; files, servers and dumps are all
 * one or the other. `transfer.ts` moves rows between any two.
 */
import type { Batch } from './batch.ts';
import type { Dataset, Schema } from './schema.ts';
import type { Journal } from './journal.ts';
import type { Kind } from './types.ts';

/** A piece of a source that can be read on its own. */
export interface Range {
  /** The same in every run over the same source. */
  readonly id: string;
  /** What messages call it: the file that its rows are in. */
  readonly name: string;
  /** Row count, where known before reading. */
  readonly rows?: number;
  /** The partition that its rows are in, where the source has partitions. */
  readonly partition?: string;
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
  /** How many ranges may be read at the same time; 1 when absent. */
  readonly parallel?: number;
  /**
   * Whether a range that is read again gives the same rows in the same order, as long as the fingerprint is the same; a
   * server that is written to gives no such promise.
   */
  readonly repeatable?: boolean;
  /**
   * The ranges that together hold every row, in order. A job that is resumed goes by the plan of its first run, which its
   * journal keeps: {@linkcode read} must understand ranges of earlier runs.
   */
  plan(): Promise<readonly Range[]>;
  /** Told of the ranges of an earlier run that are still to be read. @throws VtsError JournalConflict when they are not what they were */
  goOn?(ranges: readonly Range[]): void;
  /** Rows of one range, in order. No more than a fixed number of batches is read ahead of the consumer. */
  read(range: Range, request: ReadRequest): AsyncIterable<PositionedBatch>;
  /**
   * Compares the rows that were read of each range (by its id, earlier runs included) with what the source says it holds.
   * Called at the end of a transfer of all rows.
   * @returns what a user should know of it
   * @throws VtsError RowsMissing for a gap that nothing explains, with the ranges that fall short
   */
  prove?(read: ReadonlyMap<string, number>): Promise<readonly string[]>;
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
  /** Rows that were refused and put aside as the user asked; not among {@linkcode rows}. */
  readonly rejected?: number;
  /** What the sink wants to find in the journal when the job is resumed: the last id that a server made, say. */
  readonly mark?: string;
}

/** Which part to begin. */
export interface PartPlan {
  /** From 0; a number that no committed part has. */
  readonly part: number;
  /** The partition of the source that its rows are in. */
  readonly partition?: string;
  /** The range that its rows come from, where it holds rows of one only. */
  readonly range?: string;
  /** Where messages say that its first row is: what the range is called, and the row there. */
  readonly from?: { readonly name: string; readonly firstRow: number };
  /**
   * Whether an earlier run may have written rows of this part: it was stopped somewhere after the position at which this
   * part begins.
   */
  readonly uncertain: boolean;
}

/** Tells how far a long step is (building an index, loading): from 0 to 1, where known. */
export type OnStage = (text: string, fraction?: number) => void;

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
   * `keyed`: the part is written again under the same key, which replaces it; `whole`: there is one part, begun anew;
   * `none`: rows would be there twice, so the sink refuses an uncertain part unless it can tell.
   */
  readonly resume: 'keyed' | 'whole' | 'none';
  /** How many parts may be written at the same time; 1 when absent. */
  readonly parallel?: number;
  /** What stands in the way of `dataset`, beside what `features` says. Writes nothing. */
  check(dataset: Dataset): readonly Problem[];
  /** What a user should know of how `dataset` is written. */
  notes?(dataset: Dataset): readonly string[];
  /** Makes the target ready for rows of `dataset`, before the first part. What must outlive the process goes into `journal`. */
  prepare?(dataset: Dataset, journal: Journal): Promise<void>;
  /** Begins a part of `dataset`. */
  begin(dataset: Dataset, plan: PartPlan): Promise<PartWriter>;
  /**
   * All parts are committed: makes them last and usable (flush, indexes, load).
   * @returns what a user should know of it
   */
  finish?(onStage: OnStage): Promise<readonly string[]>;
  /** Rows of this transfer that the target now holds, read back from it; `undefined` when it cannot tell. */
  count(parts: readonly number[]): Promise<number | undefined>;
  /** Makes the proven rows the target's (a collection filled aside takes its place). */
  seal?(): Promise<void>;
  close(): Promise<void>;
}

/** The schema that remains of `schema` when only `columns` are read. */
export function projectSchema(schema: Schema, columns: readonly string[] | undefined): Schema {
  if (columns === undefined) return schema;
  const names = new Set(columns);
  return { ...schema, fields: schema.fields.filter((field) => names.has(field.name)) };
}
