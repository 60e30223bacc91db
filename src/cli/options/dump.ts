/** The flags of dump, restore and verify. */
import { Option } from '@commander-js/extra-typings';
import { output } from './common.ts';
import type { ConnectionFlags } from './connection.ts';
import { connection } from './connection.ts';
import type { AnyOption } from './group.ts';
import { reading, type ReadingFlags, type ServerFlags, writing } from './milvus.ts';
import { lists, oneOf, pairs, slice } from './parse.ts';

/** What the flags of a dump say. */
export interface DumpFlags extends Omit<ConnectionFlags, 'collection'>, ReadingFlags, ServerFlags {
  readonly collection?: readonly string[];
  readonly dropUnsupported?: boolean;
  readonly notConsistent?: boolean;
  readonly dryRun?: boolean;
  readonly resume?: boolean;
  readonly breakLock?: boolean;
  readonly compression?: string;
  readonly partSize?: number;
  readonly batchBytes?: number;
  readonly tempDir?: string;
}

/** The flags of a server where `--collection` chooses among many. */
export const manyConnection: readonly AnyOption[] = connection.filter(({ long }) => long !== '--collection');

/** Which collections. */
export const collections: AnyOption = flag(
  '--collection <names>',
  "only these collections; 'img_*' for many, database/name for one of a database; repeatable",
).argParser(lists);

/** How a dump is written. */
export const dumping: readonly AnyOption[] = [
  flag('--drop-unsupported', 'leave out fields of types that vts does not know'),
  flag('--not-consistent', 'on --resume, go on although a collection changed, or its moment is past'),
];

/** Says what would be done. */
export const dryRun = output.dryRun as unknown as AnyOption;

function flag(flags: string, description: string): AnyOption {
  const name = /^--([\w-]+)/.exec(flags)![1];
  const option = new Option(flags, description).env(`VTS_${name.replaceAll('-', '_').toUpperCase()}`);
  return option as unknown as AnyOption;
}

/** What the flags of a restore say. */
export interface RestoreFlags extends Omit<ConnectionFlags, 'collection'>, ServerFlags {
  readonly collection?: readonly string[];
  readonly partition?: readonly string[];
  readonly rename?: Readonly<Record<string, string>>;
  readonly databaseMap?: Readonly<Record<string, string>>;
  readonly mode?: RestoreMode;
  readonly schemaOnly?: boolean;
  readonly noIndex?: boolean;
  readonly noLoad?: boolean;
  readonly autoId?: 'keep' | 'new';
  readonly verify?: boolean;
  readonly moveAliases?: boolean;
  readonly inFlight: number;
  readonly redoUncertain?: boolean;
  readonly state?: string;
  readonly resume?: boolean;
  readonly breakLock?: boolean;
  readonly restart?: boolean;
  readonly dryRun?: boolean;
  readonly batchBytes?: number;
  readonly tempDir?: string;
}

const RESTORE_MODES = ['create', 'append', 'upsert', 'replace', 'skip'] as const;

/** What to do with a collection that is there. */
export type RestoreMode = typeof RESTORE_MODES[number];

const [partition] = reading;
const ofWriting = (...names: readonly string[]) =>
  writing.filter(({ long }) => names.includes(long!.slice(2)));

/** What is restored, and how. */
export const restoring: readonly AnyOption[] = [
  collections,
  partition,
  flag('--rename <old=new>', 'restore a collection under another name; repeatable').argParser(pairs('=')),
  flag('--database-map <old=new>', 'restore a database into another one; repeatable').argParser(pairs('=')),
  flag(
    '--mode <mode>',
    'where a collection is there: create (default: only if it is empty), append, upsert, replace or skip',
  ).argParser(oneOf(RESTORE_MODES)),
  flag('--schema-only', 'make collections, partitions, indexes and aliases; no rows'),
  flag('--verify', 'compare the rows on the server with those of the dump, one by one, before it is done'),
  flag('--move-aliases', 'aliases that lead to other collections are made to lead to the restored ones'),
  ...ofWriting('no-index', 'no-load', 'auto-id', 'in-flight', 'redo-uncertain', 'state', 'restart'),
];

/** What `vts verify` reads. */
export const subset: AnyOption = flag('--subset <n/m>', 'read one slice of m only, 3/10 say; look at all')
  .argParser(slice);
