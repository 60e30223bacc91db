/** Every key of the Vector Transport Service's jobs, as flags; what is not supported, with its place. */
import { describe, expect, test } from 'bun:test';
import type { FlagValue } from '../../src/jobs/job.ts';
import { copyJob, problemsOf, readVts, stepOf, WORLD } from './vts-support.ts';

type Flags = Record<string, FlagValue>;

/** What a plain copy has, whatever its keys. */
const PLAIN: Flags = { load: true, mode: 'append', 'create-missing': true, 'target-token': 'secret' };

describe('Milvus to Milvus', () => {
  test('a collection into one of the same name', async () => {
    expect(await stepOf(copyJob({}))).toMatchObject({
      verb: 'copy',
      from: ['milvus://here:19530/default/docs'],
      to: 'milvus+tls://there:19530/default/docs',
      flags: PLAIN,
      at: { line: 5, column: 8 },
      places: { from: { line: 2 }, to: { line: 5 } },
    });
    expect((await stepOf(copyJob({}))).flags).toEqual(PLAIN);
  });

  test('all collections where none is named, and the tool makes ids anew', async () => {
    const { steps, notes } = await readVts(copyJob({ source: '' }));
    expect(steps.map(({ to, flags }) => [to, flags['auto-id']])).toEqual([
      ['milvus+tls://there:19530/default/docs', undefined],
      ['milvus+tls://there:19530/default/made', 'new'],
    ]);
    expect(notes).toEqual([expect.stringContaining('makes the ids of "made" anew')]);
  });

  const sources: readonly [keys: string, flags: Flags][] = [
    ['collections = [docs], parallelism = 4', { parallel: 4 }],
    ['collections = [docs], parallelism = 1000', { parallel: 64 }],
    ['collections = docs', {}],
    ['collection = docs', {}],
    ['collections = [docs], database = ""', {}],
    ['collections = [docs], batch_size = 10000', { 'batch-bytes': 2040000 }],
    ['collections = [docs], batch_size = 1', { 'batch-bytes': 65536 }],
    ['collections = [docs], rate_limit = 1000000', {}],
    ['collections = [docs], ca_pem_path = "ca.pem"', { 'ca-cert': 'ca.pem' }],
    ['collections = [docs], client_pem_path = a, client_key_path = b, server_name = c', {
      'client-cert': 'a',
      'client-key': 'b',
      'server-name': 'c',
    }],
  ];
  for (const [source, flags] of sources) {
    test(`source: ${source}`, async () => {
      const step = await stepOf(copyJob({ source }));
      expect(step.flags).toEqual({ ...PLAIN, ...flags });
      expect(step.from[0].startsWith('milvus+tls:')).toBe(source.includes('pem'));
    });
  }

  const sinks: readonly [keys: string, flags: Flags][] = [
    ['schema_save_mode = RECREATE_SCHEMA', { mode: 'replace' }],
    ['schema_save_mode = RECREATE_SCHEMA, data_save_mode = DROP_DATA', { mode: 'replace' }],
    ['data_save_mode = DROP_DATA', { mode: 'replace-rows' }],
    ['data_save_mode = ERROR_WHEN_DATA_EXISTS', { mode: 'create' }],
    ['schema_save_mode = CREATE_SCHEMA_WHEN_NOT_EXIST, data_save_mode = APPEND_DATA', {}],
    ['schema_save_mode = ERROR_WHEN_SCHEMA_NOT_EXIST', { mode: 'append' }],
    ['schema_save_mode = IGNORE, data_save_mode = drop_data', { mode: 'replace-rows' }],
    ['enable_upsert = true', { mode: 'upsert' }],
    ['create_index = false', { 'no-index': true }],
    ['create_index = true', {}],
    ['enable_dynamic_field = true', { dynamic: true }],
    ['enable_dynamic_field = false', { fields: ['id', 'title', 'year', 'v', 'parts'] }],
    ['struct_fields = [parts]', { fields: ['id', 'title', 'year', 'v', 'parts', '$meta'] }],
    ['struct_fields = [others]', { fields: ['id', 'title', 'year', 'v', '$meta'] }],
    ['consistency_level = STRONG', { consistency: 'Strong' }],
    ['shard_num = 2', { shards: 2 }],
    ['enable_auto_id = true', { 'auto-id': 'new' }],
    ['partition_key = title', { 'partition-key': 'title' }],
    ['batch_size = 500', { 'batch-bytes': 102000 }],
    ['geometry_convert_mode = passthrough, geometry_string_coord_order = lon_lat', {}],
    ['geometry_convert_mode = parse', {}],
    ['client_pem_path = a, ca_pem_path = b', { 'target-client-cert': 'a', 'target-ca-cert': 'b' }],
    ['load_collection = true, batch_interval = 10, rate_limit = 1', {}],
  ];
  for (const [sink, flags] of sinks) {
    test(`sink: ${sink}`, async () => {
      const expected: Flags = { ...PLAIN, ...flags };
      if (flags.mode !== undefined && flags.mode !== 'upsert') delete expected['create-missing'];
      expect((await stepOf(copyJob({ sink }))).flags).toEqual(expected);
    });
  }

  test('env.parallelism holds where the source says nothing', async () => {
    expect((await stepOf(copyJob({ env: 'parallelism = 3, job.mode = BATCH, job.name = x' }))).flags.parallel)
      .toBe(3);
    expect(
      (await stepOf(copyJob({ env: 'parallelism = 3', source: 'collections=[docs], parallelism=2' }))).flags
        .parallel,
    )
      .toBe(2);
  });

  test('names of targets', async () => {
    expect((await stepOf(copyJob({ sink: 'database = other, collection_rename { docs = "docs_2" }' }))).to)
      .toBe(
        'milvus+tls://there:19530/other/docs_2',
      );
    const { steps, notes } = await readVts(copyJob({ sink: 'collection_rename { docs = my-docs }' }));
    expect(steps[0].to).toEndWith('/my_docs');
    expect(notes).toEqual(['the collection "my-docs" is called "my_docs", as Milvus has no - in names']);
  });

  test('JSON, with plugin_name', async () => {
    const json = JSON.stringify({
      env: { 'job.mode': 'BATCH' },
      source: [{ plugin_name: 'Milvus', url: 'http://here:19530', token: '', collections: ['docs'] }],
      sink: [{ plugin_name: 'Milvus', url: 'https://there', token: 'secret' }],
    });
    expect((await stepOf(json)).flags).toEqual(PLAIN);
  });
});

describe('field_schema', () => {
  const flagsOf = async (fields: string, sink = '') => {
    const { flags } = await stepOf(copyJob({ sink: `field_schema = [${fields}]\n${sink}` }));
    const { load: _, mode: _m, 'create-missing': _c, 'target-token': _t, ...rest } = flags;
    return rest;
  };
  const KEY = '{field_name = id, data_type = 5, is_primary_key = true}';
  const V = '{field_name = v, data_type = 101, dimension = 8}';

  test('only what it names, under new names and types', async () => {
    expect(
      await flagsOf(
        `${KEY}, ${V}, {field_name = name, source_field_name = title, data_type = 21, max_length = 300}`,
      ),
    )
      .toEqual({
        fields: ['id', 'v', 'title', '$meta'],
        rename: { title: 'name' },
        cast: { name: 'varchar(300)' },
      });
    expect(
      await flagsOf(
        `${KEY}, {field_name = v, data_type = 102, dimension = 8}, {field_name = year, data_type = 5}`,
      ),
    )
      .toEqual({ fields: ['id', 'v', 'year', '$meta'], cast: { v: 'Float16Vector(8)', year: 'int64' } });
  });

  test('keys of the dynamic field', async () => {
    expect(
      await flagsOf(
        `${KEY}, ${V}, {source_field_name = "metadata.lang", field_name = lang, data_type = 21, max_length = 8},
         {field_name = big, data_type = 5}, {field_name = tags, data_type = 22, element_type = 21, max_capacity = 10}`,
        'enable_dynamic_field = false',
      ).catch((error) => error.message),
    ).toContain('no dynamic field');
    expect(
      await flagsOf(
        `${KEY}, ${V}, {source_field_name = "metadata.lang", field_name = lang, data_type = 21, max_length = 8},
         {field_name = big, data_type = 5}, {field_name = tags, data_type = 22, element_type = 21, max_capacity = 10}`,
      ),
    ).toEqual({
      fields: ['id', 'v', '$meta'],
      add: { lang: '$meta.lang:varchar(8)', big: '$meta.big:int64', tags: '$meta.tags:array<varchar>(10)' },
    });
  });

  test('properties, keys and ids', async () => {
    expect(
      await flagsOf(
        `{field_name = id, data_type = 5, is_primary_key = true, auto_id = true}, ${V},
         {field_name = title, data_type = 21, max_length = 100, is_nullable = true, default_value = "x, y", is_partition_key = true
          enable_analyzer = true, analyzer_params { type = english }, enable_match = true}`,
      ),
    ).toEqual({
      fields: ['id', 'v', 'title', '$meta'],
      set: [
        'title{nullable:"true",default:"x, y",enable_analyzer:"true",enable_match:"true",analyzer_params:"{\\"type\\":\\"english\\"}"}',
      ],
      'auto-id': 'new',
      'partition-key': 'title',
    });
  });

  test('every number of a type', async () => {
    for (
      const [number, text] of [
        [1, 'bool'],
        [2, 'int8'],
        [3, 'int16'],
        [4, 'int32'],
        [10, 'float32'],
        [11, 'float64'],
        [20, 'varchar'],
        [23, 'json'],
        [24, 'geometry'],
        [26, 'timestamptz'],
        [104, 'SparseFloatVector'],
      ]
    ) {
      expect((await flagsOf(`${KEY}, {field_name = k, data_type = ${number}}`)).add).toEqual({
        k: `$meta.k:${text}`,
      });
    }
    for (
      const [number, text] of [[100, 'BinaryVector'], [101, 'FloatVector'], [103, 'BFloat16Vector'], [
        105,
        'Int8Vector',
      ]]
    ) {
      expect((await flagsOf(`${KEY}, {field_name = k, data_type = ${number}, dimension = 16}`)).add).toEqual({
        k: `$meta.k:${text}(16)`,
      });
    }
  });
});

describe('transforms', () => {
  const flagsOf = async (transform: string) => {
    const { flags } = await stepOf(copyJob({ transform }));
    const { load: _, mode: _m, 'create-missing': _c, 'target-token': _t, ...rest } = flags;
    return rest;
  };
  const ALL = ['id', 'title', 'year', 'v', 'parts', '$meta'];
  const cases: readonly [transform: string, flags: Flags][] = [
    ['FieldMapper { field_mapper { id = key, v = v, title = name } }', {
      fields: ['id', 'v', 'title'],
      rename: { id: 'key', title: 'name' },
    }],
    ['Filter { include_fields = [v, id] }', { fields: ['id', 'v'] }],
    ['Filter { exclude_fields = [parts, "$meta"] }', { fields: ['id', 'title', 'year', 'v'] }],
    ['Copy { fields { name = title, when = year } }', { add: { name: 'title', when: 'year' } }],
    ['Copy { src_field = title, dest_field = name }', { add: { name: 'title' } }],
    ['FieldRename { convert_case = UPPER, prefix = "f_", suffix = "_s" }', {
      fields: ALL,
      rename: { id: 'f_ID_s', title: 'f_TITLE_s', year: 'f_YEAR_s', v: 'f_V_s', parts: 'f_PARTS_s' },
    }],
    ['FieldRename { replacements_with_regex = [{replace_from = title, replace_to = Name}] }', {
      fields: ALL,
      rename: { title: 'Name' },
    }],
    ['FieldRename { replacements_with_regex = [{replace_from = "t", replace_to = "-", is_regex = true}] }', {
      fields: ALL,
      rename: { title: '-i-le', parts: 'par-s' },
    }],
    ['FieldRename { specific = [{field_name = v, target_name = vector}] }', {
      fields: ALL,
      rename: { v: 'vector' },
    }],
    ['Sql { query = "select id, v as vector, title from docs" }', {
      fields: ['id', 'v', 'title'],
      rename: { v: 'vector' },
    }],
    ["Sql { query = \"select * from docs where year >= ${YEAR} and title <> 'it''s'\" }", {
      fields: ALL,
      filter: '(year >= 2020) and (title != "it\'s")',
    }],
    ['Sql { query = "SELECT id, v, v AS w FROM docs WHERE id = 9007199254740993;" }', {
      fields: ['id', 'v'],
      add: { w: 'v' },
      filter: 'id == 9007199254740993',
    }],
    [
      'FieldMapper { field_mapper { id = k, v = v, year = y } }\nSql { query = "select k, v from t where y between 1 and 5" }',
      {
        fields: ['id', 'v'],
        rename: { id: 'k' },
        filter: '(year >= 1) and (year <= 5)',
      },
    ],
    ['Sql { query = "select * from t where id > 1" }\nSql { query = "select * from t where id < 9" }', {
      fields: ALL,
      filter: '(id > 1) and (id < 9)',
    }],
    ['Filter { table_match_regex = "default.d.*", include_fields = [id, v] }', { fields: ['id', 'v'] }],
    ['Filter { table_match_regex = "other.*", include_fields = [id, v] }', {}],
    ['Filter { table_transform = [{table_path = "default.docs", include_fields = [id, v]}] }', {
      fields: ['id', 'v'],
    }],
  ];
  for (const [transform, flags] of cases) {
    test(transform, async () => expect(await flagsOf(transform)).toEqual(flags));
  }

  test('TableRename', async () => {
    const step = await stepOf(copyJob({ transform: 'TableRename { convert_case = UPPER, prefix = "T_" }' }));
    expect(step.to).toEndWith('/T_DOCS');
  });

  test('plugin_input and plugin_output choose who reads what', async () => {
    const { steps } = await readVts(`
source {
  Milvus { url = "http://here:19530", token = "", collections = [docs], plugin_output = a }
  Milvus { url = "http://here:19530", token = "", collections = [made], result_table_name = b }
}
transform { Filter { plugin_input = a, plugin_output = c, include_fields = [id, v] } }
sink {
  Milvus { url = "http://x:1", token = "", plugin_input = c }
  Milvus { url = "http://y:1", token = "", plugin_input = [a, b] }
}`);
    expect(steps.map(({ from, to, flags }) => [from[0].slice(-4), to, flags.fields])).toEqual([
      ['docs', 'milvus://x:1/default/docs', ['id', 'v']],
      ['docs', 'milvus://y:1/default/docs', undefined],
      ['made', 'milvus://y:1/default/made', undefined],
    ]);
  });
});

describe('files', () => {
  const FROM = 'LocalFile { path = "/data/docs.parquet", file_format_type = parquet }';
  const INTO = 'Milvus { url = "http://there:19530", token = "" }';
  const job = (source: string, sink: string, transform = '') =>
    `source { ${source} }\ntransform { ${transform} }\nsink { ${sink} }`;

  test('into Milvus: a name from the schema, ids of the server, no index that nobody described', async () => {
    const { steps, notes } = await readVts(job(FROM, INTO));
    expect(steps).toMatchObject([{
      verb: 'import',
      from: ['/data/docs.parquet'],
      to: 'milvus://there:19530/default/default',
      flags: {
        from: 'parquet',
        'auto-id': 'new',
        dynamic: true,
        'no-index': true,
        mode: 'append',
        'create-missing': true,
      },
    }]);
    expect(notes.length).toBe(2);
  });

  test('into Milvus, with the parallelism of the job', async () => {
    expect((await stepOf(`env { parallelism = 2 }\n${job(FROM, INTO)}`)).flags.parallel).toBe(2);
  });

  test('the types of a schema', async () => {
    const { flags, to } = await stepOf(job(
      `LocalFile { path = "d.csv", file_format_type = csv, skip_header_row_number = 1, field_delimiter = ",", encoding = "utf-8"
        schema { table = "db.docs", columns = [
          {name = id, type = bigint}, {name = v, type = float_vector, columnScale = 8}, {name = t, type = "array<string>"}
          {name = s, type = sparse_float_vector}, {name = m, type = "map<string, int>"} ], primaryKey { name = pk, columnNames = [id] } } }`,
      INTO,
    ));
    expect(to).toEndWith('/docs');
    expect(flags).toMatchObject({ from: 'csv', id: 'id' });
    expect(JSON.parse(flags.schema as string)).toEqual({
      fields: [
        { name: 'id', nullable: false, type: 'Int64' },
        { name: 'v', nullable: true, type: 'FloatVector', dim: 8 },
        { name: 't', nullable: true, type: 'Array', element: { type: 'VarChar' } },
        { name: 's', nullable: true, type: 'SparseFloatVector' },
        { name: 'm', nullable: true, type: 'JSON' },
      ],
    });
    const plain = await stepOf(
      job(
        'LocalFile { path = "d.json", file_format_type = json, schema { fields { a = int, b = string } } }',
        INTO,
      ),
    );
    expect(plain.flags).toMatchObject({ from: 'jsonl', schema: expect.stringContaining('"Int32"') });
  });

  test('several tables, and columns of a file', async () => {
    const { steps } = await readVts(job(
      `LocalFile { tables_configs = [
        {path = "/a", file_format_type = parquet, schema { table = a }, read_columns = [v]}
        {path = "/b", file_format_type = parquet, schema { table = b }} ] }`,
      INTO,
    ));
    expect(steps.map(({ from, to, flags }) => [from[0], to!.slice(-1), flags.fields])).toEqual([
      ['/a', 'a', ['v']],
      ['/b', 'b', undefined as never],
    ]);
  });

  const sinks: readonly [keys: string, to: string, flags: Flags][] = [
    ['path = "/out"', '/out/', { to: 'csv', layout: 'no-header', 'part-size': '256MiB' }],
    ['path = "/out/${table_name}", file_format_type = parquet, compress_codec = zstd', '/out/docs/', {
      to: 'parquet',
      compression: 'zstd',
      'part-size': '256MiB',
    }],
    [
      'path = "/out", file_format_type = csv, enable_header_write = true, single_file_mode = true',
      '/out/docs.csv',
      {
        to: 'csv',
      },
    ],
    [
      'path = "/out", file_format_type = json, custom_filename = true, file_name_expression = "${transactionId}_x"',
      '/out/x.jsonl',
      {
        to: 'jsonl',
      },
    ],
    [
      'path = "/out", file_format_type = json, single_file_mode = true, filename_extension = ".json"',
      '/out/docs.json',
      {
        to: 'jsonl',
      },
    ],
    ['path = "/full", file_format_type = parquet', '/full/docs_3.parquet', { to: 'parquet' }],
    ['path = "/full", file_format_type = parquet, data_save_mode = DROP_DATA', '/full/', {
      to: 'parquet',
      overwrite: true,
      'part-size': '256MiB',
    }],
    [
      'path = "/out", file_format_type = parquet, sink_columns = [v, id], single_file_mode = true',
      '/out/docs.parquet',
      {
        to: 'parquet',
        fields: ['v', 'id'],
      },
    ],
    [
      'path = "/out", file_format_type = parquet, tmp_path = "/tmp", is_enable_transaction = true, batch_size = 5',
      '/out/',
      {
        to: 'parquet',
        'part-size': '256MiB',
      },
    ],
  ];
  for (const [keys, to, flags] of sinks) {
    test(`from Milvus: ${keys}`, async () => {
      const step = await stepOf(
        job(
          'Milvus { url = "http://here:19530", token = "", collections = [docs] }',
          `LocalFile { ${keys} }`,
        ),
      );
      expect(step).toMatchObject({ verb: 'export', to });
      expect(step.flags).toEqual({
        load: true,
        ...flags,
        ...(to.startsWith('/full') ? {} : { parents: true }),
      });
    });
  }

  test('to files', async () => {
    const step = await stepOf(
      job(
        FROM,
        'LocalFile { path = "/out", file_format_type = csv, single_file_mode = true, enable_header_write = true }',
        'Filter { include_fields = [title] }',
      ),
    );
    expect(step).toMatchObject({
      verb: 'convert',
      to: '/out/default.csv',
      flags: { from: 'parquet', to: 'csv', fields: ['title'] },
    });
  });

  test('a run that goes on finds its own files', async () => {
    const step = await stepOf(
      job(
        'Milvus { url = "http://here:19530", token = "", collections = [docs] }',
        'LocalFile { path = "/full", file_format_type = parquet, data_save_mode = ERROR_WHEN_DATA_EXISTS }',
      ),
      { ...WORLD, resuming: true },
    );
    expect(step.to).toBe('/full/');
  });
});

describe('what is not supported is named with its place, all at once', () => {
  test('a job with much of it', async () => {
    expect(
      await problemsOf(`env {
  job.mode = "STREAMING"
  paralelism = 2
}
source {
  Pinecone { api_key = "x" }
  Milvus { url = "http://a:1", token = "", collectoins = [x] }
}
transform {
  Embedding { model = x }
  Filter { include_fields = [a], exclude_fields = [b] }
}
sink {
  Milvus { url = "nowhere/at/all", token = ""
    bulk_writer_config { minio_url = "x" }
    data_save_mode = DELETE
    shard_num = many
  }
}
more { }
`),
    ).toEqual([
      '2:14: Streaming jobs are not supported',
      '3:3: env has no key "paralelism"',
      '6:3: The source Pinecone is not supported',
      '7:44: source Milvus has no key "collectoins"',
      '10:3: The transform Embedding is not supported',
      '11:3: transform Filter takes one of "include_fields" and "exclude_fields"',
      '14:18: "nowhere/at/all" is no address of a server',
      '15:5: sink Milvus: "bulk_writer_config" is not supported',
      '16:22: "data_save_mode" is no "DELETE"',
      '17:17: "shard_num" is a whole number from 1 on, not "many"',
      '20:1: A job has no "more"',
    ]);
  });

  const sink = (keys: string) => copyJob({ sink: keys });
  const transform = (blocks: string) => copyJob({ transform: blocks });
  const file = (keys: string) =>
    `source { LocalFile { ${keys} } }\nsink { Milvus { url = "http://a:1", token = "" } }`;
  const out = (keys: string) =>
    `source { Milvus { url = "http://a:1", token = "", collections = [docs] } }\nsink { LocalFile { ${keys} } }`;
  const cases: readonly [text: string, problem: string][] = [
    ...[
      'function_list = [{name = f}]',
      'collection_description { docs = x }',
      'partition_num = 8',
      'timezone = UTC',
      'bulk_writer_config { a = b }',
      'skip_null_vector_rows = true',
    ]
      .map((
        keys,
      ): [string, string] => [sink(keys), `6:1: sink Milvus: "${keys.split(' ')[0]}" is not supported`]),
    [sink('server_pem_path = x'), '6:19: That tool itself does not read "server_pem_path"'],
    [
      sink('schema_save_mode = ERROR_WHEN_SCHEMA_NOT_EXIST, collection_rename { docs = gone }'),
      '6:20: There is no collection "gone" in the database "default", and ERROR_WHEN_SCHEMA_NOT_EXIST makes none',
    ],
    [
      sink('schema_save_mode = RECREATE_SCHEMA, data_save_mode = ERROR_WHEN_DATA_EXISTS'),
      '6:54: RECREATE_SCHEMA drops the rows, ERROR_WHEN_DATA_EXISTS keeps them',
    ],
    [sink('collection_rename = [a]'), '6:21: "collection_rename" is a map of names: { old = new }'],
    [sink('field_schema = [{field_name = a}]'), '6:17: sink Milvus: field_schema: "data_type" is missing'],
    [
      sink('field_schema = [{field_name = v, data_type = 101}]'),
      '6:17: sink Milvus: field_schema: "dimension" is missing',
    ],
    [sink('field_schema = [{field_name = v, data_type = 99}]'), '6:46: There is no type 99'],
    [
      sink('field_schema = [{field_name = v, data_type = 22}]'),
      '6:17: An array needs a scalar "element_type"',
    ],
    [
      sink('field_schema = [{field_name = year, data_type = 26, timezone = UTC}]'),
      '6:53: sink Milvus: field_schema: "timezone" is not supported',
    ],
    [
      copyJob({ source: 'collections = [docs, gone]' }),
      '3:15: There is no collection "gone" in the database "default" of milvus://here:19530',
    ],
    [
      copyJob({ source: 'collections = [docs], batch_size = 0' }),
      '3:36: "batch_size" is a whole number from 1 on, not "0"',
    ],
    [copyJob({ env: 'shade.identifier = base64' }), '1:7: env: "shade.identifier" is not supported'],
    [
      transform('Filter { include_fields = [nope] }'),
      'The table "docs" has no column "nope"',
    ],
    [transform('FieldMapper { field_mapper { nope = x } }'), 'The table "docs" has no column "nope"'],
    [transform('FieldMapper { }'), 'transform FieldMapper: "field_mapper" is missing'],
    [transform('Copy { fields { a = nope } }'), 'The table "docs" has no column "nope"'],
    [transform('Copy { }'), 'transform Copy: "fields" is missing'],
    [transform('FieldRename { }'), 'transform FieldRename changes no name'],
    [
      transform('FieldRename { replacements_with_regex = [{replace_from = "(", is_regex = true}] }'),
      '"(" is no regular expression',
    ],
    [transform('Filter { include_fields = [id], table_match_regex = "(" }'), '"(" is no regular expression'],
    [
      transform('Sql { query = "select count(*) from docs" }'),
      'At character 13 of the query: found "(", and functions such as count() are not supported: name columns only',
    ],
    [
      transform('Sql { query = "select id from a join b" }'),
      'At character 18 of the query: found "join", expected the end',
    ],
    [transform('Sql { query = "select nope from docs" }'), 'The table "docs" has no column "nope"'],
    [
      transform('Filter { plugin_input = nobody, include_fields = [id] }'),
      'No block before this transform gives "nobody"',
    ],
    [transform('Filter { include_fields = [id], includes = [x] }'), 'transform Filter has no key "includes"'],
    [file('path = "/a", file_format_type = orc'), 'Files of the format orc are not supported'],
    [file('path = "/a", file_format_type = csv, encoding = gbk'), 'The encoding gbk is not supported'],
    [
      file('path = "/a", file_format_type = csv, field_delimiter = "#"'),
      'The delimiter "#" is not supported',
    ],
    [
      file('path = "/a", file_format_type = csv, file_filter_pattern = ".*"'),
      'source LocalFile: "file_filter_pattern" is not supported',
    ],
    [
      file('path = "/a", file_format_type = csv, schema { fields { v = float_vector } }'),
      'The type float_vector is not supported',
    ],
    [file('file_format_type = csv'), 'source LocalFile: "path" is missing'],
    [
      file('path = "/a", file_format_type = parquet, read_columns = [nope]'),
      'There is no column "nope" in /a',
    ],
    [
      file('path = "/a", file_format_type = csv, skip_header_row_number = 2'),
      '2 lines before the rows are not supported',
    ],
    [out('path = "/a", file_format_type = xml'), 'Files of the format xml are not supported'],
    [
      out('path = "/a", partition_by = [x], have_partition = true'),
      'sink LocalFile: "partition_by" is not supported',
    ],
    [
      out('path = "/a", custom_filename = true, file_name_expression = "${now}"'),
      'A name with ${now} is another one in each run',
    ],
    [out('path = "/a", compress_codec = lzo'), 'The codec lzo is not supported'],
    [out('path = "/a", csv_string_quote_mode = ALL'), 'Quotes are written as MINIMAL says, not ALL'],
    [out('path = "/full", data_save_mode = ERROR_WHEN_DATA_EXISTS'), 'There are files in /full already'],
    [out('path = "/a", schema_save_mode = IGNORE'), 'There is no directory /a, and IGNORE makes none'],
    ['sink { Milvus { url = "http://a:1", token = "" } }', 'The job has no source'],
    [
      'source { Milvus { url = "http://a:1", token = "" } }\nsink { Console { } }',
      'The sink Console is not supported',
    ],
    [
      'source = x\nsink { Milvus { url = "http://a:1", token = "" } }',
      '1:1: "source" is an object of blocks',
    ],
    [
      `source {\n Milvus { url = "http://a:1", token = "" }\n Milvus { url = "http://b:1", token = "" }\n}\nsink { Milvus { url = "http://c:1", token = "" } }`,
      '2:2: Nothing reads what this source gives',
    ],
  ];
  for (const [text, problem] of cases) {
    test(problem, async () => expect((await problemsOf(text)).join('\n')).toContain(problem));
  }

  test('WHERE over a file', async () => {
    const text =
      'source { LocalFile { path = "/a", file_format_type = parquet } }\ntransform { Sql { query = "select v from t where year > 1" } }\nsink { Milvus { url = "http://a:1", token = "" } }';
    expect((await problemsOf(text)).join('\n')).toContain('WHERE chooses rows of a Milvus source only');
  });

  test('secrets are in no message', async () => {
    const text = copyJob({ sink: 'tokne = "${TOKEN}"' });
    const problems = (await problemsOf(text)).join('\n');
    expect(problems).toContain('sink Milvus has no key "tokne"');
    expect(problems).not.toContain('secret');
  });
});
