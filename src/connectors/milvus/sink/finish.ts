/** The end of a transfer: rows are made last, indexes are built, the collection is loaded. */
import type { OnStage } from '../../../core/endpoint.ts';
import type { RetryPolicy } from '../../../core/retry.ts';
import { isVtsError } from '../../../errors.ts';
import type { MilvusConnection } from '../connection.ts';
import { type CollectionName, describeName } from '../metadata-call.ts';
import { createIndex, fieldsWithoutIndex, listIndexes, waitForIndexes } from '../metadata-index.ts';
import { getLoadState, loadCollection } from '../metadata-load.ts';
import { flush } from '../metadata-rows.ts';
import type { CollectionInfo, IndexRequest } from '../model.ts';

/** What is to be finished. */
export interface FinishRequest {
  readonly connection: MilvusConnection;
  readonly collection: CollectionName;
  readonly info: CollectionInfo;
  /** Of a collection that the job made. */
  readonly indexes: readonly IndexRequest[];
  readonly load: boolean;
  /** How many times it is to be held in memory. */
  readonly replicas?: number | undefined;
  readonly retry: RetryPolicy;
}

/** Flushes a collection. */
export async function flushRows(
  { connection, collection, retry }: FinishRequest,
  onStage: OnStage,
): Promise<void> {
  onStage(`flushing ${describeName(connection, collection)}`);
  await flush(connection, collection, retry);
}

/**
 * Builds the indexes that are not there, and loads the collection if all vectors have one.
 * @returns what a user should know
 */
export async function buildAndLoad(request: FinishRequest, onStage: OnStage): Promise<string[]> {
  const { connection, collection, indexes, info, load, retry } = request;
  const there = await listIndexes(connection, collection, retry);
  for (const index of indexes) {
    if (there.some((other) => other.field === index.field && (index.name ?? other.name) === other.name)) {
      continue;
    }
    onStage(`building the index on "${index.field}"`);
    await createIndex(connection, collection, index, retry);
  }
  await waitForIndexes(connection, collection, onStage, retry);
  if (!load) return [];
  if (fieldsWithoutIndex(info, await listIndexes(connection, collection, retry)).length > 0) return [];
  return await loadReplicas(request, onStage);
}

/** Loads the collection as many times as asked for, else once: that is up to the nodes that the server has. */
async function loadReplicas(
  { connection, collection, replicas = 1, retry }: FinishRequest,
  onStage: OnStage,
): Promise<string[]> {
  if (replicas > 1) {
    try {
      await loadCollection(connection, collection, onStage, retry, [], replicas);
      return [];
    } catch (error) {
      if (!isVtsError(error, 'ServerRefused', 'QuotaExhausted')) throw error;
      await loadCollection(connection, collection, onStage, retry);
      const what = describeName(connection, collection);
      return [`${what} was held in memory ${replicas} times, and is now held once: ${error.message}`];
    }
  }
  await loadCollection(connection, collection, onStage, retry);
  return [];
}

/** Whether the collection can be read. */
export async function isLoaded({ connection, collection, retry }: FinishRequest): Promise<boolean> {
  return await getLoadState(connection, collection, [], retry) === 'loaded';
}
