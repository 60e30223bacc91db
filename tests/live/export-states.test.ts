/** Collections that cannot be read as they are, and what is said about them; load states are put back. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { liteServer, milvusServer, runPymilvus, type TestServer, uniqueName } from '../support/milvus.ts';
import { failure, nothing, scan, withSource } from './scan-support.ts';

const SETUP = `
name, lite = args[0], args[1] == 'lite'
def make(name, index=True):
    schema = MilvusClient.create_schema()
    schema.add_field('id', DataType.INT64, is_primary=True)
    schema.add_field('v', DataType.FLOAT_VECTOR, dim=4)
    params = client.prepare_index_params()
    if index: params.add_index('v', index_type='FLAT', metric_type='IP')
    client.create_collection(name, schema=schema, index_params=params if index else None)
make(name + '_empty')
make(name + '_released')
client.insert(name + '_released', [{'id': i, 'v': [i, 0, 0, 0]} for i in range(500)])
client.flush(name + '_released')
client.release_collection(name + '_released')
make(name + '_bare', index=False)
client.insert(name + '_bare', [{'id': 1, 'v': [0, 0, 0, 0]}])
client.create_alias(name + '_empty', name + '_alias')
client.create_database(name)
client = MilvusClient(uri=uri, token=token, db_name=name)
make('docs')
client.insert('docs', [{'id': i, 'v': [0, 0, 0, 0]} for i in range(7)])
`;

const TEARDOWN = `
client.drop_alias(args[0] + '_alias')
for n in ['_empty', '_released', '_bare']: client.drop_collection(args[0] + n)
MilvusClient(uri=uri, token=token, db_name=args[0]).drop_collection('docs')
client.drop_database(args[0])
`;

describe.each([['milvus', milvusServer], ['lite', liteServer]] as const)(
  'collections of %s',
  (kind, start) => {
    const name = uniqueName('d_states');
    let server: TestServer;
    beforeAll(async () => {
      server = await start();
      runPymilvus(server, SETUP, name, kind);
    });
    afterAll(() => void runPymilvus(server, TEARDOWN, name));

    const isLoaded = () =>
      runPymilvus(
        server,
        `answer('Loaded' in str(client.get_load_state(args[0])['state']) and 'Not' not in str(client.get_load_state(args[0])['state']))`,
        `${name}_released`,
      );

    test('an empty one has no rows', async () => {
      const { rows, notes, source } = await scan(server, `${name}_empty`, { parallel: 4 }, { parallel: 4 });
      expect(rows).toEqual([]);
      expect(notes).toEqual([]);
      expect(source.dataset).toMatchObject({ rows: 0, metric: 'IP', roles: { id: 'id', vector: 'v' } });
    });

    test('one that is not loaded is refused, or loaded and released again', async () => {
      const released = `${name}_released`;
      const refused = await failure(withSource(server, released, { load: 'refuse' }, nothing));
      expect(refused).toMatchObject({
        code: 'NotLoaded',
        details: { remedy: expect.stringContaining('--load') },
      });

      const asked: string[] = [];
      const answerNo = {
        load: 'ask',
        confirmLoad: (text: string) => Promise.resolve(asked.push(text) === 0),
      } as const;
      expect(await failure(withSource(server, released, answerNo, nothing))).toMatchObject({
        code: 'NotLoaded',
      });
      expect(asked[0]).toMatch(
        /is not loaded; loading takes about 1 MB for 500 rows of the server's memory\. Load it\?/,
      );

      const stages: string[] = [];
      const { rows } = await scan(server, released, {
        load: 'ask',
        confirmLoad: () => Promise.resolve(true),
        onStage: (text) => void stages.push(text),
      });
      expect(rows.length).toBe(500);
      expect(stages[0]).toContain('about 1 MB for 500 rows');
      expect(isLoaded()).toBe(false);

      expect(await failure(scan(server, released, { load: 'load', filter: 'nonsense ==' }))).toMatchObject({
        code: 'ServerRefused',
      });
      expect(isLoaded()).toBe(false);
    });

    test('an alias stands for its collection', async () => {
      const fingerprint = (collection: string) =>
        withSource(server, collection, {}, (source) => {
          expect(source.collection.name).toBe(`${name}_empty`);
          expect(source.name).toBe(`milvus://${server.address}/default/${name}_empty`);
          return Promise.resolve(source.fingerprint);
        });
      expect(await fingerprint(`${name}_alias`)).toBe(await fingerprint(`${name}_empty`));
    });

    test('one without an index cannot be loaded, and the field is named', async () => {
      // Milvus Lite needs none.
      if (kind === 'lite') {
        return expect((await scan(server, `${name}_bare`, { load: 'load' })).rows.length)
          .toBe(1);
      }
      const refused = await failure(withSource(server, `${name}_bare`, { load: 'load' }, nothing));
      expect(refused).toMatchObject({
        code: 'NotLoaded',
        details: { field: 'v', remedy: expect.stringContaining('index') },
      });
      expect(String(refused)).toContain('the vector field "v" has no index');
    });

    test('names that are not there are refused, with those that are near', async () => {
      const fails = (collection: string, options = {}) =>
        failure(withSource(server, collection, options, nothing));
      expect(await fails(`${name}_emty`)).toMatchObject({
        code: 'InputMissing',
        details: { remedy: expect.stringContaining(`${name}_empty`) },
      });
      expect(await fails(`${name}_empty`, { partitions: ['defualt'] })).toMatchObject({
        code: 'InputMissing',
        details: { remedy: expect.stringContaining('_default') },
      });
      expect(await fails(`${name}_empty`, { fields: ['V'] })).toMatchObject({
        code: 'InputMissing',
        details: { field: 'V', remedy: 'did you mean "v"?' },
      });
      expect(await fails(`${name}_empty`, { partitionColumn: 'v' })).toMatchObject({ code: 'PlanRefused' });
    });

    test('two databases are two worlds', async () => {
      const { rows, source } = await scan(server, 'docs', { database: name });
      expect(rows.length).toBe(7);
      expect(source.name).toBe(`milvus://${server.address}/${name}/docs`);
      expect(await failure(scan(server, 'docs'))).toMatchObject({ code: 'InputMissing' });
    });
  },
);

test('pages that Milvus cannot send are halved until it can', async () => {
  const server = await milvusServer();
  const name = uniqueName('d_large');
  try {
    runPymilvus(
      server,
      `
schema = MilvusClient.create_schema()
schema.add_field('id', DataType.INT64, is_primary=True)
for i in range(4): schema.add_field('t%d' % i, DataType.VARCHAR, max_length=65535)
schema.add_field('v', DataType.FLOAT_VECTOR, dim=4)
index = client.prepare_index_params()
index.add_index('v', index_type='FLAT', metric_type='L2')
client.create_collection(args[0], schema=schema, index_params=index)
row = lambda i, length: {'id': i, 'v': [0, 0, 0, 0], **{'t%d' % k: chr(97 + i % 26) * length for k in range(4)}}
client.insert(args[0], [row(i, 10) for i in range(1100)])
for start in range(1100, 1500, 100): client.insert(args[0], [row(i, 60000) for i in range(start, start + 100)])`,
      name,
    );
    // The small rows at the front promise that a thousand more fit a page, and they would be 96 MB.
    const { rows } = await scan(server, name, {}, { batchBytes: 1e9 });
    expect(rows.map((row) => Number(row.id))).toEqual([...Array(1500).keys()]);
    expect(
      rows.every((row) =>
        row.t3 === String.fromCharCode(97 + Number(row.id) % 26).repeat(Number(row.id) < 1100 ? 10 : 60000)
      ),
    )
      .toBe(true);
  } finally {
    runPymilvus(server, 'client.drop_collection(args[0])', name);
  }
});
