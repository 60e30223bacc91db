import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type MilvusConnection, openMilvus } from '../../src/connectors/milvus/connection.ts';
import {
  changeAlias,
  createDatabase,
  createPartition,
  describeCollection,
  dropCollection,
  findCollection,
  listAliases,
  listCollections,
  listDatabases,
  listPartitions,
  renameCollection,
} from '../../src/connectors/milvus/metadata.ts';
import { createCollection } from '../../src/connectors/milvus/metadata-create.ts';
import {
  createIndex,
  fieldsWithoutIndex,
  flattenParams,
  listIndexes,
  waitForIndexes,
} from '../../src/connectors/milvus/metadata-index.ts';
import {
  estimateLoadBytes,
  getLoadState,
  loadCollection,
  releaseCollection,
} from '../../src/connectors/milvus/metadata-load.ts';
import { buildAndLoad } from '../../src/connectors/milvus/sink/finish.ts';
import { countRows, flush } from '../../src/connectors/milvus/metadata-rows.ts';
import { field, type Schema } from '../../src/core/schema.ts';
import { liteServer, milvusServer, runPymilvus, type TestServer, uniqueName } from '../support/milvus.ts';

const SCHEMA: Schema = {
  description: 'things',
  fields: [
    field('id', { kind: 'Int64' }, { primaryKey: true }),
    field('text', { kind: 'VarChar', maxLength: 100 }, { description: 'some words' }),
    field('tags', { kind: 'Array', element: { kind: 'Int32' }, maxCapacity: 8 }),
    field('v', { kind: 'FloatVector', dim: 4 }),
  ],
};

describe.each([['milvus', milvusServer], ['lite', liteServer]] as const)('metadata of %s', (_, start) => {
  let server: TestServer;
  let connection: MilvusConnection;
  const made: string[] = [];

  /** A collection that goes when the tests end. */
  const named = (stem: string) => {
    const name = uniqueName(stem);
    made.push(name);
    return { database: 'default', name };
  };

  beforeAll(async () => {
    server = await start();
    connection = await openMilvus({ url: `milvus://${server.address}` });
  });
  afterAll(async () => {
    for (const name of made) await dropCollection(connection, { database: 'default', name }).catch(() => {});
    await connection.close();
  });

  test('a collection is made as asked for, and pymilvus sees the same', async () => {
    const collection = named('made');
    const { info, differences } = await createCollection(connection, {
      ...collection,
      schema: SCHEMA,
      dynamic: true,
      consistency: 'Strong',
      properties: { 'collection.ttl.seconds': '86400' },
    });
    // Milvus Lite keeps no descriptions.
    expect(differences.map(({ message, lossy }) => [message, lossy])).toEqual(
      connection.lite
        ? [['the server left out its description', false], [
          'description: none on the server, things was asked for',
          false,
        ]]
        : [],
    );
    expect(info).toMatchObject({ ...collection, dynamic: true, consistency: 'Strong' });
    expect(info.schema.fields.map(({ name }) => name)).toEqual(['id', 'text', 'tags', 'v', '$meta']);
    if (!connection.lite) expect(info.schema.fields[1].description).toBe('some words');
    expect(info.properties['collection.ttl.seconds']).toBe('86400');
    expect(await findCollection(connection, collection)).toEqual(info);
    expect(
      runPymilvus(
        server,
        "answer([f['name'] for f in client.describe_collection(args[0])['fields']])",
        collection.name,
      ),
    )
      .toEqual(['id', 'text', 'tags', 'v']);
  });

  test('what the server leaves out is told', async () => {
    const extra = connection.lite
      ? field('st', { kind: 'StructArray', fields: [field('x', { kind: 'Int32' })], maxCapacity: 4 })
      : field('extra', { kind: 'Int32' }, { nullable: true });
    const schema = { fields: [...SCHEMA.fields, extra] };
    const { differences } = await createCollection(connection, {
      ...named('lossy'),
      schema,
      dynamic: false,
      shards: 2,
    });
    expect(differences.filter(({ lossy }) => lossy)).toEqual([{
      field: extra.name,
      message: connection.lite ? 'the server left out the field' : 'the server does not let it be null',
      lossy: true,
    }]);
    if (connection.lite) {
      expect(differences).toContainEqual({
        message: 'shards: 1 on the server, 2 was asked for',
        lossy: false,
      });
    }
  });

  test('what is missing is told with what is there', async () => {
    const collection = named('near_by');
    await createCollection(connection, { ...collection, schema: SCHEMA, dynamic: false });
    const typo = { ...collection, name: collection.name.replace('near_by', 'nearby') };
    expect(await findCollection(connection, typo)).toBeUndefined();
    const missing = await describeCollection(connection, typo).catch((e) => e);
    expect(missing).toMatchObject({ code: 'InputMissing' });
    expect(missing.details.remedy).toContain(`"${collection.name}"`);
    const database = await describeCollection(connection, { ...collection, database: 'defaul' }).catch((e) =>
      e
    );
    expect(database.message).toContain('has no database "defaul"');
    expect(database.details.remedy).toBe('did you mean "default"?');
  });

  test('indexes are built, and a collection is loaded, counted, flushed and released', async () => {
    const collection = named('loaded');
    const { info } = await createCollection(connection, { ...collection, schema: SCHEMA, dynamic: false });
    expect(await listIndexes(connection, collection)).toEqual([]);
    expect(fieldsWithoutIndex(info, [])).toEqual(['v']);
    if (!connection.lite) {
      // Milvus Lite loads without.
      expect(await loadCollection(connection, collection).catch((e) => e)).toMatchObject({
        code: 'NotLoaded',
      });
      expect(await countRows(connection, collection).catch((e) => e)).toMatchObject({ code: 'NotLoaded' });
      expect(await getLoadState(connection, collection)).toBe('not loaded');
    }
    const rows =
      "client.insert(args[0], [{'id': i, 'text': 'x', 'tags': [i], 'v': [i, 1, 2, 3]} for i in range(300)])";
    runPymilvus(server, rows, collection.name);
    await flush(connection, collection);

    const params = { metric_type: 'COSINE', M: '12', efConstruction: '80' };
    await createIndex(connection, collection, { field: 'v', type: 'HNSW', params });
    const stages: string[] = [];
    await waitForIndexes(connection, collection, (text) => stages.push(text));
    expect(stages.every((text) => text === 'building the index on "v"')).toBe(true);
    const indexes = await listIndexes(connection, collection);
    expect(indexes).toHaveLength(1);
    expect(indexes[0]).toMatchObject({
      field: 'v',
      state: 'Finished',
      params: { index_type: 'HNSW', ...params },
    });
    expect(fieldsWithoutIndex(info, indexes)).toEqual([]);

    const shares: (number | undefined)[] = [];
    await loadCollection(connection, collection, (_, share) => shares.push(share));
    expect(shares.at(-1)).toBe(1);
    expect(await getLoadState(connection, collection)).toBe('loaded');
    expect(await countRows(connection, collection)).toBe(300);
    expect(await countRows(connection, collection, { expr: 'id < 100' })).toBe(100);
    await releaseCollection(connection, collection);
    await releaseCollection(connection, collection);
    expect(await getLoadState(connection, collection)).toBe('not loaded');
    // Milvus Lite counts all the same.
    const counted = await countRows(connection, collection).catch((e) => e.code);
    expect(counted).toBe(connection.lite ? 300 : 'NotLoaded');
    expect(estimateLoadBytes(info, 1000)).toBeGreaterThan(1000 * (8 + 16));
  });

  test('a collection is held in memory as often as the nodes of the server allow', async () => {
    const collection = named('replicas');
    const { info } = await createCollection(connection, { ...collection, schema: SCHEMA, dynamic: false });
    const index = { field: 'v', type: 'FLAT', params: { metric_type: 'L2' } };
    const request = {
      connection,
      collection,
      info,
      indexes: [index],
      load: true,
      retry: { maxTimeMs: 10_000 },
    };
    const notes = await buildAndLoad({ ...request, replicas: 2 }, () => {});
    // Milvus Lite knows no replicas, and takes any number.
    if (connection.lite) expect(notes).toEqual([]);
    else {
      expect(notes).toHaveLength(1);
      expect(notes[0]).toContain('was held in memory 2 times, and is now held once');
      expect(notes[0]).toContain('nodes not enough');
    }
    expect(await getLoadState(connection, collection)).toBe('loaded');
  });

  test('partitions, aliases and names are changed', async () => {
    const collection = named('changed');
    await createCollection(connection, { ...collection, schema: SCHEMA, dynamic: false });
    await createPartition(connection, collection, 'p1');
    expect((await listPartitions(connection, collection)).sort()).toEqual(['_default', 'p1']);

    const alias = uniqueName('alias');
    await changeAlias(connection, 'create', alias, collection);
    expect(await listAliases(connection, collection)).toEqual([alias]);
    const through = await describeCollection(connection, { ...collection, name: alias });
    expect([through.name, through.aliases]).toEqual([collection.name, [alias]]);
    const other = named('other');
    await createCollection(connection, { ...other, schema: SCHEMA, dynamic: false });
    await changeAlias(connection, 'alter', alias, other);
    expect((await describeCollection(connection, { ...collection, name: alias })).name).toBe(other.name);
    await changeAlias(connection, 'drop', alias, other);
    expect(await findCollection(connection, { ...collection, name: alias })).toBeUndefined();

    const renamed = named('renamed');
    await renameCollection(connection, collection, renamed.name);
    const names = await listCollections(connection, 'default');
    expect(names).toContain(renamed.name);
    expect(names).not.toContain(collection.name);
    expect((await describeCollection(connection, renamed)).name).toBe(renamed.name);
  });

  test('databases are kept apart', async () => {
    const database = uniqueName('db');
    await createDatabase(connection, database);
    expect(await listDatabases(connection)).toContain(database);
    const collection = { database, name: uniqueName('inside') };
    const { info } = await createCollection(connection, { ...collection, schema: SCHEMA, dynamic: false });
    expect(info.database).toBe(database);
    expect(await listCollections(connection, database)).toEqual([collection.name]);
    expect(await findCollection(connection, { ...collection, database: 'default' })).toBeUndefined();
    await dropCollection(connection, collection);
    expect(await listCollections(connection, database)).toEqual([]);
    await connection.rpc('DropDatabase', { db_name: database }, { timeoutMs: 10_000 });
  });

  test('an expression that the server does not understand is its refusal, in its words', async () => {
    const collection = named('refused');
    await createCollection(connection, { ...collection, schema: SCHEMA, dynamic: false });
    await createIndex(connection, collection, { field: 'v', type: 'FLAT', params: { metric_type: 'L2' } });
    await loadCollection(connection, collection);
    const error = await countRows(connection, collection, { expr: 'id >>> 5' }).catch((e) => e);
    expect(error).toMatchObject({ code: 'ServerRefused' });
    expect(error.message).toContain('the server says: ');
  });
});

test('flattenParams() reads the parameters of old and new servers', () => {
  expect(
    flattenParams({
      index_type: 'HNSW',
      params: '{"M": 16, "s": "x", "deep": {"a": [1]}}',
      metric_type: 'IP',
    }),
  )
    .toEqual({ index_type: 'HNSW', metric_type: 'IP', M: '16', s: 'x', deep: '{"a":[1]}' });
  expect(flattenParams({ index_type: 'FLAT', M: '4' })).toEqual({ index_type: 'FLAT', M: '4' });
  expect(flattenParams({ params: 'no json' })).toEqual({ params: 'no json' });
  expect(flattenParams({ params: '[1]' })).toEqual({ params: '[1]' });
});
