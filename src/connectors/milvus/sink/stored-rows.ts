/** How many rows a collection holds, loaded or not. */
import type { RetryPolicy } from '../../../core/retry.ts';
import type { MilvusConnection } from '../connection.ts';
import {
  collectionFields,
  type CollectionName,
  describeName,
  fromPairs,
  request,
  toNumber,
} from '../metadata-call.ts';
import { getLoadState } from '../metadata-load.ts';
import { countRows, flush } from '../metadata-rows.ts';

/** What a collection held at some moment: one of both is known, at least. */
export interface StoredRows {
  /** By `count(*)`, which needs a loaded collection. */
  readonly counted: number | null;
  /** By the server's statistics, where deleted rows may count. */
  readonly stored: number | null;
}

/** Counts the rows of a collection in the best way there is. */
export async function storedRows(
  connection: MilvusConnection,
  collection: CollectionName,
  retry: RetryPolicy,
): Promise<StoredRows> {
  const counted = await countIfLoaded(connection, collection, retry);
  return { counted, stored: counted === null ? await statisticalRows(connection, collection, retry) : null };
}

/** The rows by `count(*)`; null when the collection is not loaded. */
export async function countIfLoaded(
  connection: MilvusConnection,
  collection: CollectionName,
  retry: RetryPolicy,
): Promise<number | null> {
  const loaded = await getLoadState(connection, collection, [], retry) === 'loaded';
  return loaded ? await countRows(connection, collection, {}, retry) : null;
}

/** The rows by the server's statistics, after a flush. */
export async function statisticalRows(
  connection: MilvusConnection,
  collection: CollectionName,
  retry: RetryPolicy,
): Promise<number> {
  await flush(connection, collection, retry);
  const reply = await request<{ stats?: { key: string; value: string }[] }>(
    connection,
    'GetCollectionStatistics',
    collectionFields(collection),
    { action: `count the rows of ${describeName(connection, collection)}` },
    retry,
  );
  return toNumber(fromPairs(reply.stats).row_count);
}
