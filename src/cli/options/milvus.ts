/** How a collection is read and written: the flags of export, import and copy beside those of the connection. */
import { Option } from '@commander-js/extra-typings';
import {
  CONSISTENCY_LEVELS,
  type ConsistencyLevel,
  type IndexRequest,
} from '../../connectors/milvus/model.ts';
import type { Rate } from '../../core/throttle.ts';
import { type AnyOption } from './group.ts';
import { indexes } from './index-request.ts';
import { countUpTo, duration, lists, oneOf, rate } from './parse.ts';

/** What the flags of a collection that is read say. */
export interface ReadingFlags {
  readonly partition?: readonly string[];
  readonly filter?: string;
  readonly load?: boolean;
  readonly requireLoaded?: boolean;
}

/** What the flags of a collection that is written say. */
export interface WritingFlags {
  readonly mode?: WriteMode;
  readonly createMissing?: boolean;
  readonly autoId?: 'keep' | 'new';
  readonly partitionKey?: string;
  readonly dynamic?: boolean;
  readonly shards?: number;
  readonly consistency?: ConsistencyLevel;
  readonly index?: readonly IndexRequest[];
  readonly noIndex?: boolean;
  readonly noLoad?: boolean;
  readonly onError: 'stop' | 'reject';
  readonly rejectFile?: string;
  readonly inFlight: number;
  readonly redoUncertain?: boolean;
  readonly state?: string;
  readonly restart?: boolean;
}

/** What the flags of any work with a server say. */
export interface ServerFlags {
  readonly parallel: number;
  readonly rateLimit?: Rate;
  /** Milliseconds. */
  readonly retryMaxTime: number;
}

/** What to do with a collection that is there. */
export type WriteMode = typeof MODES[number];

const MODES = ['create', 'append', 'upsert', 'replace', 'replace-rows', 'replace-partition', 'skip'] as const;

const DEFAULT_PARALLEL = 4;
const DEFAULT_IN_FLIGHT = 4;
const DEFAULT_RETRY_MS = 600_000;

/** Of a collection that is read. */
export const reading: readonly AnyOption[] = [
  flag('--partition <names>', 'only these partitions; repeatable').argParser(lists),
  flag('--filter <expression>', "only rows for which this holds, as Milvus writes it: 'year > 2020'"),
  flag('--load', 'load the collection if it is not loaded, and release it afterwards'),
  flag('--require-loaded', 'never load, never ask: fail if the collection is not loaded'),
];

/** The partition of each row as a column of its own. */
export const partitionColumn: AnyOption = flag(
  '--partition-column <name>',
  'the column that holds the name of the partition of each row',
);

/** The one partition that rows go to. */
export const targetPartition: AnyOption = flag('--partition <name>', 'put all rows into this partition');

/** Of a collection that is written. */
export const writing: readonly AnyOption[] = [
  flag(
    '--mode <mode>',
    'create (default), append, upsert, replace the collection that is there, its rows only (replace-rows) or a partition ' +
      '(replace-partition), or skip',
  ).argParser(oneOf(MODES)),
  flag('--create-missing', 'with --mode append and upsert, make the collection if it is not there'),
  flag('--auto-id <keep|new>', 'where the server makes ids: keep those of the data, or let it make new ones')
    .argParser(oneOf(['keep', 'new'])),
  flag('--partition-key <field>', 'make this field the partition key of a new collection'),
  flag('--dynamic', 'a new collection takes keys outside its schema'),
  flag('--shards <number>', 'shards of a new collection').argParser(countUpTo(64)),
  flag('--consistency <level>', 'consistency of a new collection: Strong, Bounded, Session or Eventually')
    .argParser(oneOf(CONSISTENCY_LEVELS)),
  flag('--index <field:type>', "an index: 'vector:HNSW{M:16,efConstruction:200}', in quotes; repeatable")
    .argParser(
      indexes,
    ),
  plain('--no-index', 'build no index, load nothing'),
  plain('--no-load', 'do not load the collection at the end'),
  flag('--on-error <action>', 'what a row does that the server refuses: stop the job, or go to --reject-file')
    .argParser(oneOf(['stop', 'reject'])).default('stop'),
  flag('--reject-file <file>', 'JSON lines of the rows that were refused, with the reason; imports again'),
  flag('--in-flight <number>', 'requests that may be on their way at the same time').argParser(countUpTo(64))
    .default(DEFAULT_IN_FLIGHT),
  flag('--redo-uncertain', 'on --resume, delete and write again the rows that may or may not have arrived'),
  flag('--state <directory>', 'where the journal is kept that --resume goes by'),
  flag('--restart', 'forget an unfinished job and begin anew'),
];

/** Of any work with a server. */
export const server: readonly AnyOption[] = [
  flag('--parallel <number>', 'how many streams are read at the same time').argParser(countUpTo(64))
    .default(DEFAULT_PARALLEL),
  flag('--rate-limit <rate>', 'go no faster than this: 5000rows/s, 20MB/s').argParser(rate),
  flag('--retry-max-time <time>', 'how long to try again when a server is busy or away: 10m, 90s')
    .argParser(duration).default(DEFAULT_RETRY_MS, '10m'),
];

function flag(flags: string, description: string): AnyOption {
  const name = /^--([\w-]+)/.exec(flags)![1];
  const option = new Option(flags, description).env(`VTS_${name.replaceAll('-', '_').toUpperCase()}`);
  return option as unknown as AnyOption;
}

/** A switch whose name begins with `no-`, and is no negation of another one. */
function plain(flags: string, description: string): AnyOption {
  const option = flag(flags, description);
  option.negate = false;
  return option;
}
