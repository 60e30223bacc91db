/** What a job needs to know of servers and files before its steps are known: names, and nothing is written. */
import type { Field } from '../core/schema.ts';
import type { FlagValue } from './job.ts';

/** How a server is reached: its address, and flags of the connection by their names on the command line. */
export interface ServerReach {
  readonly address: string;
  readonly flags: Readonly<Record<string, FlagValue>>;
}

/** What files say of themselves. */
export interface SurveyedFiles {
  readonly fields: readonly Field[];
  readonly hasMetric: boolean;
}

/** Looks things up. Every method may throw a VtsError. */
export interface Survey {
  /** Whether a run goes on: what is in directories of outputs may be its own then. */
  readonly resuming: boolean;
  collections(server: ServerReach, database: string): Promise<readonly string[]>;
  /** The fields of a collection; undefined when it is not there. */
  fields(server: ServerReach, database: string, collection: string): Promise<readonly Field[] | undefined>;
  /** The columns of files, and whether they say how distances are measured; `flags` are those of an input. */
  files(files: readonly string[], flags: Readonly<Record<string, FlagValue>>): Promise<SurveyedFiles>;
  /**
   * The partitions of a collection that hold rows, as the credentials of the environment let it be read; undefined where its
   * rows are spread over them by a key.
   */
  partitions(address: string, database: string, collection: string): Promise<readonly string[] | undefined>;
  /** The names in a directory; undefined when there is none. */
  fileNames(directory: string): readonly string[] | undefined;
}

/** A survey that finds nothing. */
export const NO_SURVEY: Survey = {
  resuming: false,
  collections: () => Promise.resolve([]),
  fields: () => Promise.resolve(undefined),
  files: () => Promise.resolve({ fields: [], hasMetric: false }),
  partitions: () => Promise.resolve(undefined),
  fileNames: () => undefined,
};
