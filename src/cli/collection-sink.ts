/** A collection as the sink of import and copy, with the journal of the job. */
import { tmpdir } from 'node:os';
import type { CollectionTemplate } from '../connectors/milvus/sink/options.ts';
import type { MilvusSink } from '../connectors/milvus/sink/milvus-sink.ts';
import {
  defaultStateDirectory,
  openTargetJournal,
  type TargetJournal,
} from '../connectors/state/target-journal.ts';
import type { RetryPolicy } from '../core/retry.ts';
import { VtsError } from '../errors.ts';
import { defined } from './defined.ts';
import { jobOf } from './job.ts';
import type { WritingFlags } from './options/milvus.ts';
import type { ServerEnd } from './server-ends.ts';

/** The flags that say how a collection is written. */
export interface CollectionSinkFlags extends WritingFlags {
  /** The partition that all rows go to. */
  readonly targetPartition?: string;
  readonly partitionColumn?: string;
  readonly resume?: boolean;
  readonly breakLock?: boolean;
  readonly tempDir?: string;
}

/** @throws VtsError Usage for flags that contradict each other; before any server is asked */
export function checkFlags(flags: CollectionSinkFlags): void {
  if (flags.resume && flags.restart) {
    throw new VtsError('Usage', '--resume and --restart contradict each other', {
      remedy: 'leave one of them out; VTS_RESUME and VTS_RESTART of the environment count too',
    });
  }
  if (flags.noIndex && flags.index !== undefined) {
    throw new VtsError('Usage', '--index and --no-index contradict each other', {
      remedy: 'leave one of them out',
    });
  }
  if (flags.rejectFile !== undefined && flags.onError !== 'reject') {
    throw new VtsError('Usage', '--reject-file is used with --on-error reject only', {
      remedy: 'add --on-error reject',
    });
  }
  if (flags.onError === 'reject' && flags.rejectFile === undefined) {
    throw new VtsError('Usage', '--on-error reject: where do the rows go?', {
      remedy: 'add --reject-file rejected.jsonl',
    });
  }
}

/** Opens the journal of the job that moves `source` into `end`. @throws VtsError JournalConflict */
export function openJournalOf(
  command: string,
  source: { readonly fingerprint: string },
  end: ServerEnd,
  flags: CollectionSinkFlags,
): TargetJournal {
  return openTargetJournal({
    directory: flags.state ?? defaultStateDirectory(),
    target: end.name,
    job: jobOf({ command, source: source.fingerprint, target: end.name }, flags),
    resume: flags.resume ?? false,
    restart: flags.restart ?? false,
    breakLock: flags.breakLock ?? false,
  });
}

/** Opens the collection `end` to be written; `like` is the collection that a new one is to equal. */
export async function openCollectionSink(
  end: ServerEnd,
  flags: CollectionSinkFlags,
  run: { readonly resumed: boolean; readonly retry: RetryPolicy; readonly signal: AbortSignal },
  like?: CollectionTemplate,
): Promise<MilvusSink> {
  const { openMilvusSink } = await import('../connectors/milvus/sink/milvus-sink.ts');
  const { mode, autoId, partitionKey, dynamic, shards, consistency, index, noIndex, noLoad } = flags;
  return await openMilvusSink({
    connection: end.connection,
    database: end.database,
    collection: end.collection,
    mode: mode === 'skip' || mode === 'replace-partition'
      ? 'append'
      : mode === 'replace-rows'
      ? 'replace'
      : mode ?? 'create',
    modeGiven: mode !== undefined,
    ...defined({ partition: flags.targetPartition, partitionColumn: flags.partitionColumn }),
    create: {
      ...defined({ autoId, partitionKey, dynamic, shards, consistency, like, noIndex, noLoad }),
      indexes: index ?? [],
      ...(mode === 'replace-rows' ? { keepSchema: true } : {}),
    },
    inFlight: flags.inFlight,
    onError: flags.onError,
    ...defined({ rejectFile: flags.rejectFile }),
    resume: run.resumed,
    redoUncertain: flags.redoUncertain ?? false,
    retry: run.retry,
    tempDir: flags.tempDir ?? tmpdir(),
    signal: run.signal,
  });
}
