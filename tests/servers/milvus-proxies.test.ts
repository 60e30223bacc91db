/** What the proxies and the fake do to calls, seen by a plain gRPC client. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { credentials, Metadata, ServerCredentials, status } from '@grpc/grpc-js';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuthority } from '../../scripts/servers/certificates.ts';
import { startTcpProxy, type TcpProxy } from '../support/fault-proxy.ts';
import { milvusServer, runPymilvus, uniqueName } from '../support/milvus.ts';
import { collectionAnswers, startMilvusFake } from '../support/milvus-fake.ts';
import { type Fault, RATE_LIMITED, startMilvusFaultProxy } from '../support/milvus-fault-proxy.ts';
import {
  decodeReply,
  decodeRequest,
  encodeRequest,
  grpcClient,
  grpcFailure,
  type Members,
} from '../support/milvus-grpc.ts';

const NO_NAME = encodeRequest('DescribeCollection', {});

describe('the gRPC proxy before a real Milvus', () => {
  const collection = uniqueName('proxied');
  const describeCollection = encodeRequest('DescribeCollection', { collectionName: collection });
  const insert = encodeRequest('Insert', {
    collectionName: collection,
    numRows: 1,
    fieldsData: [
      { type: 101, fieldName: 'v', vectors: { dim: '2', floatVector: { data: [1, 2] } } },
    ],
  });

  beforeAll(async () => {
    const make = `
schema = CollectionSchema([
    FieldSchema('id', DataType.INT64, is_primary=True, auto_id=True),
    FieldSchema('v', DataType.FLOAT_VECTOR, dim=2),
])
index = client.prepare_index_params('v', index_type='FLAT', metric_type='L2')
client.create_collection(args[0], schema=schema, index_params=index)
`;
    runPymilvus(await milvusServer(), make, collection);
  });
  afterAll(() => ask('DropCollection', { collectionName: collection }));

  /** What the server itself says. */
  async function ask(method: string, request: Members): Promise<Members> {
    const client = grpcClient((await milvusServer()).address);
    const reply = await client.call(method, encodeRequest(method, request));
    client.close();
    return decodeReply(method, reply);
  }

  async function countRows(): Promise<number> {
    const reply = await ask('Query', { collectionName: collection, outputFields: ['count(*)'] });
    return Number(JSON.stringify(reply.fieldsData).match(/"longData":\{"data":\["(\d+)"/)![1]);
  }

  /** The outcomes of `times` inserts of one row, the first of them spoiled; and the rows that came of them. */
  async function insertWith(fault: Fault, times = 2) {
    const before = await countRows();
    const { address } = await milvusServer();
    const proxy = await startMilvusFaultProxy(
      address,
      (method, n) => method === 'Insert' && n === 1 ? fault : undefined,
    );
    const client = grpcClient(proxy.address);
    const outcomes: unknown[] = [];
    for (let i = 0; i < times; i++) {
      outcomes.push(
        await client.call('Insert', insert, undefined, 1000).then(
          (reply) => decodeReply('Insert', reply),
          (error) => error.code,
        ),
      );
    }
    expect(proxy.calls('Insert')).toBe(times);
    expect(proxy.calls()).toBe(times);
    expect(proxy.faults).toBe(1);
    client.close();
    await proxy.close();
    return { outcomes, added: await countRows() - before };
  }

  test('passes calls on, replies, errors and headers too', async () => {
    const { address } = await milvusServer();
    const proxy = await startMilvusFaultProxy(address, () => undefined);
    const [direct, through] = [address, proxy.address].map((at) => grpcClient(at));
    for (const request of [describeCollection, NO_NAME]) {
      expect(Buffer.from(await through.call('DescribeCollection', request))).toEqual(
        Buffer.from(await direct.call('DescribeCollection', request)),
      );
    }
    const elsewhere = new Metadata();
    elsewhere.set('dbname', 'nowhere');
    const missing = decodeReply('ShowCollections', await through.call('ShowCollections', NO_NAME, elsewhere));
    expect(missing.status).toMatchObject({ code: 800 });
    through.close();
    direct.close();
    await proxy.close();
  });

  test('fails a call that the server never hears of', async () => {
    const { outcomes, added } = await insertWith({ kind: 'fail', code: status.RESOURCE_EXHAUSTED });
    expect(outcomes).toEqual([status.RESOURCE_EXHAUSTED, expect.objectContaining({ insertCnt: '1' })]);
    expect(added).toBe(1);
  });

  test('says that there were too many calls', async () => {
    const { outcomes, added } = await insertWith(RATE_LIMITED);
    expect(outcomes[0]).toMatchObject({ status: { code: 8, errorCode: 49 }, insertCnt: '0' });
    expect(added).toBe(1);
  });

  test('loses the reply to what was done', async () => {
    const { outcomes, added } = await insertWith({ kind: 'lose' });
    expect(outcomes).toEqual([status.UNAVAILABLE, expect.objectContaining({ insertCnt: '1' })]);
    expect(added).toBe(2);
  });

  test('gives no answer to what was done', async () => {
    const { outcomes, added } = await insertWith({ kind: 'hang' }, 1);
    expect(outcomes).toEqual([status.DEADLINE_EXCEEDED]);
    expect(added).toBe(1);
  });

  test('delivers a request twice', async () => {
    const { outcomes, added } = await insertWith({ kind: 'twice' }, 1);
    expect(outcomes).toEqual([expect.objectContaining({ insertCnt: '1' })]);
    expect(added).toBe(2);
  });

  test('delays a call, and changes the reply of another', async () => {
    const late = await insertWith({ kind: 'delay', ms: 50 }, 1);
    expect(late).toMatchObject({ outcomes: [{ insertCnt: '1' }], added: 1 });
    const changed = await insertWith({ kind: 'change', reply: () => new Uint8Array() }, 1);
    expect(changed).toMatchObject({ outcomes: [{ insertCnt: '0' }], added: 1 });
  });
});

describe('the TCP proxy', () => {
  let echo: Server;
  let proxy: TcpProxy;

  beforeAll(async () => {
    echo = createServer((socket) => socket.on('error', () => {}).pipe(socket));
    await new Promise<void>((done) => echo.listen(0, '127.0.0.1', done));
    proxy = await startTcpProxy(`127.0.0.1:${(echo.address() as AddressInfo).port}`);
  });
  afterAll(async () => {
    await proxy.close();
    echo.close();
  });

  /** What comes back of `text`, and how the connection ended. */
  function exchange(text: string, whileOpen?: (received: string) => void): Promise<string> {
    return new Promise((resolve) => {
      let received = '';
      const socket = connect(proxy.port, '127.0.0.1', () => socket.write(text));
      socket.on('data', (bytes) => {
        received += bytes;
        whileOpen?.(received);
        if (received === text) socket.end();
      });
      socket.on('error', (error) => received += ` ${(error as NodeJS.ErrnoException).code}`);
      socket.on('close', () => resolve(received));
    });
  }

  const LONG = 'many bytes '.repeat(100_000);

  test('passes everything on', async () => {
    const before = proxy.connections;
    expect(await exchange(LONG)).toBe(LONG);
    expect(proxy.connections).toBe(before + 1);
  });

  test('delays', async () => {
    await proxy.setFault({ kind: 'delay', ms: 20 });
    expect(await exchange(LONG)).toBe(LONG);
    await proxy.setFault(undefined);
  });

  test('cuts after so many bytes', async () => {
    await proxy.setFault({ kind: 'cut', afterBytes: 5 });
    expect(await exchange('0123456789')).toBe('01234');
    await proxy.setFault(undefined);
  });

  test('breaks off after so many bytes', async () => {
    await proxy.setFault({ kind: 'reset', afterBytes: 5 });
    expect(await exchange('0123456789')).toEndWith('ECONNRESET');
    await proxy.setFault(undefined);
  });

  test('freezes, and goes on', async () => {
    await proxy.setFault({ kind: 'freeze' });
    const reply = exchange('frozen');
    expect(await Promise.race([reply, new Promise((done) => setTimeout(done, 300, 'nothing'))])).toBe(
      'nothing',
    );
    await proxy.setFault(undefined);
    expect(await reply).toBe('frozen');
  });

  test('refuses, and is back on its port', async () => {
    await proxy.setFault({ kind: 'refuse' });
    expect(await exchange('anyone?')).toBe(' ECONNREFUSED');
    await proxy.setFault(undefined);
    expect(await exchange('anyone?')).toBe('anyone?');
  });
});

describe('the fake', () => {
  test('answers with members, bytes, functions and errors, and keeps the calls', async () => {
    const fake = await startMilvusFake({
      GetVersion: ({ metadata }) => ({ version: `${metadata.get('dbname')}` }),
      HasCollection: new Uint8Array([16, 1]),
      Query: () => {
        throw grpcFailure(status.ABORTED, 'not today');
      },
    });
    const client = grpcClient(fake.address);
    const metadata = new Metadata();
    metadata.set('dbname', 'mine');
    const get = async (method: string) =>
      decodeReply(method, await client.call(method, new Uint8Array(), metadata));
    expect(await get('GetVersion')).toMatchObject({ version: 'mine' });
    expect(await get('HasCollection')).toMatchObject({ value: true });
    expect(await get('Connect')).toMatchObject({ serverInfo: { buildTags: '2.6.4' } });
    const failure = (method: string) => get(method).catch((error) => error);
    expect(await failure('Query')).toMatchObject({ code: status.ABORTED, details: 'not today' });
    expect(await failure('Insert')).toMatchObject({ code: status.UNIMPLEMENTED });
    await client.call('Delete', encodeRequest('Delete', { expr: 'id in [1]' })).catch(() => {});
    const last = fake.calls.at(-1)!;
    expect(decodeRequest(last.method, last.request)).toMatchObject({ expr: 'id in [1]' });
    client.close();
    await fake.close();
  });

  test('shows a collection, over TLS', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vts-fake-'));
    const authority = makeAuthority(folder);
    const { certFile, keyFile } = authority.issue('server', { names: 'DNS:localhost' });
    const [ca, cert, key] = [authority.caFile, certFile, keyFile].map((file) => readFileSync(file));
    rmSync(folder, { recursive: true });
    const fields = [
      { fieldID: '100', name: 'id', dataType: 5, isPrimaryKey: true },
      { fieldID: '101', name: 'v', dataType: 105, typeParams: [{ key: 'dim', value: '8' }], nullable: true },
    ];
    const fake = await startMilvusFake(collectionAnswers({ name: 'c', schema: { fields } }), {
      credentials: ServerCredentials.createSsl(null, [{ cert_chain: cert, private_key: key }]),
    });
    const client = grpcClient(`localhost:${fake.port}`, credentials.createSsl(ca));
    const get = async (method: string) => decodeReply(method, await client.call(method, new Uint8Array()));
    expect(await get('DescribeCollection')).toMatchObject({ schema: { name: 'c', fields } });
    expect(await get('DescribeIndex')).toMatchObject({ indexDescriptions: [{ fieldName: 'v' }] });
    expect(await get('ShowPartitions')).toMatchObject({ partitionNames: ['_default'], partitionIDs: ['1'] });
    expect(await get('GetLoadState')).toMatchObject({ state: 3 });
    client.close();
    await fake.close();
  });

  test('takes no member that a message does not have', () => {
    expect(() => encodeRequest('Query', { colectionName: 'x' })).toThrow(
      'QueryRequest has no member colectionName',
    );
  });
});
