/** Databases, collections, partitions and aliases of a server. Indexes, loading and creating have files of their own. */
import { type RetryPolicy, withRetry } from '../../core/retry.ts';
import { isVtsError, VtsError } from '../../errors.ts';
import { decodeDescribe } from './codec/collection-schema.ts';
import { encodeMessage, stringField } from './codec/encode.ts';
import { isOk } from './codec/status.ts';
import type { MilvusConnection } from './connection.ts';
import {
  CALL_TIMEOUT_MS,
  collectionFields,
  type CollectionName,
  DEFAULT_RETRY,
  describeName,
  request,
  requestIfKnown,
} from './metadata-call.ts';
import { missingDatabase } from './endpoint-url.ts';
import type { CollectionInfo } from './model.ts';
import { nearNames } from './near-names.ts';
import { statusError } from './status-error.ts';

export type { CollectionName } from './metadata-call.ts';

/** The databases that the user may see; servers older than databases have `default`. */
export async function listDatabases(connection: MilvusConnection, retry?: RetryPolicy): Promise<string[]> {
  const reply = await requestIfKnown<{ db_names?: string[] }>(
    connection,
    'ListDatabases',
    {},
    { action: `list the databases of ${connection.name}` },
    retry,
  );
  return reply?.db_names ?? ['default'];
}

/** Makes a database. */
export async function createDatabase(
  connection: MilvusConnection,
  database: string,
  retry?: RetryPolicy,
): Promise<void> {
  const action = `create the database ${connection.name}/${encodeURIComponent(database)}`;
  await request(connection, 'CreateDatabase', { db_name: database }, { action }, retry);
}

/** The collections of a database, in the server's order. */
export async function listCollections(
  connection: MilvusConnection,
  database: string,
  retry?: RetryPolicy,
): Promise<string[]> {
  const action = `list the collections of ${connection.name}/${encodeURIComponent(database)}`;
  const reply = await request<{ collection_names?: string[] }>(
    connection,
    'ShowCollections',
    { db_name: database },
    { action },
    retry,
  );
  return reply.collection_names ?? [];
}

/**
 * Everything about a collection; an alias is followed.
 * @throws VtsError InputMissing, with names that are near
 */
export async function describeCollection(
  connection: MilvusConnection,
  collection: CollectionName,
  retry: RetryPolicy = DEFAULT_RETRY,
): Promise<CollectionInfo> {
  try {
    return await describe(connection, collection, retry);
  } catch (error) {
    if (!isVtsError(error, 'InputMissing')) throw error;
    throw await explainMissing(connection, collection, retry) ?? error;
  }
}

/** Whether it is the database that is missing, or what else the collection may have been meant to be called. */
async function explainMissing(
  connection: MilvusConnection,
  { database, name }: CollectionName,
  retry: RetryPolicy,
): Promise<VtsError | undefined> {
  try {
    const databases = await listDatabases(connection, retry);
    if (!databases.includes(database)) {
      return missingDatabase({ ...connection.url, database }, databases);
    }
    const names = await listCollections(connection, database, retry);
    return new VtsError('InputMissing', `there is no ${describeName(connection, { database, name })}`, {
      remedy: nearNames(name, names) ?? 'the database is empty',
    });
  } catch {
    // Not everyone may list what there is.
    return undefined;
  }
}

/** As {@linkcode describeCollection}; `undefined` when there is no such collection. */
export async function findCollection(
  connection: MilvusConnection,
  collection: CollectionName,
  retry: RetryPolicy = DEFAULT_RETRY,
): Promise<CollectionInfo | undefined> {
  try {
    return await describe(connection, collection, retry);
  } catch (error) {
    if (isVtsError(error, 'InputMissing')) return undefined;
    throw error;
  }
}

function describe(
  connection: MilvusConnection,
  collection: CollectionName,
  retry: RetryPolicy,
): Promise<CollectionInfo> {
  const { database, name } = collection;
  return withRetry(retry, async () => {
    const message = encodeMessage([stringField(2, database), stringField(3, name)]);
    const options = { timeoutMs: CALL_TIMEOUT_MS, signal: retry.signal };
    const { status, info } = decodeDescribe(await connection.call('DescribeCollection', message, options));
    if (!isOk(status) || info === undefined) {
      throw statusError(status, { action: `describe ${describeName(connection, collection)}` });
    }
    return { ...info, database, aliases: await aliasesOf(connection, { ...info, database }, retry) };
  });
}

async function aliasesOf(
  connection: MilvusConnection,
  { database, name, aliases }: CollectionInfo,
  retry: RetryPolicy,
): Promise<readonly string[]> {
  // Milvus Lite tells them only when asked for nothing else.
  return connection.lite ? await listAliases(connection, { database, name }, retry) : aliases;
}

/** Drops a collection and all its rows. */
export async function dropCollection(
  connection: MilvusConnection,
  collection: CollectionName,
  retry?: RetryPolicy,
): Promise<void> {
  const action = `drop ${describeName(connection, collection)}`;
  await request(connection, 'DropCollection', collectionFields(collection), { action }, retry);
}

/** Gives a collection another name in its database. */
export async function renameCollection(
  connection: MilvusConnection,
  collection: CollectionName,
  newName: string,
  retry?: RetryPolicy,
): Promise<void> {
  const { database, name } = collection;
  const message = { db_name: database, oldName: name, newName, newDBName: database };
  const action = `rename ${describeName(connection, collection)} to "${newName}"`;
  try {
    await request(connection, 'RenameCollection', message, { action }, retry);
  } catch (error) {
    // Sent again as the answer was lost: it was done the first time.
    const done = isVtsError(error, 'InputMissing') &&
      await findCollection(connection, { database, name: newName }, retry) !== undefined;
    if (!done) throw error;
  }
}

/** The partitions of a collection, `_default` among them. */
export async function listPartitions(
  connection: MilvusConnection,
  collection: CollectionName,
  retry?: RetryPolicy,
): Promise<string[]> {
  const action = `list the partitions of ${describeName(connection, collection)}`;
  const reply = await request<{ partition_names?: string[] }>(
    connection,
    'ShowPartitions',
    collectionFields(collection),
    { action },
    retry,
  );
  return reply.partition_names ?? [];
}

/** Makes a partition. */
export async function createPartition(
  connection: MilvusConnection,
  collection: CollectionName,
  partition: string,
  retry?: RetryPolicy,
): Promise<void> {
  const action = `create the partition "${partition}" of ${describeName(connection, collection)}`;
  const message = { ...collectionFields(collection), partition_name: partition };
  await request(connection, 'CreatePartition', message, { action }, retry);
}

/** Drops a partition with its rows. It must not be loaded. */
export async function dropPartition(
  connection: MilvusConnection,
  collection: CollectionName,
  partition: string,
  retry?: RetryPolicy,
): Promise<void> {
  const action = `drop the partition "${partition}" of ${describeName(connection, collection)}`;
  const message = { ...collectionFields(collection), partition_name: partition };
  await request(connection, 'DropPartition', message, { action }, retry);
}

/** The aliases of a collection, or of all collections of a database where `name` is ''. Empty where the server knows none. */
export async function listAliases(
  connection: MilvusConnection,
  collection: CollectionName,
  retry?: RetryPolicy,
): Promise<string[]> {
  const action = `list the aliases of ${describeName(connection, collection)}`;
  const message = collectionFields(collection);
  const context = { action };
  const reply = await requestIfKnown<{ aliases?: string[] }>(
    connection,
    'ListAliases',
    message,
    context,
    retry,
  );
  return reply?.aliases ?? [];
}

/** Makes, moves or drops an alias; `collection` is what it stands for. */
export async function changeAlias(
  connection: MilvusConnection,
  change: 'create' | 'alter' | 'drop',
  alias: string,
  collection: CollectionName,
  retry?: RetryPolicy,
): Promise<void> {
  const method = { create: 'CreateAlias', alter: 'AlterAlias', drop: 'DropAlias' }[change];
  const action = `${change} the alias "${alias}" of ${describeName(connection, collection)}`;
  const { db_name, collection_name } = collectionFields(collection);
  const message = { db_name, alias, ...(change === 'drop' ? {} : { collection_name }) };
  await request(connection, method, message, { action }, retry);
}
