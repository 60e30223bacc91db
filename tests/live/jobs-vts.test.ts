/** Jobs of the Vector Transport Service against a real Milvus: its examples rewritten for local servers, and all modes. */
import { expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { milvusServer } from '../support/milvus.ts';
import { type ServerWorkspace, serverWorkspace } from './cli-server.ts';

const server = await milvusServer();
const DATABASE = 'cli_jobs_vts';
const SERVER = `url = "http://${server.address}", token = "", database = "${DATABASE}"`;
const FIRST = 9007199254740993n;

/** Runs `text` as a job; it has to succeed. @returns what it said */
function run(place: ServerWorkspace, text: string, flags = ''): string {
  writeFileSync(place.file('job.conf'), text);
  const { exit, stderr } = place.run(`vts run job.conf ${flags}`);
  expect(`${exit} ${exit === 0 ? '' : stderr}`).toBe('0 ');
  return stderr;
}

/** Runs `text`, which has to fail. */
function fails(place: ServerWorkspace, text: string): { exit: number | null; stderr: string } {
  writeFileSync(place.file('job.conf'), text);
  const { exit, stderr } = place.run('vts run job.conf');
  expect(exit).not.toBe(0);
  return { exit, stderr };
}

/** The rows of a collection as JSON lines, in the order of their ids. */
function rowsOf(place: ServerWorkspace, collection: string, flags = ''): string[] {
  const { stdout, exit, stderr } = place.run(
    `vts export milvus://localhost/default/${collection} - --load ${flags} | sort`,
  );
  expect(`${exit} ${exit === 0 ? '' : stderr}`).toBe('0 ');
  return stdout.trimEnd() === '' ? [] : stdout.trimEnd().split('\n');
}

/** Makes the collection `docs` of 40 rows with keys beyond 2^53, a dynamic field and an HNSW index. */
function makeDocs(place: ServerWorkspace, name = 'docs', rows = 40): void {
  const lines = Array.from(
    { length: rows },
    (_, i) =>
      `{"id":${FIRST + BigInt(i)},"v":[${i}.5,0.1,-1],"year":${2000 + i},"$meta":{"title":"t, ${i}","big":${
        FIRST + BigInt(i)
      },"tags":["a","b${i}"]}}`,
  );
  writeFileSync(place.file('docs.jsonl'), `${lines.join('\n')}\n`);
  writeFileSync(
    place.file('schema.json'),
    JSON.stringify({
      fields: [
        { name: 'id', type: 'Int64', primaryKey: true },
        { name: 'v', type: 'FloatVector', dim: 3 },
        { name: 'year', type: 'Int32' },
        { name: '$meta', type: 'JSON', dynamic: true },
      ],
    }),
  );
  const { exit, stderr } = place.run(
    `vts import docs.jsonl milvus://localhost/default/${name} --schema schema.json --metric L2 ` +
      `--index 'v:HNSW{M:8,efConstruction:64}' --mode replace`,
  );
  expect(`${exit} ${exit === 0 ? '' : stderr}`).toBe('0 ');
}

const milvusToMilvus = (sink: string, source = 'collections = ["docs"]', transform = '') =>
  `env {\n  parallelism = 2\n  job.mode = "BATCH"\n}\nsource {\n  Milvus {\n    ${SERVER}\n    ${source}\n    batch_size = 100\n  }\n}\n` +
  `transform { ${transform} }\nsink {\n  Milvus {\n    ${SERVER}\n    ${sink}\n  }\n}\n`;

test('the example, and what becomes of data that are there', async () => {
  await using place = await serverWorkspace(server, DATABASE);
  makeDocs(place);
  const rename = 'collection_rename { docs = copied }\n';
  run(place, milvusToMilvus(`${rename} batch_size = 10`));
  expect(rowsOf(place, 'copied')).toEqual(rowsOf(place, 'docs'));
  expect(place.run('vts inspect milvus://localhost/default/copied').stdout).toContain(
    'HNSW L2 (M 8, efConstruction 64)',
  );

  // ERROR_WHEN_DATA_EXISTS, which that tool takes and passes over.
  expect(fails(place, milvusToMilvus(`${rename} data_save_mode = ERROR_WHEN_DATA_EXISTS`))).toMatchObject({
    exit: 7,
    stderr: expect.stringContaining('has 40 rows already'),
  });
  // DROP_DATA keeps the collection as it is: its own index, not that of the source.
  place.run(
    `vts import docs.jsonl milvus://localhost/default/copied --schema schema.json --metric IP --index 'v:IVF_FLAT{nlist:16}' --mode replace`,
  );
  const filter = 'Sql { query = "select * from docs where year < 2010" }';
  run(place, milvusToMilvus(`${rename} data_save_mode = DROP_DATA`, undefined, filter));
  expect(rowsOf(place, 'copied').length).toBe(10);
  expect(place.run('vts inspect milvus://localhost/default/copied').stdout).toContain(
    'IVF_FLAT IP (nlist 16)',
  );
  // RECREATE_SCHEMA takes that of the source.
  run(place, milvusToMilvus(`${rename} schema_save_mode = RECREATE_SCHEMA`, undefined, filter));
  expect(place.run('vts inspect milvus://localhost/default/copied').stdout).toContain('HNSW L2');
  // APPEND_DATA adds.
  const rest = 'Sql { query = "select * from docs where year >= 2010 and id <> 9007199254741032" }';
  run(place, milvusToMilvus(`${rename} data_save_mode = APPEND_DATA`, undefined, rest));
  expect(rowsOf(place, 'copied')).toEqual(rowsOf(place, 'docs').slice(0, 39));
  // Neither of these makes a collection.
  for (const mode of ['ERROR_WHEN_SCHEMA_NOT_EXIST', 'IGNORE']) {
    const { exit, stderr } = fails(
      place,
      milvusToMilvus(`collection_rename { docs = gone }\nschema_save_mode = ${mode}`),
    );
    expect(exit).toBe(2);
    expect(stderr).toContain(`job.conf:17:20: There is no collection "gone"`);
  }
});

test('keys of the dynamic field become fields, exact to the last of 64 bits; transforms', async () => {
  await using place = await serverWorkspace(server, DATABASE);
  makeDocs(place);
  run(
    place,
    milvusToMilvus(`collection_rename { docs = fields }
    enable_dynamic_field = true
    field_schema = [
      {field_name = "id", data_type = 5, is_primary_key = true}
      {field_name = "vector", source_field_name = "v", data_type = 101, dimension = 3}
      {source_field_name = "metadata.title", field_name = "title", data_type = 21, max_length = 50}
      {field_name = "big", data_type = 5}
      {field_name = "tags", data_type = 22, element_type = 21, max_capacity = 5}
    ]`),
  );
  const rows = rowsOf(place, 'fields', '--fields id,title,big,tags,vector');
  expect(rows[3]).toBe(
    '{"id":9007199254740996,"title":"t, 3","big":9007199254740996,"tags":["a","b3"],"vector":[3.5,0.1,-1.0]}',
  );
  run(
    place,
    milvusToMilvus(
      'collection_rename { DOCS_x = changed }',
      undefined,
      `Copy { fields { again = year } }
       FieldRename { replacements_with_regex = [{ replace_from = "^v$", replace_to = "vector", is_regex = true }] }
       Filter { exclude_fields = ["$meta"] }
       TableRename { convert_case = UPPER, suffix = "_x" }`,
    ),
  );
  expect(rowsOf(place, 'changed')[0]).toBe(
    `{"id":${FIRST},"year":2000,"vector":[0.5,0.1,-1.0],"again":2000}`,
  );
});

test('files: out as csv, json and parquet, and in again', async () => {
  await using place = await serverWorkspace(server, DATABASE);
  makeDocs(place);
  const folder = place.file('out');
  const exportJob = (format: string, more = '') =>
    `source { Milvus { ${SERVER}, collections = [docs] } }\nsink { LocalFile { path = "${folder}/${format}", file_format_type = ${format}
      single_file_mode = true, enable_header_write = true ${more} } }`;
  for (const format of ['csv', 'json', 'parquet']) run(place, exportJob(format));
  const csv = readFileSync(`${folder}/csv/docs.csv`, 'utf8').split('\n');
  expect(csv[0]).toBe('id,v,year,$meta');
  expect(csv.length).toBe(42);
  for (const [format, name] of [['csv', 'docs.csv'], ['json', 'docs.jsonl'], ['parquet', 'docs.parquet']]) {
    run(
      place,
      `source { LocalFile { path = "${folder}/${format}/${name}", file_format_type = ${format}
        schema { table = "from_${format}", columns = [{name = id, type = bigint, nullable = false}
          {name = v, type = float_vector, columnScale = 3}, {name = year, type = int}, {name = "$meta", type = "map<string, string>"}]
          primaryKey { columnNames = [id] } } } }
       transform { Filter { include_fields = [id, v, year] } }
       sink { Milvus { ${SERVER}, create_index = false, enable_dynamic_field = false } }`,
    );
    expect(place.run(`vts inspect milvus://localhost/default/from_${format}`).stdout).toMatch(
      /id\s+Int64\s+primary key/,
    );
  }
  // A second run into the same directory adds a file; DROP_DATA replaces what is there.
  run(place, exportJob('csv'));
  expect(readFileSync(`${folder}/csv/docs_2.csv`, 'utf8')).toBe(
    readFileSync(`${folder}/csv/docs.csv`, 'utf8'),
  );
  expect(fails(place, exportJob('csv', ', data_save_mode = ERROR_WHEN_DATA_EXISTS')).stderr).toContain(
    'There are files in',
  );
});

test('--print, --dry-run, --resume, and all collections of a database', async () => {
  await using place = await serverWorkspace(server, DATABASE);
  makeDocs(place);
  makeDocs(place, 'more', 5);
  const job = milvusToMilvus('collection_rename { docs = docs_new, more = more_new }', '').replace(
    'token = ""',
    'token = "${TOKEN:}"',
  );
  writeFileSync(place.file('job.conf'), job);
  const printed = place.run('vts run job.conf --print', { TOKEN: 'verysecret' });
  expect(printed.stdout).not.toContain('verysecret');
  expect(printed.stdout.match(/verb: copy/g)?.length).toBe(2);
  expect(place.run('vts run job.conf --dry-run').exit).toBe(0);
  expect(place.run('vts inspect milvus://localhost/default/docs_new').exit).toBe(6);
  writeFileSync(place.file('own.yaml'), place.run('vts run job.conf --print').stdout);
  const ran = place.run('vts run own.yaml');
  expect(`${ran.exit} ${ran.exit === 0 ? '' : ran.stderr}`).toBe('0 ');
  expect(rowsOf(place, 'docs_new')).toEqual(rowsOf(place, 'docs'));
  expect(rowsOf(place, 'more_new').length).toBe(5);
});
