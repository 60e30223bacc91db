/** Replacing partitions of a collection: they are dropped and made anew, empty, before rows are written. */
import type { RetryPolicy } from '../../../core/retry.ts';
import { VtsError } from '../../../errors.ts';
import type { MilvusConnection } from '../connection.ts';
import { createPartition, dropPartition, listPartitions } from '../metadata.ts';
import { type CollectionName, describeName } from '../metadata-call.ts';
import { getLoadState, loadCollection, releaseCollection } from '../metadata-load.ts';
import { DEFAULT_PARTITION } from '../model.ts';

/**
 * Empties those of `partitions` that `collection` has. Milvus cannot rename partitions, so the old rows are gone before the new
 * ones come; what a run that is killed here has done is done again by the next one, to the same end.
 * @throws VtsError Usage for the default partition, which cannot be dropped
 */
export async function emptyPartitions(
  connection: MilvusConnection,
  collection: CollectionName,
  partitions: readonly string[],
  retry: RetryPolicy,
): Promise<void> {
  const what = describeName(connection, collection);
  if (partitions.includes(DEFAULT_PARTITION)) {
    throw new VtsError('Usage', `The partition ${DEFAULT_PARTITION} of ${what} cannot be replaced alone`, {
      remedy: 'use --mode replace, which replaces the whole collection',
    });
  }
  const there = await listPartitions(connection, collection, retry);
  const loaded = await getLoadState(connection, collection, [], retry) === 'loaded';
  for (const partition of partitions.filter((name) => there.includes(name))) {
    // Milvus Lite releases whole collections only.
    await releaseCollection(connection, collection, retry, connection.lite ? [] : [partition]);
    await dropPartition(connection, collection, partition, retry);
  }
  const left = await listPartitions(connection, collection, retry);
  for (const partition of partitions.filter((name) => !left.includes(name))) {
    await createPartition(connection, collection, partition, retry);
  }
  if (!loaded) return;
  await loadCollection(connection, collection, () => {}, retry, connection.lite ? [] : partitions);
}
