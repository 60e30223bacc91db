/** Properties of databases and collections, and how often a collection is loaded: what a copy needs beside the schema. */
import type { RetryPolicy } from '../../core/retry.ts';
import { isVtsError } from '../../errors.ts';
import type { MilvusConnection } from './connection.ts';
import {
  collectionFields,
  type CollectionName,
  describeName,
  fromPairs,
  request,
  requestIfKnown,
  toPairs,
} from './metadata-call.ts';
import type { Properties } from './model.ts';

/** The properties of a database; none where the server keeps none, or does not tell this user. */
export async function databaseProperties(
  connection: MilvusConnection,
  database: string,
  retry?: RetryPolicy,
): Promise<Properties> {
  const action = `describe the database ${connection.name}/${encodeURIComponent(database)}`;
  try {
    const reply = await requestIfKnown<{ properties?: { key: string; value: string }[] }>(
      connection,
      'DescribeDatabase',
      { db_name: database },
      { action },
      retry,
    );
    return fromPairs(reply?.properties);
  } catch (error) {
    if (isVtsError(error, 'ServerRefused', 'AuthFailed')) return {};
    throw error;
  }
}

/** Sets properties of a database. */
export async function alterDatabase(
  connection: MilvusConnection,
  database: string,
  properties: Properties,
  retry?: RetryPolicy,
): Promise<void> {
  const action = `set properties of the database ${connection.name}/${encodeURIComponent(database)}`;
  const message = { db_name: database, properties: toPairs(properties) };
  await request(connection, 'AlterDatabase', message, { action }, retry);
}

/** Sets properties of a collection. */
export async function alterCollection(
  connection: MilvusConnection,
  collection: CollectionName,
  properties: Properties,
  retry?: RetryPolicy,
): Promise<void> {
  const action = `set properties of ${describeName(connection, collection)}`;
  const message = { ...collectionFields(collection), properties: toPairs(properties) };
  await request(connection, 'AlterCollection', message, { action }, retry);
}

/** How many times a loaded collection is in the server's memory; `undefined` where the server does not tell. */
export async function countReplicas(
  connection: MilvusConnection,
  collection: CollectionName,
  retry?: RetryPolicy,
): Promise<number | undefined> {
  const action = `list the replicas of ${describeName(connection, collection)}`;
  const message = collectionFields(collection);
  try {
    const reply = await requestIfKnown<{ replicas?: unknown[] }>(
      connection,
      'GetReplicas',
      message,
      { action },
      retry,
    );
    return reply?.replicas?.length || undefined;
  } catch (error) {
    if (isVtsError(error, 'ServerRefused', 'AuthFailed', 'NotLoaded', 'InputMissing')) return undefined;
    throw error;
  }
}
