/** What becomes of a data set in a collection: its schema, its indexes, and all that stands in the way, before anything is written. */
import { describe, expect, test } from 'bun:test';
import { makeBatch } from '../../src/core/batch.ts';
import { type Dataset, type Field, field } from '../../src/core/schema.ts';
import { columnFromValues } from '../../src/core/values.ts';
import { type CollectionInfo, type IndexInfo } from '../../src/connectors/milvus/model.ts';
import { planIndexes } from '../../src/connectors/milvus/sink/index-plan.ts';
import type { CreateOptions } from '../../src/connectors/milvus/sink/options.ts';
import { conform, planRows, refuseNullsForDefaults } from '../../src/connectors/milvus/sink/row-plan.ts';
import { traitsOf } from '../../src/connectors/milvus/sink/server-traits.ts';
import { planSchema, type SchemaOptions } from '../../src/connectors/milvus/sink/target-schema.ts';

const ID = field('id', { kind: 'Int64' }, { primaryKey: true });
const VECTOR = field('v', { kind: 'FloatVector', dim: 4 });
const OLD = traitsOf({ version: 'v2.3.5', lite: false });
const NEW = traitsOf({ version: 'v2.6.4', lite: false });
const LITE = traitsOf({ version: 'milvus_lite-3.2.2', lite: true });
const NEWEST = traitsOf({ version: 'unknown', lite: false });

function dataset(...fields: Field[]): Dataset {
  return { schema: { fields }, roles: {}, notes: [] };
}

function plan(
  data: Dataset,
  create: Partial<CreateOptions> = {},
  traits = NEW,
  more: Partial<SchemaOptions> = {},
) {
  return planSchema(data, { create: { indexes: [], ...create }, ...more }, traits);
}

/** Messages and remedies. */
const said = (problems: readonly { message: string; remedy: string }[]) =>
  problems.map(({ message, remedy }) => `${message} -> ${remedy}`);

describe('a server', () => {
  test('is judged by its version', () => {
    expect([OLD.name, LITE.name, NEWEST.name]).toEqual(['Milvus 2.3.5', 'Milvus Lite 3.2.2', 'Milvus']);
    expect(traitsOf({ version: 'v2.10.0', lite: false }).kinds.has('Int8Vector')).toBe(true);
    expect([OLD.kinds.has('Float16Vector'), NEW.kinds.has('Float16Vector')]).toEqual([false, true]);
    expect([OLD.nulls, NEW.nulls, LITE.nulls, NEWEST.nullVectors]).toEqual([false, true, true, true]);
  });
});

describe('the key of a new collection', () => {
  const key = (data: Dataset, create: Partial<CreateOptions> = {}) => {
    const { fields, problems, notes } = plan(data, create);
    return { key: fields.find((f) => f.primaryKey), said: said(problems), notes };
  };

  test('is the one that the data have, without what a key cannot be', () => {
    const nullable = { ...ID, nullable: true, defaultValue: 1n };
    expect(key(dataset(nullable, VECTOR))).toEqual({ key: ID, said: [], notes: [] });
  });

  test('is asked for', () => {
    const text = field('name', { kind: 'VarChar', maxLength: 9 });
    expect(key(dataset(field('n', { kind: 'Int64' }), text, VECTOR)).said).toEqual([
      'which column is the key? It could be "n", "name" -> --id FIELD (or --auto-id new)',
    ]);
    expect(key(dataset(field('a b', { kind: 'Int64' }), VECTOR)).said[0]).toContain(
      "--id 'a b' (or --auto-id new)",
    );
    expect(key({ ...dataset(VECTOR), rows: 3 }).said).toEqual([
      'no column can be the key (Int64 or VarChar) -> --row-ids id (the ids are row numbers), or --auto-id new',
    ]);
    expect(key({ ...dataset({ ...VECTOR, name: 'id' }), rows: 3 }).said[0]).toContain('--row-ids pk ');
    expect(key(dataset(VECTOR)).said).toEqual([
      'no column can be the key (Int64 or VarChar) -> --auto-id new',
    ]);
    expect(key(dataset({ ...ID, type: { kind: 'Int32' } }, VECTOR)).said).toEqual([
      'a key is Int64 or VarChar, not Int32 -> --cast id:int64',
    ]);
    expect(key(dataset({ ...ID, autoId: true }, VECTOR)).said[0]).toContain(
      '--auto-id keep (or --auto-id new)',
    );
  });

  test('is made by the server, or kept, as the user says', () => {
    const made = { ...ID, autoId: true };
    expect(key(dataset(made, VECTOR), { autoId: 'keep' }).key).toEqual(ID);
    expect(key(dataset(made, VECTOR), { autoId: 'new' }).key).toEqual(made);
    expect(key(dataset(ID, VECTOR), { autoId: 'new' }).notes).toEqual([
      'the server makes new ids; those in "id" are left out, as --auto-id new asks',
    ]);
    const { key: fresh, notes } = key(dataset(field('id', { kind: 'Bool' }), VECTOR), { autoId: 'new' });
    expect([fresh?.name, notes[0]]).toEqual(['pk', 'the server makes ids, in a new field "pk"']);
  });
});

describe('the schema of a new collection', () => {
  test('has the bounds of Milvus where the data have none, and says so', () => {
    const { fields, notes } = plan(dataset(
      ID,
      field('a', { kind: 'VarChar' }),
      field('b', { kind: 'Array', element: { kind: 'VarChar' } }),
      field('c', { kind: 'VarChar', maxLength: 70_000 }),
      field('d', { kind: 'VarChar', maxLength: 7 }),
      VECTOR,
    ));
    expect(fields.slice(1, 5).map((f) => f.type)).toEqual([
      { kind: 'VarChar', maxLength: 65_535 },
      { kind: 'Array', element: { kind: 'VarChar', maxLength: 65_535 }, maxCapacity: 4096 },
      { kind: 'VarChar', maxLength: 65_535 },
      { kind: 'VarChar', maxLength: 7 },
    ]);
    expect(notes).toEqual([
      '"a", "b": length not known, so 65535',
      '"b": capacity not known, so 4096',
      '"c": length above the bound, so 65535',
    ]);
  });

  test('has no nulls where the server has none', () => {
    const data = dataset(ID, field('n', { kind: 'Int32' }, { nullable: true }), {
      ...VECTOR,
      nullable: true,
    });
    expect(plan(data, {}, OLD).fields.map((f) => f.nullable)).toEqual([false, false, false]);
    expect(plan(data, {}, OLD).notes).toEqual([
      '"n": Milvus 2.3.5 has no nulls: the first null would end the import',
      '"v": Milvus 2.3.5 has no null vectors: the first null would end the import',
    ]);
    expect(plan(data, {}, LITE).fields.map((f) => f.nullable)).toEqual([false, true, false]);
    expect(plan(data, {}, NEWEST).fields.map((f) => f.nullable)).toEqual([false, true, true]);
  });

  test('needs names that Milvus takes; none is changed silently', () => {
    const { problems } = plan(
      dataset(ID, field('a-b', { kind: 'Bool' }), field('a_b', { kind: 'Bool' }), VECTOR, {
        ...field('9', { kind: 'Bool' }),
      }),
    );
    expect(problems.map(({ remedy }) => remedy)).toEqual(["--rename 'a-b=a_b_'", "--rename '9=_9'"]);
  });

  test('needs one vector field, at most one on old servers', () => {
    const second = field('w', { kind: 'FloatVector', dim: 2 });
    expect(said(plan(dataset(ID)).problems)).toEqual([
      'a collection needs a vector field, and there is none -> name an input with vectors',
    ]);
    const list = field('e', { kind: 'Array', element: { kind: 'Float' } });
    expect(plan(dataset(ID, list)).problems[0].remedy).toBe("--cast 'e:FloatVector(DIM)'");
    expect(plan(dataset(ID, VECTOR, second)).problems).toEqual([]);
    expect(plan(dataset(ID, VECTOR, second), {}, OLD).problems[0].remedy).toBe('--fields id,v');
    expect(plan({ ...dataset(ID, VECTOR, second), roles: { vector: 'w' } }, {}, OLD).problems[0].remedy)
      .toBe('--fields id,w');
  });

  test('has the partition key that is asked for, or partitions by a column that is no field', () => {
    const text = field('t', { kind: 'VarChar', maxLength: 9 });
    expect(plan(dataset(ID, text, VECTOR), { partitionKey: 't' }).fields[1].partitionKey).toBe(true);
    expect(said(plan(dataset(ID, text, VECTOR), { partitionKey: 'x' }).problems)[0]).toContain(
      'no such column',
    );
    expect(said(plan(dataset(ID, text, VECTOR), { partitionKey: 'id' }).problems)[0]).toContain('cannot be');
    const { fields, problems } = plan(dataset(ID, text, VECTOR), {}, NEW, { partitionColumn: 't' });
    expect([fields.map((f) => f.name), problems]).toEqual([['id', 'v'], []]);
    expect(said(plan(dataset(ID, text, VECTOR), { partitionKey: 't' }, NEW, { partition: 'p' }).problems)[0])
      .toContain('leave out --partition');
  });

  test('of a copy has the functions whose inputs are there, and what they fill', () => {
    const text = field('t', { kind: 'VarChar', maxLength: 9 }, { params: { enable_analyzer: 'true' } });
    const output = field('s', { kind: 'SparseFloatVector' }, { functionOutput: true });
    const fn = { name: 'f', description: '', type: 1, inputs: ['t'], outputs: ['s'], params: {} };
    const like = { ...INFO, schema: { fields: [ID, text, VECTOR, output] }, functions: [fn] };
    const all = plan(dataset(ID, text, VECTOR), { like });
    expect([all.fields.map((f) => f.name), all.functions]).toEqual([['id', 't', 'v', 's'], [fn]]);
    const some = plan(dataset(ID, VECTOR), { like });
    expect([some.functions, some.notes]).toEqual([[], [
      'the function "f" is left out, as a column that it reads is',
    ]]);
  });
});

describe('the indexes of a new collection', () => {
  const indexes = (fields: Field[], create: Partial<CreateOptions>, metric?: Dataset['metric']) =>
    planIndexes(
      { ...dataset(...fields), ...(metric === undefined ? {} : { metric }) },
      fields,
      { indexes: [], ...create },
    );

  test('are one for each vector, by the metric of the data', () => {
    const bits = field('b', { kind: 'BinaryVector', dim: 8 });
    const sparse = field('s', { kind: 'SparseFloatVector' });
    const { indexes: found, notes } = indexes([ID, VECTOR, sparse], {}, 'COSINE');
    expect(found).toEqual([
      { field: 'v', type: 'AUTOINDEX', params: { metric_type: 'COSINE' } },
      { field: 's', type: 'SPARSE_INVERTED_INDEX', params: { metric_type: 'IP' } },
    ]);
    expect(notes).toEqual(['"s": the metric of sparse vectors is IP']);
    expect(indexes([ID, bits], {}, 'JACCARD').indexes[0].type).toBe('BIN_FLAT');
    expect(indexes([ID, VECTOR], { noIndex: true })).toEqual({ indexes: [], problems: [], notes: [] });
  });

  test('need a metric that Milvus has', () => {
    expect(said(indexes([ID, VECTOR], {}).problems)).toEqual([
      'the metric is not known, and the index needs it -> --metric L2|IP|COSINE (or --no-index)',
    ]);
    expect(said(indexes([ID, VECTOR], {}, 'Canberra').problems)).toEqual([
      'Milvus does not measure a FloatVector by Canberra -> --metric L2|IP|COSINE (or --no-index)',
    ]);
    expect(said(indexes([ID, field('b', { kind: 'BinaryVector', dim: 8 })], {}, 'L2').problems)[0]).toContain(
      '--metric HAMMING|JACCARD',
    );
  });

  test('are those asked for, else those of the collection to be equalled', () => {
    const asked = [{ field: 'v', type: 'HNSW', params: { M: '8', metric_type: 'IP' } }];
    expect(indexes([ID, VECTOR], { indexes: asked }, 'L2').indexes).toEqual(asked);
    expect(
      said(indexes([ID, VECTOR], { indexes: [{ field: 'x', type: 'FLAT', params: {} }] }, 'L2').problems)[0],
    )
      .toContain('there is no field for the index FLAT');
    const index: IndexInfo = {
      name: 'v/1',
      field: 'v',
      params: { index_type: 'IVF_FLAT', metric_type: 'L2', nlist: '7' },
      state: 'Finished',
      indexedRows: 0,
      totalRows: 0,
      failReason: '',
    };
    const like = {
      ...INFO,
      indexes: [index, { ...index, name: 'by_id', field: 'id', params: { index_type: 'STL_SORT' } }],
    };
    expect(indexes([ID, VECTOR], { like }).indexes).toEqual([
      { field: 'id', type: 'STL_SORT', name: 'by_id', params: {} },
      { field: 'v', type: 'IVF_FLAT', params: { metric_type: 'L2', nlist: '7' } },
    ]);
  });
});

const INFO: CollectionInfo = {
  database: 'default',
  name: 'c',
  id: 1n,
  schema: { fields: [ID, VECTOR] },
  unsupported: [],
  dynamic: false,
  functions: [],
  shards: 1,
  partitionCount: 0,
  consistency: 'Bounded',
  properties: {},
  aliases: [],
  rawSchema: new Uint8Array(),
};

describe('rows for a collection that is there', () => {
  const rows = (
    data: Dataset,
    fields: Field[],
    options: { autoId?: 'keep' | 'new'; partitionColumn?: string } = {},
  ) => {
    const { autoId, partitionColumn } = options;
    return planRows(data, { ...INFO, schema: { fields } }, {
      create: autoId === undefined ? {} : { autoId },
      partitionColumn,
    });
  };

  test('fit by name, in the order of the collection', () => {
    const text = field('t', { kind: 'VarChar' });
    const { plan: found, problems } = rows(dataset(VECTOR, text, ID), [
      ID,
      { ...text, type: { kind: 'VarChar', maxLength: 5 } },
      VECTOR,
    ]);
    expect([problems, found.columns, found.key]).toEqual([[], [2, 1, 0], 0]);
  });

  test('do not fit: a column too many, one too few, another type', () => {
    const extra = field('x', { kind: 'Bool' });
    expect(said(rows(dataset(ID, VECTOR, extra), [ID, VECTOR]).problems)).toEqual([
      'the collection has no such field -> --fields id,v',
    ]);
    expect(said(rows(dataset(ID, field('w', VECTOR.type)), [ID, VECTOR]).problems)).toEqual([
      'the collection has a field "v", FloatVector(4), that no column fills -> --rename \'w=v\'',
    ]);
    expect(said(rows(dataset(ID), [ID, VECTOR]).problems)[0]).toContain('-> --rename COLUMN=v');
    expect(
      said(rows(dataset(ID, { ...VECTOR, type: { kind: 'DoubleVector', dim: 4 } }), [ID, VECTOR]).problems),
    )
      .toEqual(["it is DoubleVector(4), and the collection has FloatVector(4) -> --cast 'v:FloatVector(4)'"]);
    const dynamic = field('$meta', { kind: 'JSON' }, { dynamic: true });
    expect(said(rows(dataset(ID, VECTOR, dynamic), [ID, VECTOR]).problems)[0]).toContain(
      'takes no keys outside',
    );
  });

  test('may lack what can be null, has a default, or is made by the server', () => {
    const made = { ...ID, autoId: true };
    const nullable = field('n', { kind: 'Int32' }, { nullable: true });
    const list = field('l', { kind: 'Array', element: { kind: 'Int64' } }, { nullable: true });
    const withDefault = field('d', { kind: 'Int64' }, { defaultValue: 5n });
    const output = field('s', { kind: 'SparseFloatVector' }, { functionOutput: true });
    const { plan: found, problems } = rows(dataset(VECTOR), [
      made,
      nullable,
      list,
      withDefault,
      VECTOR,
      output,
    ]);
    expect([problems, found.schema.fields.map((f) => f.name), found.columns, found.key]).toEqual([
      [],
      ['n', 'l', 'd', 'v'],
      [-1, -1, -1, 0],
      undefined,
    ]);
    const vectors = columnFromValues(VECTOR.type, [Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7, 8)]);
    const batch = conform(found, makeBatch({ fields: [VECTOR] }, [vectors]));
    expect(batch.columns.map((column) => [column.type.kind, column.length, column.validity?.[0]])).toEqual([
      ['Int32', 2, 0],
      ['Array', 2, 0],
      ['Int64', 2, 0],
      ['FloatVector', 2, undefined],
    ]);
    // Nulls that the data do not have are the default, as the collection says.
    refuseNullsForDefaults(found, batch);
  });

  test('do not become a default where the data say null', () => {
    const withDefault = field('d', { kind: 'Int64' }, { defaultValue: 5n, nullable: true });
    const fields = [ID, withDefault];
    const { plan: found } = rows(dataset(...fields), fields);
    const batch = makeBatch({ fields }, [
      columnFromValues({ kind: 'Int64' }, [1n, 2n]),
      columnFromValues({ kind: 'Int64' }, [7n, null]),
    ]);
    expect(() => refuseNullsForDefaults(found, batch)).toThrow('the server would store its default 5');
  });

  test('lose their ids only when the user says so', () => {
    const made = { ...ID, autoId: true };
    expect(said(rows(dataset(ID, VECTOR), [made, VECTOR]).problems)).toEqual([
      'the server makes the ids of this collection, in "id", and cannot keep these -> --auto-id new',
    ]);
    const { plan: found, problems } = rows(dataset(ID, VECTOR), [made, VECTOR], { autoId: 'new' });
    expect([problems, found.columns]).toEqual([[], [1]]);
  });

  test('go by a column to partitions, which is text', () => {
    const place = field('p', { kind: 'VarChar' });
    const { plan: found, problems } = rows(dataset(ID, place, VECTOR), [ID, VECTOR], {
      partitionColumn: 'p',
    });
    expect([problems, found.partitionColumn, found.columns]).toEqual([[], 1, [0, 2]]);
    expect(
      said(
        rows(dataset(ID, { ...place, type: { kind: 'Int8' } }, VECTOR), [ID, VECTOR], {
          partitionColumn: 'p',
        })
          .problems,
      )[0],
    ).toContain('--cast p:varchar');
  });
});
