/** What is on a server, for `vts inspect`: gathered without changing or loading anything. */
import { isVtsError, type VtsError } from '../../errors.ts';
import type { MilvusConnection } from './connection.ts';
import {
  describeCollection,
  listAliases,
  listCollections,
  listDatabases,
  listPartitions,
} from './metadata.ts';
import { collectionFields, type CollectionName, fromPairs, requestIfKnown } from './metadata-call.ts';
import { listIndexes } from './metadata-index.ts';
import { getLoadState } from './metadata-load.ts';
import { countRows } from './metadata-rows.ts';
import type { CollectionInfo, IndexInfo, LoadState } from './model.ts';

/** A count of rows; the server's statistics, which know nothing of deletes and of rows not yet flushed, are not exact. */
export interface RowCount {
  readonly rows: number;
  readonly exact: boolean;
}

/** A partition and what it holds. */
export interface PartitionSight {
  readonly name: string;
  readonly count?: RowCount;
}

/** All that is known of a collection. */
export interface CollectionSight {
  readonly info: CollectionInfo;
  readonly load: LoadState;
  readonly count?: RowCount;
  readonly indexes: readonly IndexInfo[];
  readonly partitions: readonly PartitionSight[];
}

/** A database; of a collection that cannot be looked into, why. */
export interface DatabaseSight {
  readonly name: string;
  readonly collections: readonly (CollectionSight | { readonly name: string; readonly error: VtsError })[];
}

/** Looks into all databases, or into `only`. */
export async function lookAtServer(
  connection: MilvusConnection,
  only?: string,
): Promise<readonly DatabaseSight[]> {
  const names = only === undefined ? await listDatabases(connection) : [only];
  const databases: DatabaseSight[] = [];
  for (const name of [...names].sort()) {
    const collections: DatabaseSight['collections'][number][] = [];
    for (const collection of [...await listCollections(connection, name)].sort()) {
      try {
        collections.push(await lookAtCollection(connection, { database: name, name: collection }));
      } catch (error) {
        if (!isVtsError(error)) throw error;
        collections.push({ name: collection, error });
      }
    }
    databases.push({ name, collections });
  }
  return databases;
}

/** Looks into one collection. @throws VtsError InputMissing */
export async function lookAtCollection(
  connection: MilvusConnection,
  collection: CollectionName,
): Promise<CollectionSight> {
  const info = await describeCollection(connection, collection);
  const load = await getLoadState(connection, collection);
  const indexes = await listIndexes(connection, collection);
  const count = await countOf(connection, collection, load);
  // Some servers list aliases elsewhere only.
  const aliases = info.aliases.length > 0 ? info.aliases : await listAliases(connection, collection);
  // Where a partition key spreads the rows, partitions cannot be asked one by one; Milvus Lite counts all for each.
  const each = info.partitionCount === 0 && !connection.lite;
  const partitions: PartitionSight[] = [];
  for (const name of await listPartitions(connection, collection)) {
    partitions.push({ name, ...(each ? await countOf(connection, collection, load, name) : {}) });
  }
  return { info: { ...info, aliases }, load, ...count, indexes, partitions };
}

/** count(*) where the collection is loaded and the server answers, else what its statistics say, if anything. */
async function countOf(
  connection: MilvusConnection,
  collection: CollectionName,
  load: LoadState,
  partition?: string,
): Promise<{ readonly count?: RowCount }> {
  try {
    if (load === 'loaded') {
      const partitions = partition === undefined ? [] : [partition];
      return { count: { rows: await countRows(connection, collection, { partitions }), exact: true } };
    }
    const [method, more] = partition === undefined
      ? ['GetCollectionStatistics', {}]
      : ['GetPartitionStatistics', { partition_name: partition }];
    const message = { ...collectionFields(collection), ...more };
    const action = `read the statistics of ${collection.name}`;
    const reply = await requestIfKnown<{ stats?: { key: string; value: string }[] }>(
      connection,
      method,
      message,
      { action },
    );
    const rows = Number(fromPairs(reply?.stats).row_count ?? NaN);
    return Number.isSafeInteger(rows) ? { count: { rows, exact: false } } : {};
  } catch (error) {
    if (isVtsError(error)) return {};
    throw error;
  }
}
