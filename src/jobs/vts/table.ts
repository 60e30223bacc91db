/** What flows from sources through transforms to sinks: tables, each with its columns, and how a step reads it. */
import type { LogicalType } from '../../core/types.ts';
import type { FlagValue } from '../job.ts';
import type { Position } from '../problems.ts';

/** A column as it is after the transforms so far. */
export interface TableColumn {
  readonly name: string;
  /** The column of the source that it is, or is made of. */
  readonly source: string;
  /** Keys within it, where it is a JSON column; a copy has none and is `copied`. */
  readonly keys?: readonly string[];
  readonly copied?: boolean;
  readonly type: LogicalType;
  /** The type that a key is read as. */
  readonly readAs?: string;
  readonly primaryKey?: boolean;
  readonly autoId?: boolean;
  readonly dynamic?: boolean;
}

/** A collection of a server, or files. */
export interface Table {
  readonly kind: 'milvus' | 'file';
  readonly database: string;
  readonly name: string;
  readonly from: readonly string[];
  /** Flags of the side that is read. */
  readonly flags: Readonly<Record<string, FlagValue>>;
  readonly columns: readonly TableColumn[];
  /** Whether columns are chosen, renamed or put in another order. */
  readonly chosen: boolean;
  /** The condition on rows, in the language of Milvus, about columns of the source. */
  readonly filter?: string;
  /** Rows that that tool reads or writes at once, where the job says it. */
  readonly batchRows?: number | undefined;
  /** Of files, whether they say how distances are measured. */
  readonly hasMetric?: boolean;
  readonly at: Position;
}

/** The name of a table as that tool writes it in `table_path` and matches it with `table_match_regex`. */
export function pathOf({ database, name }: Table): string {
  return `${database}.${name}`;
}
