/** Which collections of a server a command line means. */
import type { MilvusConnection } from '../connectors/milvus/connection.ts';
import type { MilvusUrl } from '../connectors/milvus/endpoint-url.ts';
import { chooseCollections } from '../connectors/dump/choose.ts';
import type { CollectionName } from '../connectors/dump/dump-journal.ts';
import type { RetryPolicy } from '../core/retry.ts';
import { VtsError } from '../errors.ts';
import { requireDatabase } from './server-ends.ts';

/**
 * The collections of the server, database or collection `url`, those of `patterns` where given; sorted by name.
 * @throws VtsError InputMissing, Usage
 */
export async function chosenCollections(
  connection: MilvusConnection,
  url: MilvusUrl,
  patterns: readonly string[] | undefined,
  retry: RetryPolicy,
): Promise<CollectionName[]> {
  const { describeCollection, listCollections, listDatabases } = await import(
    '../connectors/milvus/metadata.ts'
  );
  const { database, collection } = url;
  if (collection !== undefined) {
    if (patterns !== undefined) {
      throw new VtsError(
        'Usage',
        `The address names the collection "${collection}", and so does --collection`,
        {
          remedy: 'leave one of them out; VTS_COLLECTION of the environment counts as --collection',
        },
      );
    }
    // An alias is followed: a dump holds collections.
    const { name } = await describeCollection(connection, {
      database: database ?? 'default',
      name: collection,
    }, retry);
    return [{ database: database ?? 'default', name }];
  }
  if (database !== undefined) await requireDatabase(connection, url, database);
  const databases = database === undefined ? await listDatabases(connection, retry) : [database];
  const all: CollectionName[] = [];
  for (const one of databases.toSorted()) {
    const names = await listCollections(connection, one, retry);
    all.push(...names.toSorted().map((name) => ({ database: one, name })));
  }
  return patterns === undefined ? all : chooseCollections(all, patterns, connection.name);
}

/** Checks that each of `names` has the partitions `wanted`. @throws VtsError InputMissing, PlanRefused */
export async function havePartitions(
  connection: MilvusConnection,
  names: readonly CollectionName[],
  wanted: readonly string[],
  retry: RetryPolicy,
): Promise<void> {
  const [{ describeCollection }, { requirePartitions }] = await Promise.all([
    import('../connectors/milvus/metadata.ts'),
    import('../connectors/milvus/scan/partitions.ts'),
  ]);
  for (const name of names) {
    await requirePartitions(connection, await describeCollection(connection, name, retry), wanted, retry);
  }
}
