/** Which collections of a dump are restored, and where each goes. */
import type { Description } from '../connectors/dump/description.ts';
import type { Dump } from '../connectors/dump/dump.ts';
import type { CollectionName } from '../connectors/dump/dump-journal.ts';
import type { DumpCollection } from '../connectors/dump/manifest.ts';
import type { MilvusUrl } from '../connectors/milvus/endpoint-url.ts';
import { VtsError } from '../errors.ts';
import type { RestoreFlags } from './options/dump.ts';

/** A collection of a dump and its place on the server. */
export interface RestoreItem {
  readonly collection: DumpCollection;
  readonly description: Description;
  readonly target: CollectionName;
  /** The partitions that are restored; all when absent. */
  readonly partitions?: readonly string[];
}

type Flags = Pick<RestoreFlags, 'collection' | 'partition' | 'rename' | 'databaseMap'>;

/**
 * What is to be restored. All files of it are there, in full.
 * @throws VtsError Usage for flags that fit nothing; InputMissing; DumpDamaged
 */
export async function planRestore(dump: Dump, url: MilvusUrl, flags: Flags): Promise<RestoreItem[]> {
  const [{ readDescription, requireFiles }, { chooseCollections }] = await Promise.all([
    import('../connectors/dump/dump.ts'),
    import('../connectors/dump/choose.ts'),
  ]);
  const { collections } = dump.manifest;
  const chosen = flags.collection === undefined
    ? collections
    : chooseCollections(collections, flags.collection, dump.path);
  requireFiles(dump, chosen);
  const place = placer(chosen, url, flags, dump.path);
  const items = chosen.map((collection): RestoreItem => ({
    collection,
    description: readDescription(dump, collection),
    target: place(collection),
    ...(flags.partition === undefined ? {} : { partitions: flags.partition }),
  }));
  refuseTwins(items);
  for (const item of items) refuseUnknownPartitions(item);
  return items;
}

/** Where collections go by the address and by `--rename` and `--database-map`. */
function placer(
  chosen: readonly DumpCollection[],
  { database, collection }: MilvusUrl,
  { rename = {}, databaseMap = {} }: Flags,
  path: string,
): (collection: DumpCollection) => CollectionName {
  const databases = [...new Set(chosen.map((one) => one.database))];
  for (const name of Object.keys(rename)) {
    if (!chosen.some((one) => one.name === name)) throw unknownName('--rename', 'collection', name, path);
  }
  for (const name of Object.keys(databaseMap)) {
    if (!databases.includes(name)) throw unknownName('--database-map', 'database', name, path);
  }
  if (database !== undefined && Object.keys(databaseMap).length > 0) {
    throw new VtsError('Usage', 'The address names a database, and so does --database-map', {
      remedy: 'leave one of them out',
    });
  }
  if (database !== undefined && databases.length > 1) {
    throw new VtsError('Usage', `${path} holds several databases, and the address names one`, {
      expected: databases.map((name) => `"${name}"`).join(', '),
      remedy:
        'name the server only (with --database-map where names are to change), or choose with --collection',
    });
  }
  if (collection !== undefined && chosen.length > 1) {
    throw new VtsError('Usage', `${path} holds several collections, and the address names one`, {
      expected: chosen.map(({ name }) => `"${name}"`).join(', '),
      remedy: 'choose with --collection, or leave the collection out of the address',
    });
  }
  return (one) => ({
    database: database ?? databaseMap[one.database] ?? one.database,
    name: collection ?? (Object.hasOwn(rename, one.name) ? rename[one.name] : one.name),
  });
}

function unknownName(flag: string, what: string, name: string, path: string): VtsError {
  return new VtsError('Usage', `${flag}: no ${what} "${name}" is restored`, {
    remedy: `vts inspect ${path} lists what is in the dump`,
  });
}

function refuseTwins(items: readonly RestoreItem[]): void {
  const places = new Map<string, RestoreItem>();
  for (const item of items) {
    const { database, name } = item.target;
    const place = JSON.stringify([database, name]);
    const twin = places.get(place);
    if (twin !== undefined) {
      throw new VtsError('Usage', `Two collections would become "${name}" of database "${database}"`, {
        expected: `different names for "${twin.collection.name}" and "${item.collection.name}"`,
        remedy: 'change --rename or --database-map',
      });
    }
    places.set(place, item);
  }
}

function refuseUnknownPartitions({ collection, partitions = [] }: RestoreItem): void {
  const names = collection.partitions.map(({ name }) => name);
  const unknown = partitions.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new VtsError('InputMissing', `the dump of "${collection.name}" has no partition "${unknown}"`, {
    expected: `one of ${names.slice(0, 10).join(', ')}${names.length > 10 ? ', ...' : ''}`,
    remedy: 'check the name',
  });
}
