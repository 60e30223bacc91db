/** A collection without rows as a source: it need not be loaded, which one without an index cannot be. */
import type { MilvusConnection } from '../connection.ts';
import { formatMilvusUrl } from '../endpoint-url.ts';
import type { CollectionInfo } from '../model.ts';
import { readableFields } from './columns.ts';
import type { MilvusSource } from './milvus-source.ts';

/** The source of `collection`, which holds nothing. */
export function emptySource(connection: MilvusConnection, collection: CollectionInfo): MilvusSource {
  const { host, port, tls } = connection.url;
  const { schema, notes } = readableFields(collection, undefined, undefined);
  const { database, name } = collection;
  return {
    name: formatMilvusUrl({ host, port, tls, database, collection: name }),
    collection,
    dataset: { schema, rows: 0, roles: {}, notes },
    fingerprint: JSON.stringify({ server: connection.name, database, name, id: String(collection.id) }),
    plan: () => Promise.resolve([]),
    async *read() {},
    close: () => Promise.resolve(),
  };
}
