/** The files of a command line as a source or as a sink. */
import { availableParallelism, tmpdir } from 'node:os';
import { dirname } from 'node:path';
import {
  isDirectoryOutput,
  openOutput,
  type OpenOutputOptions,
  type Output,
} from '../connectors/file/open-output.ts';
import { DEFAULT_BATCH_BYTES } from '../core/batch.ts';
import type { JournalHeader } from '../core/journal.ts';
import type { FieldChanges } from '../core/field-changes.ts';
import type { CoordinateOrder } from '../core/geometry-text.ts';
import type { MappingOptions } from '../core/mapping.ts';
import type { Metric } from '../core/schema.ts';
import { defined } from './defined.ts';

/** The flags that files and columns have in common, as commander gives them. */
export interface FileFlags {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly schema?: string | undefined;
  readonly order?: 'stored' | 'id';
  readonly rowIds?: string | undefined;
  readonly overwrite?: boolean | undefined;
  readonly parents?: boolean | undefined;
  readonly compression?: string | undefined;
  readonly layout?: string | undefined;
  readonly faissIndex?: string | undefined;
  readonly allowLossy?: boolean | undefined;
  /** Opens what has no rows to be read too. */
  readonly inspectOnly?: boolean | undefined;
  readonly ids?: string | undefined;
  /** A file; `false` where documents beside an index are to be left out. */
  readonly documents?: string | boolean | undefined;
  readonly partSize?: number | undefined;
  readonly resume?: boolean | undefined;
  readonly breakLock?: boolean | undefined;
  readonly batchBytes?: number | undefined;
  readonly tempDir?: string | undefined;
  readonly parallel?: number | undefined;
}

/** The flags of columns, as commander gives them. */
export interface ColumnFlags {
  readonly fields?: readonly string[] | undefined;
  readonly rename?: Readonly<Record<string, string>> | undefined;
  readonly cast?: Readonly<Record<string, string>> | undefined;
  readonly add?: Readonly<Record<string, string>> | undefined;
  readonly set?: FieldChanges | undefined;
  readonly geometry?: CoordinateOrder | undefined;
  readonly id?: string | undefined;
  readonly vector?: string | undefined;
  readonly metric?: Metric | undefined;
  readonly normalize?: boolean | undefined;
  readonly limit?: number | undefined;
}

/** Threads that text is written and read in, where there are that many cores. */
const DEFAULT_THREADS = 4;

const DEFAULT_PART_BYTES = 256 * 2 ** 20;

/** What `flags` ask of the columns. */
export function mappingOf(flags: ColumnFlags): MappingOptions {
  const {
    fields,
    rename: renames,
    cast: casts,
    add: added,
    set: changes,
    geometry,
    metric,
    normalize,
    id,
    vector,
  } = flags;
  return defined({
    fields,
    renames,
    casts,
    added,
    changes,
    geometry,
    metric,
    normalize,
    roles: defined({ id, vector }),
  });
}

/** As many threads as there are cores, but no more than asked for: each takes memory. */
export function threadsOf({ parallel = DEFAULT_THREADS }: FileFlags): number {
  return Math.min(parallel, availableParallelism());
}

/** Where scratch files go: beside the output, which has the room for them. */
export function scratchDirectory(output: string, { tempDir }: FileFlags): string {
  return tempDir ?? (output === '-' ? tmpdir() : dirname(output));
}

/** Opens the output of a job, with how its parts and batches are cut. */
export async function openOutputs(
  target: string,
  flags: FileFlags,
  job: JournalHeader['job'],
): Promise<Output & { readonly sizes: { partBytes?: number; batchBytes?: number } }> {
  const options = outputOptions(target, flags, job);
  const output = await openOutput(target, options);
  const partBytes = options.parts ? flags.partSize ?? DEFAULT_PART_BYTES : undefined;
  return { ...output, sizes: cutSizes(partBytes, flags.batchBytes) };
}

/** What `flags` ask of the output `target`. */
export function outputOptions(
  target: string,
  flags: FileFlags,
  job: JournalHeader['job'],
): OpenOutputOptions {
  return {
    ...defined({
      format: flags.to,
      compression: flags.compression,
      layout: flags.layout,
      faissIndex: flags.faissIndex,
    }),
    overwrite: flags.overwrite ?? false,
    parents: flags.parents ?? false,
    resume: flags.resume ?? false,
    breakLock: flags.breakLock ?? false,
    parts: flags.partSize !== undefined || isDirectoryOutput(target),
    tempDir: scratchDirectory(target, flags),
    threads: threadsOf(flags),
    job,
  };
}

/** Batches small enough that parts come near the size asked for. */
export function cutSizes(
  partBytes: number | undefined,
  batchBytes: number | undefined,
): { partBytes?: number; batchBytes?: number } {
  const fitting = partBytes === undefined
    ? undefined
    : Math.min(DEFAULT_BATCH_BYTES, Math.ceil(partBytes / 8));
  return defined({ partBytes, batchBytes: batchBytes ?? fitting });
}

/** Roles by the source's names, where a user gave the new name of a column. */
export function rolesBefore(
  roles: { id?: string; vector?: string },
  renames: Readonly<Record<string, string>>,
): { id?: string; vector?: string } {
  const pairs = Object.entries(renames);
  return Object.fromEntries(
    Object.entries(roles).map(([role, name]) => [role, pairs.find(([, to]) => to === name)?.[0] ?? name]),
  );
}
