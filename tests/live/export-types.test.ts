/** Rows that pymilvus wrote arrive bit by bit: every type that each server has, partitions, deletes and upserts before the scan. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { liteServer, milvusServer, runPymilvus, type TestServer, uniqueName } from '../support/milvus.ts';
import { failure, nothing, scan, TEXT_ROWS, type TextRow, withSource } from './scan-support.ts';

const WRITE = `
name, lite = args[0], args[1] == 'lite'
schema = MilvusClient.create_schema(enable_dynamic_field=True, auto_id=False)
schema.add_field('id', DataType.INT64, is_primary=True)
nullable = {'nullable': True} if lite else {}
schema.add_field('flag', DataType.BOOL, **nullable)
for kind in ['INT8', 'INT16', 'INT32', 'INT64', 'FLOAT', 'DOUBLE', 'JSON']:
    schema.add_field(kind.lower(), getattr(DataType, kind), **nullable)
schema.add_field('text', DataType.VARCHAR, max_length=500, **nullable)
elements = ['BOOL', 'INT8', 'INT16', 'INT32', 'INT64', 'FLOAT', 'DOUBLE', 'VARCHAR']
for kind in elements:
    schema.add_field('list_' + kind.lower(), DataType.ARRAY, element_type=getattr(DataType, kind), max_capacity=10,
        **({'max_length': 50} if kind == 'VARCHAR' else {}))
schema.add_field('vector', DataType.FLOAT_VECTOR, dim=8)
index = client.prepare_index_params()
index.add_index('vector', index_type='FLAT', metric_type='COSINE')
if lite:
    schema.add_field('sparse', DataType.SPARSE_FLOAT_VECTOR)
    schema.add_field('place', DataType.GEOMETRY, nullable=True)
    schema.add_field('at', DataType.TIMESTAMPTZ, nullable=True)
    index.add_index('sparse', index_type='SPARSE_INVERTED_INDEX', metric_type='IP')
client.create_collection(name, schema=schema, index_params=index)
rng = np.random.default_rng(7)
edges = {'int8': [-128, 127, 0, -1], 'int16': [-32768, 32767, 0, -1], 'int32': [-2**31, 2**31 - 1, 0, -1],
    'int64': [-2**63, 2**63 - 1, 0, 2**53 + 1], 'float': [-0.0, 1e-45, 3.4028234663852886e38, 0.1],
    'double': [-0.0, 5e-324, 1.7976931348623157e308, 0.1], 'varchar': ['', 'a"b\\\\c', 'x\\ny', '日本 \\U0001F600'],
    'bool': [True, False, True, True]}
def row(i):
    edge = lambda kind: edges[kind][i % 4]
    r = {'id': i * 3 - 100, 'flag': i % 3 == 0, 'json': [{'a': i, 'b': [1, 'x', None]}, {'n': {'m': 1.5}}, {}][i % 3],
        'text': edge('varchar') + str(i), 'vector': rng.standard_normal(8).astype(np.float32), 'extra': i, 'more': {'k': str(i)}}
    for kind in ['int8', 'int16', 'int32', 'int64', 'float', 'double']: r[kind] = edge(kind)
    for kind in elements:
        r['list_' + kind.lower()] = [edges[kind.lower()][(i + j) % 4] for j in range(i % 4)]
    if lite:
        r['sparse'] = {int(k): float(np.float32(v)) for k, v in zip(rng.choice(10**6, 1 + i % 5, replace=False), rng.random(5) + 0.1)}
        r['place'] = 'POINT (%d %d)' % (i, -i)
        r['at'] = '2024-02-29T23:59:%02d.%06dZ' % (i % 60, i)
        if i % 5 == 0:
            for n in ['flag', 'int8', 'int64', 'float', 'json', 'text', 'place', 'at']: r[n] = None
    return r
partitions = ['_default', 'spring', 'summer', 'autumn']
for p in partitions[1:]: client.create_partition(name, p)
rows = [row(i) for i in range(600)]
for k, p in enumerate(partitions):
    client.insert(name, rows[k::4], partition_name=p)
client.delete(name, ids=[r['id'] for r in rows[10:60]])
for k, p in enumerate(partitions):
    client.upsert(name, [{**r, 'text': 'changed'} for r in rows[100 + k:200:4]], partition_name=p)
client.load_collection(name)
`;

const READ = `
${TEXT_ROWS}
found = {p: read_all(args[0], 'id >= -1000', partition_names=[p], consistency_level='Strong') for p in client.list_partitions(args[0])}
answer([{**r, 'season': p} for p, rows in found.items() for r in rows])
`;

const byId = (rows: readonly TextRow[]) => [...rows].sort((a, b) => Number(a.id) - Number(b.id));

describe.each([['milvus', milvusServer], ['lite', liteServer]] as const)('all types of %s', (kind, start) => {
  const name = uniqueName('d_types');
  let server: TestServer;
  let expected: readonly TextRow[];

  beforeAll(async () => {
    server = await start();
    runPymilvus(server, WRITE, name, kind);
    expected = byId(runPymilvus(server, READ, name) as TextRow[]);
  });
  afterAll(() => void runPymilvus(server, 'client.drop_collection(args[0])', name));

  test('every row arrives as pymilvus reads it, with its partition', async () => {
    expect(expected.length).toBe(550);
    const { rows, notes, source } = await scan(server, name, { partitionColumn: 'season' });
    expect(byId(rows)).toEqual(expected as TextRow[]);
    expect(notes).toEqual([]);
    const { dataset } = source;
    expect(dataset.rows).toBe(550);
    expect(dataset.roles.id).toBe('id');
    // Of several vectors with different metrics none is the metric of the whole.
    expect(dataset.metric).toBe(kind === 'lite' ? undefined : 'COSINE');
    expect(source.placementNote).toBeUndefined();
  });

  test("the order of partitions is the server's, and batches say theirs", async () => {
    await withSource(server, name, {}, async (source) => {
      const ranges = await source.plan();
      const partitions = runPymilvus(server, 'answer(client.list_partitions(args[0]))', name);
      expect(ranges.map((range) => range.partition)).toEqual(partitions as string[]);
      expect(source.placementNote).toContain('4 partitions');
    });
  });

  test('small pages give the same rows', async () => {
    const { rows } = await scan(server, name, { partitionColumn: 'season' }, { batchBytes: 3000 });
    expect(byId(rows)).toEqual(expected as TextRow[]);
  });

  test('partitions, filters and columns are left to the server', async () => {
    const chosen = expected.filter((row) => ['spring', 'autumn'].includes(String(row.season)));
    const { rows, notes } = await scan(server, name, {
      partitions: ['autumn', 'spring'],
      partitionColumn: 'season',
    });
    expect(byId(rows)).toEqual(chosen);
    expect(notes.some((note) => note.includes('not compared'))).toBe(kind === 'lite');
    const some = await scan(server, name, { filter: 'id < 0 or id > 1600', partitionColumn: 'season' });
    expect(byId(some.rows)).toEqual(expected.filter(({ id }) => Number(id) < 0 || Number(id) > 1600));
    await withSource(server, name, { fields: ['int8', '$meta'] }, async (source) => {
      const [range] = await source.plan();
      for await (const { batch } of source.read(range, { columns: ['$meta', 'int8'], batchBytes: 1e6 })) {
        expect(batch.schema.fields.map((field) => field.name)).toEqual(['int8', '$meta']);
      }
    });
  });
});

describe('what only one server has', () => {
  test('binary vectors of Milvus', async () => {
    const server = await milvusServer();
    const name = uniqueName('d_binary');
    try {
      const expected = runPymilvus(
        server,
        `${TEXT_ROWS}
schema = MilvusClient.create_schema()
schema.add_field('id', DataType.VARCHAR, is_primary=True, max_length=20)
schema.add_field('bits', DataType.BINARY_VECTOR, dim=24)
index = client.prepare_index_params()
index.add_index('bits', index_type='BIN_FLAT', metric_type='JACCARD')
client.create_collection(args[0], schema=schema, index_params=index)
client.insert(args[0], [{'id': 'k%03d' % i, 'bits': bytes([i, 255 - i, i * 7 % 256])} for i in range(200)])
answer(read_all(args[0], 'id >= ""', consistency_level='Strong'))`,
        name,
      ) as TextRow[];
      const { rows, source } = await scan(server, name);
      expect(rows).toEqual([...expected].sort((a, b) => String(a.id) < String(b.id) ? -1 : 1));
      expect(source.dataset).toMatchObject({
        rows: 200,
        metric: 'JACCARD',
        roles: { id: 'id', vector: 'bits' },
      });
    } finally {
      runPymilvus(server, 'client.drop_collection(args[0])', name);
    }
  });

  test('the output of BM25 on Milvus Lite is left out, and asking for it is refused', async () => {
    const server = await liteServer();
    const name = uniqueName('d_bm25');
    try {
      runPymilvus(
        server,
        `
schema = MilvusClient.create_schema(auto_id=True)
schema.add_field('id', DataType.INT64, is_primary=True)
schema.add_field('text', DataType.VARCHAR, max_length=200, enable_analyzer=True)
schema.add_field('terms', DataType.SPARSE_FLOAT_VECTOR)
schema.add_function(Function(name='bm25', function_type=FunctionType.BM25, input_field_names=['text'], output_field_names=['terms']))
index = client.prepare_index_params()
index.add_index('terms', index_type='SPARSE_INVERTED_INDEX', metric_type='BM25')
client.create_collection(args[0], schema=schema, index_params=index)
client.insert(args[0], [{'text': 'the quick brown fox %d' % i} for i in range(50)])`,
        name,
      );
      const { rows, source } = await scan(server, name);
      expect(rows.length).toBe(50);
      expect(Object.keys(rows[0])).toEqual(['id', 'text']);
      expect(source.dataset.notes.join()).toContain('"terms" is left out');
      const refused = await failure(withSource(server, name, { fields: ['terms'] }, nothing));
      expect(refused).toMatchObject({ code: 'InputUnsupported', details: { field: 'terms' } });
    } finally {
      runPymilvus(server, 'client.drop_collection(args[0])', name);
    }
  });
});
