/** The servers that other tests rely on: they start side by side, keep what they acknowledged over a kill, and end. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { credentials, Metadata } from '@grpc/grpc-js';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Authority, makeAuthority } from '../../scripts/servers/certificates.ts';
import { startLite } from '../../scripts/servers/lite.ts';
import { RESTARTABLE, startMilvus } from '../../scripts/servers/milvus.ts';
import { listens, type RunningServer } from '../../scripts/servers/server.ts';
import { liteServer, milvusServer, runPymilvus, type TestServer, uniqueName } from '../support/milvus.ts';
import {
  decodeReply,
  encodeRequest,
  type GrpcClient,
  grpcClient,
  type Members,
} from '../support/milvus-grpc.ts';

const FILL = `
schema = CollectionSchema([
    FieldSchema('id', DataType.INT64, is_primary=True),
    FieldSchema('v', DataType.FLOAT_VECTOR, dim=4),
])
index = client.prepare_index_params('v', index_type='FLAT', metric_type='L2')
client.create_collection(args[0], schema=schema, index_params=index)
client.insert(args[0], [{'id': i, 'v': [i, 0, 0, 0]} for i in range(1000)])
`;

const COUNT = `
[row] = client.query(args[0], filter='', output_fields=['count(*)'], consistency_level='Strong')
answer(row['count(*)'])
`;

/** A server of a test's own, as {@linkcode runPymilvus} takes it. */
function asTestServer({ address }: RunningServer): TestServer {
  return { name: 'milvus', address };
}

/** Polls for what happens soon. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!await condition()) await new Promise((done) => setTimeout(done, 50));
}

test.each([['milvus', milvusServer], ['lite', liteServer]] as const)(
  'the shared %s server answers pymilvus',
  async (_, start) => {
    const code = `${FILL}${COUNT}client.drop_collection(args[0])`;
    expect(runPymilvus(await start(), code, uniqueName('servers'))).toBe(1000);
  },
);

test('a second Milvus runs beside the first, keeps its rows over SIGKILL, and is gone when stopped', async () => {
  await milvusServer();
  const dataDir = mkdtempSync(join(tmpdir(), 'vts-milvus-'));
  const server = await startMilvus({ dataDir, settings: RESTARTABLE });
  const { pid } = server;
  runPymilvus(asTestServer(server), FILL, 'kept');
  await server.kill();
  expect(await listens(server.port)).toBe(false);
  await server.restart();
  expect(server.pid).not.toBe(pid);
  expect(runPymilvus(asTestServer(server), `client.load_collection(args[0])${COUNT}`, 'kept')).toBe(1000);
  await server.stop();
  expect(await listens(server.port)).toBe(false);
  expect(existsSync(server.log)).toBe(true);
  rmSync(dataDir, { recursive: true });
});

test('a second Lite runs beside the first, keeps its rows over SIGKILL, and takes its data along', async () => {
  await liteServer();
  const server = await startLite();
  runPymilvus(asTestServer(server), FILL, 'kept');
  await server.kill();
  expect(await listens(server.port)).toBe(false);
  await server.restart();
  expect(runPymilvus(asTestServer(server), `client.load_collection(args[0])${COUNT}`, 'kept')).toBe(1000);
  await server.stop();
  expect(await listens(server.port)).toBe(false);
  expect(existsSync(server.dataDir)).toBe(false);
});

describe('settings of Milvus', () => {
  let folder: string;
  let authority: Authority;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vts-certificates-'));
    authority = makeAuthority(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The status of the reply, or what gRPC says. */
  async function listDatabases(client: GrpcClient, token?: string): Promise<unknown> {
    const metadata = new Metadata();
    if (token !== undefined) metadata.set('authorization', Buffer.from(token).toString('base64'));
    try {
      const reply = await client.call('ListDatabases', new Uint8Array(), metadata, 5000);
      return (decodeReply('ListDatabases', reply).dbNames as string[]).join();
    } catch (error) {
      return `${error}`;
    } finally {
      client.close();
    }
  }

  test('with users only they are let in, and TLS shows its certificate', async () => {
    const own = authority.issue('server', { names: 'DNS:localhost,IP:127.0.0.1' });
    const server = await startMilvus({ auth: true, tls: own });
    const address = `localhost:${server.port}`;
    const secure = () => grpcClient(address, credentials.createSsl(readFileSync(authority.caFile)));
    expect(await listDatabases(secure(), 'root:Milvus')).toBe('default');
    expect(await listDatabases(secure(), 'root:wrong')).toContain('auth');
    expect(await listDatabases(secure())).toContain('auth');
    expect(await listDatabases(grpcClient(address, credentials.createSsl()), 'root:Milvus')).toContain(
      'certificate',
    );
    expect(await listDatabases(grpcClient(address), 'root:Milvus')).toContain('UNAVAILABLE');
    await server.stop();
  });

  test('with mutual TLS clients need a certificate', async () => {
    const own = authority.issue('server', { names: 'DNS:localhost' });
    const client = authority.issue('client');
    const server = await startMilvus({ tls: { ...own, caFile: authority.caFile } });
    const [ca, key, cert] = [authority.caFile, client.keyFile, client.certFile].map((file) =>
      readFileSync(file)
    );
    const secure = (...pair: Buffer[]) =>
      grpcClient(`localhost:${server.port}`, credentials.createSsl(ca, ...pair));
    expect(await listDatabases(secure(key, cert))).toBe('default');
    expect(await listDatabases(secure())).toContain('UNAVAILABLE');
    await server.stop();
  });

  test('a limit is kept', async () => {
    const server = await startMilvus({
      settings: { 'quotaAndLimits.ddl.enabled': true, 'quotaAndLimits.ddl.collectionRate': 1 },
    });
    const client = grpcClient(server.address);
    const drop = async (): Promise<Members> => {
      const reply = await client.call(
        'DropCollection',
        encodeRequest('DropCollection', { collectionName: 'none' }),
      );
      return decodeReply('DropCollection', reply);
    };
    const replies = await Promise.all(Array.from({ length: 10 }, drop));
    expect(replies).toContainEqual(expect.objectContaining({ code: 8, errorCode: 49 }));
    client.close();
    await server.stop();
  });
});

describe('servers end', () => {
  test('with a test that is killed, and leave nothing behind', async () => {
    const script = `const server = await (await import(process.argv[1])).startLite();
      console.log(JSON.stringify(server)); setInterval(() => {}, 1000);`;
    const lite = resolve(import.meta.dirname!, '../../scripts/servers/lite.ts');
    const owner = spawn(process.execPath, ['-e', script, lite], { stdio: ['ignore', 'pipe', 'inherit'] });
    const server = JSON.parse(await firstOutput(owner.stdout)) as RunningServer;
    expect(await listens(server.port)).toBe(true);
    owner.kill('SIGKILL');
    await until(async () => !await listens(server.port) && !existsSync(server.dataDir));
  });

  test('with Ctrl-C where people start them', async () => {
    const start = resolve(import.meta.dirname!, '../../scripts/servers/start.ts');
    const deno = spawn(process.env.VTS_DENO ?? 'deno', ['run', '-A', start, 'lite'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const port = Number(
      (await firstOutput(deno.stdout)).match(/^vts inspect milvus:\/\/127.0.0.1:(\d+)/)![1],
    );
    expect(await listens(port)).toBe(true);
    const ended = new Promise((done) => deno.once('exit', done));
    deno.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(await listens(port)).toBe(false);
  });
});

function firstOutput(stream: NodeJS.ReadableStream): Promise<string> {
  return new Promise((done) => stream.once('data', (bytes) => done(`${bytes}`)));
}
