/** A collection that is not loaded, as a plan sees it. */
import type { MilvusSource } from '../connectors/milvus/scan/milvus-source.ts';
import type { CollectionSourceFlags } from './collection-source.ts';
import type { ServerEnd } from './server-ends.ts';

/** What is known of `end` without loading it. It has no rows to read. */
export async function unloadedSource(end: ServerEnd, flags: CollectionSourceFlags): Promise<MilvusSource> {
  const { lookAtCollection } = await import('../connectors/milvus/inspect.ts');
  const { metricOf, readableFields } = await import('../connectors/milvus/scan/columns.ts');
  const name = { database: end.database, name: end.collection };
  const { info, indexes, count } = await lookAtCollection(end.connection, name);
  const { schema, notes } = readableFields(info, flags.fields, flags.partitionColumn);
  const metric = metricOf(schema, indexes);
  const key = schema.fields.find((field) => field.primaryKey)?.name;
  return {
    name: end.name,
    collection: info,
    dataset: {
      schema,
      ...(count === undefined ? {} : { rows: count.rows }),
      ...(metric === undefined ? {} : { metric }),
      roles: key === undefined ? {} : { id: key },
      notes: [...notes, 'the collection is not loaded: it is going to be loaded, and released afterwards'],
    },
    fingerprint: '',
    plan: () => Promise.resolve([]),
    async *read() {},
    close: () => Promise.resolve(),
  };
}
