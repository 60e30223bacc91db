/** The servers that other tests rely on: they start side by side, keep what they acknowledged over a kill, and end. */
import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listens } from '../../scripts/servers/server.ts';
import { startLite } from '../../scripts/servers/lite.ts';
import { startMilvus } from '../../scripts/servers/milvus.ts';
import { liteServer, milvusServer, runPymilvus, uniqueName } from '../support/milvus.ts';

const COUNT = `
name, = args
answer(int(client.query(name, filter='', output_fields=['count(*)'])[0]['count(*)']))
`;

const FILL = `
name, = args
schema = CollectionSchema([FieldSchema('id', DataType.INT64, is_primary=True), FieldSchema('v', DataType.FLOAT_VECTOR, dim=4)])
made = Collection(name, schema)
made.insert([list(range(1000)), np.zeros((1000, 4), np.float32)])
made.create_index('v', {'index_type': 'FLAT', 'metric_type': 'L2', 'params': {}})
made.load()
`;

test('one shared server of each kind answers pymilvus', async () => {
  for (const server of [await milvusServer(), await liteServer()]) {
    const name = uniqueName('servers');
    runPymilvus(server, FILL, name);
    expect(runPymilvus(server, COUNT, name)).toBe(1000);
    runPymilvus(server, 'client.drop_collection(args[0])', name);
  }
});

test(
  'a second Milvus runs beside the first, keeps its rows over SIGKILL, and is gone when stopped',
  async () => {
    await milvusServer();
    const dataDir = mkdtempSync(join(tmpdir(), 'vts-milvus-'));
    try {
      const first = await startMilvus({ dataDir });
      runPymilvus({ name: 'milvus', address: first.address }, FILL, 'kept');
      await first.kill();
      expect(await listens(first.port)).toBe(false);
      const second = await startMilvus({ dataDir, port: first.port });
      const server = { name: 'milvus', address: second.address } as const;
      runPymilvus(server, `Collection('kept').load()`);
      expect(runPymilvus(server, COUNT, 'kept')).toBe(1000);
      await second.stop();
      expect(await listens(second.port)).toBe(false);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
  180_000,
);

test('a Milvus with users lets only them in', async () => {
  const server = await startMilvus({ auth: true });
  const list = (token: string) =>
    runPymilvus({ name: 'milvus', address: server.address, token }, 'answer(client.list_collections())');
  try {
    expect(list('root:Milvus')).toEqual([]);
    expect(() => list('root:wrong')).toThrow('pymilvus failed');
  } finally {
    await server.stop();
  }
}, 120_000);

test('a second Lite runs beside the first and ends by SIGTERM', async () => {
  await liteServer();
  const server = await startLite();
  expect(await listens(server.port)).toBe(true);
  await server.stop();
  expect(await listens(server.port)).toBe(false);
});
