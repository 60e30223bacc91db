/** Making a collection, and seeing what the server made of it. */
import type { RetryPolicy } from '../../core/retry.ts';
import type { Schema } from '../../core/schema.ts';
import { encodeCollectionSchema } from './codec/collection-schema.ts';
import { compareCollections, type Difference, type WantedCollection } from './compare-collection.ts';
import type { MilvusConnection } from './connection.ts';
import { describeCollection } from './metadata.ts';
import { collectionFields, type CollectionName, describeName, request, toPairs } from './metadata-call.ts';
import { type CollectionInfo, CONSISTENCY_LEVELS } from './model.ts';

/** A collection to be made. */
export interface NewCollection extends CollectionName, Omit<WantedCollection, 'fields' | 'description'> {
  readonly schema: Schema;
  /** The `rawSchema` of the collection that this one is a copy of, so that what is newer than vts goes along. */
  readonly rawSchema?: Uint8Array | undefined;
}

/** The collection as the server has it, and where that is not what was asked for. */
export interface CreatedCollection {
  readonly info: CollectionInfo;
  readonly differences: readonly Difference[];
}

/**
 * Makes a collection and describes it. Old servers accept types that they do not have: look at the differences before writing
 * a row.
 */
export async function createCollection(
  connection: MilvusConnection,
  collection: NewCollection,
  retry?: RetryPolicy,
): Promise<CreatedCollection> {
  const { name, schema, dynamic, functions = [], properties = {}, rawSchema } = collection;
  const encoded = encodeCollectionSchema({
    name,
    description: schema.description ?? '',
    schema,
    dynamic,
    functions,
    properties: {},
    ...(rawSchema === undefined ? {} : { rawSchema }),
  });
  const message = {
    ...collectionFields(collection),
    schema: Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength),
    shards_num: collection.shards ?? 0,
    // Without one asked for, what Milvus' clients choose.
    consistency_level: CONSISTENCY_LEVELS.indexOf(collection.consistency ?? 'Bounded'),
    properties: toPairs(properties),
    num_partitions: collection.partitionCount ?? 0,
  };
  const context = { action: `create ${describeName(connection, collection)}` };
  await request(connection, 'CreateCollection', message, context, retry);
  const info = await describeCollection(connection, collection, retry);
  return { info, differences: compareCollections({ ...collection, ...schema }, info) };
}
