/** The collection that a copy is to equal. */
import type { RetryPolicy } from '../../../core/retry.ts';
import type { MilvusConnection } from '../connection.ts';
import { listPartitions } from '../metadata.ts';
import { listIndexes } from '../metadata-index.ts';
import type { CollectionInfo } from '../model.ts';
import type { CollectionTemplate } from './options.ts';

/** `info` with its indexes and partitions. */
export async function templateOf(
  connection: MilvusConnection,
  info: CollectionInfo,
  retry?: RetryPolicy,
): Promise<CollectionTemplate> {
  return {
    ...info,
    indexes: await listIndexes(connection, info, retry),
    partitions: await listPartitions(connection, info, retry),
  };
}
