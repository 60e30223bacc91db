/** A collection as the source of export and copy. */
import type { MilvusSource } from '../connectors/milvus/scan/milvus-source.ts';
import type { RetryPolicy } from '../core/retry.ts';
import { isVtsError, VtsError } from '../errors.ts';
import { defined } from './defined.ts';
import type { ReadingFlags, ServerFlags } from './options/milvus.ts';
import { askYesNo, canAsk } from './report/ask.ts';
import type { Report } from './report/report.ts';
import type { ServerEnd } from './server-ends.ts';

/** The flags that say what of a collection is read. */
export interface CollectionSourceFlags extends ReadingFlags, ServerFlags {
  readonly fields?: readonly string[];
  readonly partitionColumn?: string;
  /** Loads nothing, whatever else is said. */
  readonly dryRun?: boolean;
}

/** Opens the collection `end` to be read. @throws VtsError NotLoaded, InputMissing, ... */
export async function openCollectionSource(
  end: ServerEnd,
  flags: CollectionSourceFlags,
  retry: RetryPolicy,
  report: Report,
  signal: AbortSignal,
): Promise<MilvusSource> {
  const { openMilvusSource } = await import('../connectors/milvus/scan/milvus-source.ts');
  const { partition: partitions, filter, partitionColumn, fields, parallel } = flags;
  const source = openMilvusSource({
    connection: end.connection,
    database: end.database,
    collection: end.collection,
    ...defined({ partitions, filter, partitionColumn }),
    ...(fields === undefined ? {} : { fields: fields.filter((name) => name !== partitionColumn) }),
    parallel,
    load: loadPolicy(flags),
    confirmLoad: (text: string) => askYesNo(text, signal),
    onStage: report.stage,
    retry,
    signal,
  });
  return await source.catch(async (error) => {
    if (flags.dryRun && flags.load && isVtsError(error, 'NotLoaded')) {
      const { unloadedSource } = await import('./plan-source.ts');
      return await unloadedSource(end, flags);
    }
    if (!flags.requireLoaded || !isVtsError(error, 'NotLoaded')) throw error;
    const remedy = 'load it on the server, or give --load instead of --require-loaded';
    throw new VtsError('NotLoaded', error.message, { ...error.details, remedy });
  });
}

/** The columns to move: with those asked for goes the one of the partition, which was asked for too. */
export function withPartitionColumn(
  fields: readonly string[] | undefined,
  partitionColumn: string | undefined,
): readonly string[] | undefined {
  if (fields === undefined || partitionColumn === undefined || fields.includes(partitionColumn)) {
    return fields;
  }
  return [...fields, partitionColumn];
}

function loadPolicy({ load, requireLoaded, dryRun }: CollectionSourceFlags): 'load' | 'refuse' | 'ask' {
  if (load && requireLoaded) {
    throw new VtsError('Usage', '--load and --require-loaded contradict each other', {
      remedy: 'leave one of them out; VTS_LOAD and VTS_REQUIRE_LOADED of the environment count too',
    });
  }
  if (load) return dryRun ? 'refuse' : 'load';
  return dryRun || requireLoaded || !canAsk() ? 'refuse' : 'ask';
}
