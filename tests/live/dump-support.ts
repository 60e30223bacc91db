/** Databases with all that a server can hold, and what of them can be compared. */
import { runPymilvus, type TestServer } from '../support/milvus.ts';

/** Drops everything in `databases`, aliases too, and the databases. */
const CLEAR = `
def clear(*databases):
    for database in databases:
        if database not in client.list_databases(): continue
        client.use_database(database) if hasattr(client, 'use_database') else client.using_database(database)
        for name in client.list_collections():
            for alias in client.list_aliases(name)['aliases']: client.drop_alias(alias)
            client.drop_collection(name)
        (client.use_database if hasattr(client, 'use_database') else client.using_database)('default')
        client.drop_database(database)
`;

/** Drops `databases` with all that is in them. */
export function clear(server: TestServer, ...databases: string[]): void {
  runPymilvus(server, server.name === 'lite' ? `${CLEAR}\nclear(*args)` : ORM_CLEAR, ...databases);
}

const ORM_CLEAR = `
from pymilvus import db
for database in args:
    if database not in db.list_database(): continue
    db.using_database(database)
    for name in utility.list_collections():
        for alias in Collection(name).aliases: utility.drop_alias(alias)
        utility.drop_collection(name)
    db.using_database('default')
    db.drop_database(database)
`;

/** Fills database `name` of Milvus 2.3.5 with all that it can hold. */
export const FILL_MILVUS = `
from pymilvus import db
db.create_database(args[0]); db.using_database(args[0])
random = np.random.default_rng(1)
F = FieldSchema
schema = CollectionSchema([F('id', DataType.INT64, is_primary=True), F('t', DataType.VARCHAR, max_length=100, description='text'),
    F('j', DataType.JSON), F('tags', DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=8, max_length=20),
    F('b', DataType.BOOL), F('i8', DataType.INT8), F('d', DataType.DOUBLE), F('v', DataType.FLOAT_VECTOR, dim=16)],
    enable_dynamic_field=True, description='some "docs"')
docs = Collection('docs', schema, shards_num=2, consistency_level='Strong', properties={'collection.ttl.seconds': '86400'})
for name in ['p1', 'p2', 'empty']: docs.create_partition(name)
for k, name in enumerate(['_default', 'p1', 'p2']):
    docs.insert([{'id': i - 300, 't': f't{i}ü', 'j': {'n': 2**53 + 1, 'x': [1, 2.5, None]}, 'tags': [f'a{i % 7}'] * (i % 4), 'b': i % 2 == 0,
        'i8': i % 128, 'd': i / 7, 'v': random.standard_normal(16).astype(np.float32).tolist(), 'extra': i} for i in range(k * 400, k * 400 + 400)],
        partition_name=name)
docs.flush()
docs.create_index('v', {'index_type': 'HNSW', 'metric_type': 'COSINE', 'params': {'M': 8, 'efConstruction': 64}}, index_name='by_v')
docs.create_index('t', index_name='by_t')
docs.load()
utility.create_alias('docs', 'papers')
keyed = Collection('keyed', CollectionSchema([F('pk', DataType.VARCHAR, is_primary=True, max_length=64),
    F('k', DataType.INT64, is_partition_key=True), F('b', DataType.BINARY_VECTOR, dim=16)]), num_partitions=4)
keyed.insert([[f"k'{i}\\"" for i in range(300)], [i % 9 for i in range(300)], [bytes([i % 256, i // 256]) for i in range(300)]])
keyed.flush()
keyed.create_index('b', {'index_type': 'BIN_IVF_FLAT', 'metric_type': 'JACCARD', 'params': {'nlist': 16}})
keyed.load()
made = Collection('made', CollectionSchema([F('id', DataType.INT64, is_primary=True, auto_id=True), F('v', DataType.FLOAT_VECTOR, dim=4)]))
made.insert([np.arange(80, dtype=np.float32).reshape(20, 4)])
made.flush()
made.create_index('v', {'index_type': 'FLAT', 'metric_type': 'L2', 'params': {}})
made.load()
bare = Collection('bare', CollectionSchema([F('id', DataType.INT64, is_primary=True), F('v', DataType.FLOAT_VECTOR, dim=4)]))
`;

/** All of a database of Milvus 2.3.5 but the server's own numbers and times; rows by partition. */
export const SIGHT_MILVUS = `
from pymilvus import db
db.using_database(args[0])
sight = {}
for name in sorted(utility.list_collections()):
    collection = Collection(name)
    facts = collection.describe()
    for key in ['collection_id', 'created_timestamp', 'update_timestamp', 'created_utc', 'db_name']: facts.pop(key, None)
    for field in facts['fields']: field.pop('field_id')
    facts['aliases'] = sorted(facts['aliases'])
    facts['indexes'] = sorted([i.field_name, i.index_name, sorted((k, str(v)) for k, v in i.params.items())] for i in collection.indexes)
    names = sorted(p.name for p in collection.partitions)
    facts['partitions'] = names
    facts['load'] = str(utility.load_state(name))
    if facts['load'] == 'Loaded':
        key = collection.primary_field.name
        expression = f'{key} > -9223372036854775807' if collection.primary_field.dtype == DataType.INT64 else f'{key} >= ""'
        spread = any(f.is_partition_key for f in collection.schema.fields)
        rows = {}
        for partition in [None] if spread else names:
            found = collection.query(expression, output_fields=['*'], partition_names=partition and [partition])
            rows[str(partition)] = sorted(repr(sorted((k, repr(v)) for k, v in row.items())) for row in found)
        facts['rows'] = rows
    sight[name] = json.loads(json.dumps(facts, default=str))
answer(sight)
`;

/** Fills database `name` of Milvus Lite with all that it can hold and Milvus 2.3.5 cannot. */
export const FILL_LITE = `
client.create_database(args[0]); client.use_database(args[0])
random = np.random.default_rng(3)
floats = lambda dim: random.standard_normal(dim).astype(np.float32).tolist()
schema = client.create_schema(enable_dynamic_field=True)
for name, kind, more in [('id', DataType.INT64, {'is_primary': True}), ('t', DataType.VARCHAR, {'max_length': 200, 'nullable': True}),
        ('d', DataType.DOUBLE, {'default_value': 1.5}), ('n', DataType.INT32, {'nullable': True}), ('j', DataType.JSON, {'nullable': True}),
        ('tags', DataType.ARRAY, {'element_type': DataType.INT64, 'max_capacity': 8}), ('v', DataType.FLOAT_VECTOR, {'dim': 8}),
        ('w', DataType.FLOAT_VECTOR, {'dim': 4}), ('sp', DataType.SPARSE_FLOAT_VECTOR, {})]:
    schema.add_field(name, kind, **more)
index = client.prepare_index_params()
index.add_index('v', index_type='HNSW', metric_type='COSINE', params={'M': 8, 'efConstruction': 64})
index.add_index('w', index_type='FLAT', metric_type='L2')
index.add_index('sp', index_type='SPARSE_INVERTED_INDEX', metric_type='IP')
client.create_collection('mixed', schema=schema, index_params=index, properties={'collection.ttl.seconds': '86400'})
for name in ['p1', 'empty']: client.create_partition('mixed', name)
def rows(start, end):
    return [{'id': i, 't': None if i % 5 == 0 else f't{i}', 'n': None if i % 3 == 0 else i, 'j': None if i % 7 == 0 else {'x': 2**53 + 1},
        'tags': list(range(i % 4)), 'v': floats(8), 'w': floats(4), 'sp': {i: 0.5, i + 9: float(i % 7 + 1)}, 'extra': i,
        **({} if i % 2 else {'d': 2.0 * i})} for i in range(start, end)]
client.insert('mixed', rows(0, 200)); client.insert('mixed', rows(200, 300), partition_name='p1')
client.create_alias('mixed', 'blend')
schema = client.create_schema()
schema.add_field('pk', DataType.VARCHAR, max_length=64, is_primary=True)
schema.add_field('k', DataType.VARCHAR, max_length=10, is_partition_key=True)
schema.add_field('v', DataType.FLOAT_VECTOR, dim=4)
index = client.prepare_index_params(); index.add_index('v', index_type='AUTOINDEX', metric_type='IP')
client.create_collection('keyed', schema=schema, index_params=index, num_partitions=4)
client.insert('keyed', [{'pk': f"'{i}\\"", 'k': f'k{i % 5}', 'v': floats(4)} for i in range(100)])
schema = client.create_schema()
schema.add_field('id', DataType.INT64, is_primary=True)
schema.add_field('text', DataType.VARCHAR, max_length=500, enable_analyzer=True)
schema.add_field('sp', DataType.SPARSE_FLOAT_VECTOR)
schema.add_function(Function('bm25', FunctionType.BM25, ['text'], ['sp']))
index = client.prepare_index_params(); index.add_index('sp', index_type='SPARSE_INVERTED_INDEX', metric_type='BM25')
client.create_collection('search', schema=schema, index_params=index)
client.insert('search', [{'id': i, 'text': f'hello world number {i}'} for i in range(50)])
schema = client.create_schema()
schema.add_field('id', DataType.INT64, is_primary=True); schema.add_field('v', DataType.FLOAT_VECTOR, dim=4)
client.create_collection('bare', schema=schema)
`;

/** All of a database of Milvus Lite. */
export const SIGHT_LITE = `
client.use_database(args[0])
sight = {}
for name in sorted(client.list_collections()):
    facts = client.describe_collection(name)
    for key in ['created_timestamp', 'update_timestamp']: facts.pop(key, None)
    facts['aliases'] = client.list_aliases(name)['aliases']
    facts['partitions'] = client.list_partitions(name)
    facts['indexes'] = [client.describe_index(name, index) for index in sorted(client.list_indexes(name))]
    facts['load'] = str(client.get_load_state(name))
    if 'Loaded' in facts['load']:
        key = [field['name'] for field in facts['fields'] if field.get('is_primary')][0]
        found = client.query(name, filter=f'{key} >= 0' if key == 'id' else f'{key} >= ""', output_fields=['*'], limit=10000)
        facts['rows'] = sorted(repr(sorted((k, repr(v)) for k, v in row.items())) for row in found)
    sight[name] = json.loads(json.dumps(facts, default=str))
answer(sight)
`;

/** What a test looks at, by collection. */
export type Sight = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** All of `database` that a restore must bring back. */
export function sightOf(server: TestServer, database: string): Sight {
  return runPymilvus(server, server.name === 'lite' ? SIGHT_LITE : SIGHT_MILVUS, database) as Sight;
}

/** Makes `database` and fills it. */
export function fill(server: TestServer, database: string): void {
  clear(server, database);
  runPymilvus(server, server.name === 'lite' ? FILL_LITE : FILL_MILVUS, database);
}
