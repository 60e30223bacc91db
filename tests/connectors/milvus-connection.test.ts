import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLite } from '../../scripts/servers/lite.ts';
import { decodeDescribe } from '../../src/connectors/milvus/codec/collection-schema.ts';
import { encodeMessage, stringField } from '../../src/connectors/milvus/codec/encode.ts';
import { type MilvusConnection, openMilvus } from '../../src/connectors/milvus/connection.ts';
import { listDatabases } from '../../src/connectors/milvus/metadata.ts';
import { withRetry } from '../../src/core/retry.ts';
import { isVtsError } from '../../src/errors.ts';
import { liteServer, milvusServer } from '../support/milvus.ts';

const DESCRIBE_NOTHING = encodeMessage([stringField(2, 'default'), stringField(3, 'no_such_thing')]);
const SHORT = { timeoutMs: 500 };

/** Passes bytes on to a server, or does harm to them. */
interface Proxy {
  readonly port: number;
  mode: 'pass' | 'reset' | 'swallow';
  close(): Promise<void>;
}

async function startProxy(target: number, port = 0): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const upstream = connectTcp(target, '127.0.0.1');
    for (const [from, to] of [[client, upstream], [upstream, client]]) {
      sockets.add(from);
      from.on('data', (bytes: Uint8Array) => {
        if (proxy.mode === 'pass') to.write(bytes);
        if (proxy.mode === 'reset') client.resetAndDestroy();
      });
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const proxy: Proxy = {
    port: (server.address() as AddressInfo).port,
    mode: 'pass',
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return proxy;
}

const failure = (call: Promise<unknown>) => call.then(() => 'nothing', (error) => error);

describe.each([['milvus', milvusServer, /^v2\.3\.5/], ['lite', liteServer, /^milvus_lite-3/]] as const)(
  'openMilvus() on %s',
  (name, start, version) => {
    let connection: MilvusConnection;
    beforeAll(async () => {
      connection = await openMilvus({ url: `http://${(await start()).address}/somewhere` });
    });
    afterAll(() => connection.close());

    test('knows whom it talks to', async () => {
      expect(connection.name).toBe(`milvus://${(await start()).address}`);
      expect(connection.version).toMatch(version);
      expect(connection.lite).toBe(name === 'lite');
      expect(connection.notes).toEqual([]);
    });

    test('makes raw and decoded calls, many at a time', async () => {
      const calls = Array.from(
        { length: 50 },
        () => connection.call('DescribeCollection', DESCRIBE_NOTHING, SHORT),
      );
      for (const reply of await Promise.all(calls)) expect(decodeDescribe(reply).status.code).toBe(100);
      expect(await connection.rpc('ListDatabases', {}, SHORT)).toMatchObject({ status: { code: 0 } });
    });

    test('a method that the server lacks is its refusal, not an empty success', async () => {
      expect(await failure(connection.rpc('DescribeSnapshot', {}, SHORT))).toMatchObject({
        code: 'ServerRefused',
        message: expect.stringContaining('does not know DescribeSnapshot'),
      });
    });

    test('a signal ends a call at once, with its reason', async () => {
      const reason = new TypeError('enough');
      const signal = AbortSignal.abort(reason);
      expect(await failure(connection.call('DescribeCollection', DESCRIBE_NOTHING, { ...SHORT, signal })))
        .toBe(reason);
      const controller = new AbortController();
      const running = failure(connection.rpc('ListDatabases', {}, { ...SHORT, signal: controller.signal }));
      controller.abort(reason);
      expect(await running).toBe(reason);
      expect(await failure(openMilvus({ url: connection.url, signal }))).toBe(reason);
    });
  },
);

test('a message larger than the server takes is told apart', async () => {
  const connection = await openMilvus({ url: `milvus://${(await milvusServer()).address}` });
  const huge = encodeMessage([stringField(2, 'default'), stringField(3, 'x'.repeat(68e6))]);
  const error = await failure(connection.call('Query', huge, { timeoutMs: 60_000 }));
  await connection.close();
  expect(error).toMatchObject({ code: 'MessageTooLarge' });
});

describe('a connection that breaks', () => {
  let proxy: Proxy;
  let connection: MilvusConnection;
  const describeOne = (signal?: AbortSignal) =>
    connection.call('DescribeCollection', DESCRIBE_NOTHING, { ...SHORT, signal });
  const insert = () => connection.call('Insert', DESCRIBE_NOTHING, SHORT);
  const recovered = () => withRetry({ maxTimeMs: 20_000 }, () => describeOne());

  beforeAll(async () => {
    proxy = await startProxy(Number((await liteServer()).address.split(':')[1]));
    connection = await openMilvus({ url: `milvus://127.0.0.1:${proxy.port}` });
  });
  afterAll(async () => {
    await connection.close();
    await proxy.close();
  });

  test.each(['reset', 'swallow'] as const)(
    '(%s) may have written, or has only not read; and comes back',
    async (mode) => {
      proxy.mode = mode;
      expect(await failure(insert())).toMatchObject({ code: 'OutcomeUnknown' });
      proxy.mode = 'pass';
      await recovered();
      proxy.mode = mode;
      expect(await failure(describeOne())).toMatchObject({ code: 'Unreachable' });
      proxy.mode = 'pass';
      expect((await recovered()).length).toBeGreaterThan(0);
    },
  );

  test('is known not to have written when nothing was sent', async () => {
    const { port } = proxy;
    await proxy.close();
    // The first call may find the connection breaking under it.
    await failure(describeOne());
    const error = await failure(insert());
    expect(error).toMatchObject({ code: 'Unreachable' });
    expect(error.message).toBe(
      `cannot reach milvus://127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`,
    );
    proxy = await startProxy(Number((await liteServer()).address.split(':')[1]), port);
    expect((await recovered()).length).toBeGreaterThan(0);
  });
});

test('a connection goes on after the server was killed and started again', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'vts-restart-'));
  let server = await startLite({ dataDir });
  const connection = await openMilvus({ url: `milvus://${server.address}` });
  try {
    expect(await listDatabases(connection)).toEqual(['default']);
    await server.kill();
    expect(await failure(listDatabases(connection, { maxTimeMs: 0 }))).toMatchObject({ code: 'Unreachable' });
    server = await startLite({ dataDir, port: server.port });
    expect(await listDatabases(connection, { maxTimeMs: 30_000 })).toEqual(['default']);
  } finally {
    await connection.close();
    await server.kill();
    rmSync(dataDir, { recursive: true, force: true });
  }
});

describe('what is no Milvus', () => {
  test.each<[string, (socket: Socket) => void]>([
    ['closes', (socket) => socket.end()],
    ['resets', (socket) => socket.resetAndDestroy()],
    ['says nothing', () => {}],
    ['talks HTTP/1', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')],
    ['talks nonsense', (socket) => socket.write(new Uint8Array(100_000).fill(77))],
  ])('is not reached when it %s', async (_, answer) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      answer(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const error = await failure(openMilvus({ url: `milvus://127.0.0.1:${port}`, connectTimeoutMs: 1000 }));
    for (const socket of sockets) socket.destroy();
    server.close();
    expect(isVtsError(error, 'Unreachable', 'ServerRefused')).toBe(true);
    expect(error.message).toContain(`milvus://127.0.0.1:${port}`);
  });

  test('a signal ends the wait for it at once', async () => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const [controller, reason] = [new AbortController(), new TypeError('enough')];
    setTimeout(() => controller.abort(reason), 50);
    const url = `milvus://127.0.0.1:${port}`;
    expect(await failure(openMilvus({ url, connectTimeoutMs: 600_000, signal: controller.signal }))).toBe(
      reason,
    );
    server.close();
  });

  test('certificates and plain connections do not go together', async () => {
    const url = 'milvus://127.0.0.1:1/db';
    expect(await failure(openMilvus({ url, tls: { insecure: true } }))).toMatchObject({
      code: 'Usage',
      details: { remedy: 'write milvus+tls://127.0.0.1:1/db' },
    });
  });
});
