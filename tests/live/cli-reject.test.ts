/** A reject file imports again as it is, once its rows are mended. */
import { expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { milvusServer, runPymilvus } from '../support/milvus.ts';
import { serverWorkspace } from './cli-server.ts';

const MAKE = `
client = MilvusClient(uri=uri, db_name=args[0])
schema = CollectionSchema([
    FieldSchema('id', DataType.INT64, is_primary=True), FieldSchema('n', DataType.INT32), FieldSchema('f', DataType.FLOAT),
    FieldSchema('text', DataType.VARCHAR, max_length=8), FieldSchema('v', DataType.FLOAT_VECTOR, dim=4),
])
index = client.prepare_index_params('v', index_type='FLAT', metric_type='L2')
client.create_collection('docs', schema=schema, index_params=index)
`;

const ROWS = [
  '{"id":1,"n":5,"f":0.1,"text":"ok","v":[1,2,3,4]}',
  '{"id":9007199254740993,"n":6,"f":0.2,"text":"far too long","v":[1,2,3,4]}',
  '{"id":3,"n":7,"f":0.3,"text":"ok","v":[1,2,3,4.5]}',
];

test('refused rows go to a file with the reason, and the mended file into the collection', async () => {
  const server = await milvusServer();
  await using place = await serverWorkspace(server, `reject_${process.pid}`);
  runPymilvus(server, MAKE, `reject_${process.pid}`);
  writeFileSync(place.file('in.jsonl'), `${ROWS.join('\n')}\n`);
  const target = 'milvus://localhost/default/docs';
  const first = place.run(
    `vts import in.jsonl ${target} --mode append --on-error reject --reject-file bad.jsonl --json`,
  );
  expect(first.exit).toBe(3);
  expect(first.stdout).toContain('"rowsRejected":1');
  const bad = readFileSync(place.file('bad.jsonl'), 'utf8');
  expect(JSON.parse(bad)).toMatchObject({ text: 'far too long', $reject: expect.stringContaining('length') });
  expect(bad).toContain('"id":9007199254740993');
  writeFileSync(place.file('bad.jsonl'), bad.replace('far too long', 'short'));
  const second = place.run(`vts import bad.jsonl ${target} --mode append`);
  expect({ exit: second.exit, stderr: second.stderr }).toMatchObject({
    exit: 0,
    stderr: expect.stringContaining('"$reject", which says why rows were refused, is left out'),
  });
  const { stdout } = place.run(`vts export ${target} - --fields id,n,text`);
  expect(stdout.trim().split('\n')).toEqual([
    '{"id":1,"n":5,"text":"ok"}',
    '{"id":3,"n":7,"text":"ok"}',
    '{"id":9007199254740993,"n":6,"text":"short"}',
  ]);
});
