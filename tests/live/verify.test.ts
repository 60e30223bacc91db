/** Collections, copies, dumps and files of them are compared row by row, and what pymilvus changes is found, exactly. */
import { afterAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { workspace } from '../support/cli.ts';
import { liteServer, milvusServer, runPymilvus, type TestServer, uniqueName } from '../support/milvus.ts';
import { dropAll } from './import-support.ts';

/** Each with one kind of keys, as making and flushing takes long. */
const SERVERS = [[await milvusServer(), 'int'], [await liteServer(), 'text']] as const;

/** A collection with the types that both servers have, in three partitions (one of them empty) where they can be read alone. */
const MAKE = `
text_key = args[1] == 'text'
schema = client.create_schema(enable_dynamic_field=True)
if text_key: schema.add_field('id', DataType.VARCHAR, is_primary=True, max_length=64)
else: schema.add_field('id', DataType.INT64, is_primary=True)
schema.add_field('year', DataType.INT16)
schema.add_field('price', DataType.FLOAT)
schema.add_field('title', DataType.VARCHAR, max_length=100)
schema.add_field('tags', DataType.ARRAY, element_type=DataType.INT32, max_capacity=8)
schema.add_field('data', DataType.JSON)
schema.add_field('vector', DataType.FLOAT_VECTOR, dim=8)
index = client.prepare_index_params()
index.add_index('vector', index_type='FLAT', metric_type='L2')
client.create_collection(args[0], schema=schema, index_params=index)
rng = np.random.default_rng(7)
def row(i):
    return dict(id=f"k'{i}ä" if text_key else i * 7919 - 10**18, year=i % 100, price=float(np.float32(0.1) * i), title=f't{i}',
        tags=list(range(i % 5)), data={'b': [i, 2.5, None], 'a': {'text': 'ä"'}}, vector=rng.random(8).astype(np.float32).tolist(), extra=i)
for p, some in (('_default', range(0, 1500)), ('p1', range(1500, 3000)), ('empty', [])):
    if p != '_default': client.create_partition(args[0], p)
    some = [row(i) for i in some]
    if some: client.insert(args[0], some, partition_name=p)
client.flush(args[0])
client.load_collection(args[0])
`;

/** Deletes two rows, changes two in one field each, adds one. */
const CHANGE = `
rows = client.query(args[0], 'title in ["t3", "t5", "t7", "t1600"]', output_fields=['*'], consistency_level='Strong')
rows = {r['title']: {k: (v if k != 'vector' else [float(x) for x in v]) for k, v in r.items()} for r in rows}
key = lambda name: rows[name]['id']
quoted = lambda k: json.dumps(k, ensure_ascii=False) if isinstance(k, str) else str(k)
client.delete(args[0], filter=f"id in [{quoted(key('t3'))}, {quoted(key('t1600'))}]")
fresh = 'new' if isinstance(key('t3'), str) else 5
client.upsert(args[0], [{**rows['t5'], 'year': 2001}, {**rows['t7'], 'extra': 'other'}], partition_name='_default')
client.insert(args[0], [{**rows['t5'], 'id': fresh}], partition_name='_default')
client.flush(args[0])
answer([str(k) for k in (key('t3'), key('t1600'), key('t5'), key('t7'), fresh)])
`;

/** The differences in a file, by key, each as it reads: `- 7`, `* 5 year`. */
function listed(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').filter((line) => line !== '').map((line) => {
    const [, kind, key, fields] = /^\{"kind":"(\w+)","key":(-?\d+|".*?")(?:,"fields":(\[.*?\]))?/.exec(line)!;
    const shown = key.startsWith('"') ? JSON.parse(key) : key;
    return `${kind} ${shown}${fields === undefined ? '' : ` ${JSON.parse(fields)}`}`;
  }).sort();
}

for (const [server, keys] of SERVERS) {
  describe(`${server.name}, ${keys} keys`, () => compareOn(server, keys));
}

function compareOn(server: TestServer, keys: string): void {
  const [docs, copied] = [uniqueName('verify'), uniqueName('verify_copy')];
  const place = workspace();
  const end = (name: string) => `milvus://${server.address}/default/${name}`;
  afterAll(() => {
    place[Symbol.dispose]();
    dropAll(server, docs, copied);
  });

  test('a copy, an export and a dump are equal to the collection', () => {
    runPymilvus(server, MAKE, docs, keys);
    for (
      const command of [
        `copy ${end(docs)} ${end(copied)}`,
        `export ${end(docs)} docs.parquet`,
        `dump ${end(docs)} backup`,
        `verify ${end(docs)} ${end(copied)}`,
        `verify docs.parquet ${end(docs)} --id id`,
        `verify backup ${end(docs)}`,
        `verify backup milvus://${server.address}/default`,
        `verify ${end(docs)} backup --parallel 1 --batch-bytes 64KiB`,
      ]
    ) {
      const { exit, stdout, stderr } = place.run(`vts ${command}`);
      expect({ command, exit, stderr: exit === 0 ? '' : stderr }).toEqual({ command, exit: 0, stderr: '' });
      if (command.startsWith('verify')) {
        expect(stdout).toMatch(/^= 3000 equal {2}- 0 only in A {2}\+ 0 only in B {2}\* 0 differ {2}in /m);
      }
    }
  });

  test('what pymilvus changes is found, and nothing else', () => {
    const [gone, goneToo, changed, dynamic, fresh] = runPymilvus(server, CHANGE, docs) as string[];
    const expected = [
      `onlyA ${gone}`,
      `onlyA ${goneToo}`,
      `differ ${changed} year`,
      `differ ${dynamic} $meta`,
      `onlyB ${fresh}`,
    ].sort();
    for (const [i, other] of [end(copied), 'docs.parquet', 'backup'].entries()) {
      const file = `differences-${i}.jsonl`;
      const { exit, stdout, stderr } = place.run(`vts verify ${other} ${end(docs)} --differences ${file}`);
      expect(`${exit} ${exit === 4 ? '' : stderr}`).toBe('4 ');
      expect(stdout).toContain('= 2996 equal  - 2 only in A  + 1 only in B  * 2 differ (fields ');
      expect(stderr).toContain(`${file} lists the keys of all rows that differ`);
      expect(listed(place.file(file))).toEqual(expected);
    }
  });

  test('rows that moved to another partition differ, unless that does not matter', () => {
    const row = `
rows = client.query(args[0], 'title in ["t9"]', output_fields=['*'], consistency_level='Strong')
row = {k: (v if k != 'vector' else [float(x) for x in v]) for k, v in rows[0].items()}
client.delete(args[0], filter=f"id in [{json.dumps(row['id'], ensure_ascii=False)}]")
client.flush(args[0])
client.insert(args[0], [row], partition_name='p1')
client.flush(args[0])
answer(json.dumps(row['id'], ensure_ascii=False))
`;
    const key = runPymilvus(server, row, copied);
    const { exit, stdout } = place.run(`vts verify backup ${end(copied)}`);
    expect([exit, stdout]).toEqual([4, expect.stringContaining(`* ${key} ($partition)`)]);
    expect(place.run(`vts verify backup ${end(copied)} --ignore-partitions`).exit).toBe(0);
    expect(place.run(`vts verify backup ${end(copied)} --fields year --partition empty --json`).stdout)
      .toContain('"equal":0,"onlyA":0,"onlyB":0,"differ":0');
  });

  test('a collection that is gone is named, and a filter chooses rows on the server', () => {
    const gone = place.run(`vts verify backup milvus://${server.address}/default --collection ${docs}x`);
    expect([gone.exit, gone.stderr]).toEqual([6, expect.stringContaining(`has no collection "${docs}x"`)]);
    const some = place.run(`vts verify ${end(copied)} ${end(copied)} --filter 'year < 10' --json`);
    expect([some.exit, some.stdout]).toEqual([0, expect.stringContaining('"equal":300')]);
    dropAll(server, copied, docs);
    const { exit, stdout } = place.run(`vts verify backup milvus://${server.address}/default`);
    expect([exit, stdout]).toEqual([4, expect.stringContaining('! there is no such collection in B')]);
  });
}
