/** Loading: a collection can be searched and read only while the server holds it in memory. */
import type { OnStage } from '../../core/endpoint.ts';
import type { RetryPolicy } from '../../core/retry.ts';
import { estimatedRowBytes } from '../../core/schema.ts';
import { isVector } from '../../core/types.ts';
import { isVtsError, VtsError } from '../../errors.ts';
import type { MilvusConnection } from './connection.ts';
import {
  collectionFields,
  type CollectionName,
  DEFAULT_RETRY,
  describeName,
  request,
  requestIfKnown,
  toNumber,
} from './metadata-call.ts';
import type { CollectionInfo, LoadState } from './model.ts';
import { poll } from './poll.ts';
import { hasMilvusCode } from './status-error.ts';

const STATES: Readonly<Record<string, LoadState>> = {
  LoadStateNotLoad: 'not loaded',
  LoadStateLoading: 'loading',
  LoadStateLoaded: 'loaded',
};

/** Whether a collection, or some of its partitions, can be read; `unknown` where the server does not tell. */
export async function getLoadState(
  connection: MilvusConnection,
  collection: CollectionName,
  partitions: readonly string[] = [],
  retry?: RetryPolicy,
): Promise<LoadState> {
  const action = `ask whether ${describeName(connection, collection)} is loaded`;
  const message = { ...collectionFields(collection), partition_names: partitions };
  const context = { action };
  const reply = await requestIfKnown<{ state?: string }>(connection, 'GetLoadState', message, context, retry);
  return STATES[reply?.state ?? ''] ?? 'unknown';
}

/** How often a server is asked to load a collection that it does not go on loading. */
const MOST_LOADS = 3;

/**
 * Loads a collection, or some of its partitions, and waits until it can be read.
 * @param onStage called with the share that is loaded
 * @param replicas how many times it is held in memory; as the server thinks best when absent
 * @throws VtsError NotLoaded when a vector field lacks an index, QuotaExhausted when the server lacks the memory
 */
export async function loadCollection(
  connection: MilvusConnection,
  collection: CollectionName,
  onStage: OnStage = () => {},
  retry: RetryPolicy = DEFAULT_RETRY,
  partitions: readonly string[] = [],
  replicas?: number,
): Promise<void> {
  const what = describeName(connection, collection);
  const fields = { ...collectionFields(collection), partition_names: partitions };
  const wanted = replicas === undefined ? fields : { ...fields, replica_number: replicas };
  const context = { action: `load ${what}` };
  const method = partitions.length === 0 ? 'LoadCollection' : 'LoadPartitions';
  try {
    await request(connection, method, wanted, context, retry);
  } catch (error) {
    if (!hasMilvusCode(error, 700)) throw error;
    throw new VtsError('NotLoaded', (error as Error).message, {
      remedy: 'every vector field needs an index before a collection can be loaded: create one',
      cause: error,
    });
  }
  let asked = 1;
  await poll(retry.signal, async () => {
    const percent = await loadingProgress(connection, fields, context, retry);
    const state = await getLoadState(connection, collection, partitions, retry);
    onStage(`loading ${what}`, percent === undefined ? undefined : percent / 100);
    if (state === 'not loaded') {
      // A server that was started again may have forgotten it.
      if (asked++ < MOST_LOADS) {
        await request(connection, method, wanted, context, retry);
        return false;
      }
      throw new VtsError('NotLoaded', `${what} was released while it was being loaded`);
    }
    return state === 'loaded' || (state === 'unknown' && (percent ?? 100) >= 100);
  });
}

async function loadingProgress(
  connection: MilvusConnection,
  message: object,
  context: { readonly action: string },
  retry: RetryPolicy,
): Promise<number | undefined> {
  const reply = await requestIfKnown<{ progress?: string }>(
    connection,
    'GetLoadingProgress',
    message,
    context,
    retry,
  );
  return reply?.progress === undefined ? undefined : toNumber(reply.progress);
}

/** Takes a collection, or some of its partitions, out of the server's memory. Rows stay stored. */
export async function releaseCollection(
  connection: MilvusConnection,
  collection: CollectionName,
  retry?: RetryPolicy,
  partitions: readonly string[] = [],
): Promise<void> {
  const context = { action: `release ${describeName(connection, collection)}` };
  const message = { ...collectionFields(collection), partition_names: partitions };
  const method = partitions.length === 0 ? 'ReleaseCollection' : 'ReleasePartitions';
  try {
    await request(connection, method, message, context, retry);
  } catch (error) {
    // What is not there, or not loaded, is released.
    if (!isVtsError(error, 'InputMissing', 'NotLoaded')) throw error;
  }
}

/**
 * About the bytes of memory that loading takes: all fields, and for a vector field the graph or lists of an index beside
 * (a tenth as much again). Text is guessed; indexes that quantize or stay on disk take less.
 */
export function estimateLoadBytes(info: CollectionInfo, rows: number): number {
  const rowBytes = info.schema.fields.reduce((sum, { type }) => {
    return sum + estimatedRowBytes(type) * (isVector(type) ? 1.1 : 1);
  }, 0);
  return Math.round(rowBytes * rows);
}
