/** A collection can be read only while it is loaded. Loading takes the server's memory, so it is asked for, and undone. */
import type { OnStage } from '../../../core/endpoint.ts';
import type { RetryPolicy } from '../../../core/retry.ts';
import { isVtsError, VtsError } from '../../../errors.ts';
import type { MilvusConnection } from '../connection.ts';
import { type CollectionName, describeName, request, toNumber } from '../metadata-call.ts';
import { fieldsWithoutIndex } from '../metadata-index.ts';
import { estimateLoadBytes, getLoadState, loadCollection, releaseCollection } from '../metadata-load.ts';
import type { CollectionInfo, IndexInfo, LoadState } from '../model.ts';

/** What to do about a collection that is not loaded. */
export interface LoadOptions {
  readonly load: 'load' | 'refuse' | 'ask';
  readonly confirmLoad?: (text: string) => Promise<boolean>;
  readonly onStage: OnStage;
  readonly retry: RetryPolicy;
}

/**
 * Sees to it that the collection is loaded.
 * @returns how to put things back
 * @throws VtsError NotLoaded
 */
export async function ensureLoaded(
  connection: MilvusConnection,
  info: CollectionInfo,
  indexes: readonly IndexInfo[],
  options: LoadOptions,
): Promise<() => Promise<void>> {
  const { load, confirmLoad, onStage, retry } = options;
  const state: LoadState = await getLoadState(connection, info, [], retry);
  if (state === 'loaded' || state === 'unknown') return async () => {};
  const what = describeName(connection, info);
  if (state === 'loading') {
    // Somebody else's doing, and theirs to undo.
    await loadCollection(connection, info, onStage, retry);
    return async () => {};
  }
  const unindexed = fieldsWithoutIndex(info, indexes);
  if (unindexed.length > 0) {
    throw new VtsError('NotLoaded', `${what} is not loaded, and cannot be: ${listed(unindexed)} no index`, {
      field: unindexed[0],
      remedy: 'create an index on each vector field first (FLAT costs least), then load it with --load',
    });
  }
  const cost = `loading takes ${await loadCost(connection, info, retry)} of the server's memory`;
  const allowed = load === 'load' ||
    (load === 'ask' && await confirmLoad?.(`${what} is not loaded; ${cost}. Load it?`));
  if (!allowed) {
    throw new VtsError('NotLoaded', `${what} is not loaded, so its rows cannot be read`, {
      expected: cost,
      remedy: 'add --load to load it and to release it afterwards',
    });
  }
  onStage(`loading ${what}: ${cost}`);
  const release = async () => {
    // The signal may have ended the scan; what was loaded is released all the same.
    const { signal: _, ...patient } = retry;
    await releaseCollection(connection, info, { ...patient, maxTimeMs: Math.min(retry.maxTimeMs, 10_000) });
  };
  try {
    await loadCollection(connection, info, onStage, retry);
  } catch (error) {
    await release().catch(() => {});
    throw error;
  }
  return release;
}

/** `about 120 MB for 200,000 rows`. The rows are those that the server has flushed. */
async function loadCost(
  connection: MilvusConnection,
  info: CollectionInfo,
  retry: RetryPolicy,
): Promise<string> {
  const rows = await storedRows(connection, info, retry);
  if (rows === undefined || rows === 0) return 'an unknown part';
  const megabytes = Math.max(1, Math.round(estimateLoadBytes(info, rows) / 1e6));
  return `about ${megabytes.toLocaleString('en-US')} MB for ${rows.toLocaleString('en-US')} rows`;
}

async function storedRows(
  connection: MilvusConnection,
  { database, name }: CollectionName,
  retry: RetryPolicy,
): Promise<number | undefined> {
  const message = { db_name: database, collection_name: name };
  const context = { action: `ask for the size of ${describeName(connection, { database, name })}` };
  try {
    const reply = await request<{ stats?: readonly { key?: string; value?: string }[] }>(
      connection,
      'GetCollectionStatistics',
      message,
      context,
      retry,
    );
    return toNumber(reply.stats?.find(({ key }) => key === 'row_count')?.value);
  } catch (error) {
    // The size is only for the question.
    if (isVtsError(error, 'ServerRefused', 'AuthFailed', 'InputMalformed')) return undefined;
    throw error;
  }
}

function listed(fields: readonly string[]): string {
  const names = fields.map((name) => `"${name}"`).join(', ');
  return fields.length === 1 ? `the vector field ${names} has` : `the vector fields ${names} have`;
}
