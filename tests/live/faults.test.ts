/** 100,000 rows each way through proxies that do harm: the target ends equal to the source. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { status } from '@grpc/grpc-js';
import { memorySink } from '../../src/connectors/memory/memory.ts';
import { type Batch, concatBatches, makeBatch } from '../../src/core/batch.ts';
import { fixedColumn } from '../../src/core/column.ts';
import { compileMapping } from '../../src/core/mapping.ts';
import { withRetry } from '../../src/core/retry.ts';
import { field } from '../../src/core/schema.ts';
import { transfer, type TransferSummary } from '../../src/core/transfer.ts';
import { columnFromValues } from '../../src/core/values.ts';
import { openMilvus } from '../../src/connectors/milvus/connection.ts';
import { startTcpProxy, type TcpFault } from '../support/fault-proxy.ts';
import { milvusServer, runPymilvus, type TestServer, uniqueName } from '../support/milvus.ts';
import { type Fault, RATE_LIMITED, startMilvusFaultProxy } from '../support/milvus-fault-proxy.ts';
import { dropAll, importRows } from './import-support.ts';
import { withSource } from './scan-support.ts';

const ROWS = 100_000;
const DIM = 8;
const SCHEMA = {
  fields: [
    field('id', { kind: 'Int64' }, { primaryKey: true }),
    field('text', { kind: 'VarChar', maxLength: 64 }),
    field('v', { kind: 'FloatVector', dim: DIM }),
  ],
};

/** Rows `from` to `to`, whose values follow from their keys; keys come in no order. */
function rows(from: number, to: number): Batch {
  const count = to - from;
  const keys = BigInt64Array.from({ length: count }, (_, i) => BigInt((from + i) * 7919 % ROWS));
  const texts = [...keys].map((key) => `row ${key}`);
  const vectors = Float32Array.from(
    { length: count * DIM },
    (_, i) => Math.fround(Number(keys[(i / DIM) | 0]) + i % DIM / 10),
  );
  return makeBatch(SCHEMA, [
    fixedColumn(SCHEMA.fields[0].type, keys),
    columnFromValues(SCHEMA.fields[1].type, texts),
    fixedColumn(SCHEMA.fields[2].type, vectors),
  ]);
}

const TABLES = Array.from({ length: 10 }, (_, i) => rows(i * ROWS / 10, (i + 1) * ROWS / 10));

/** The vectors and texts of `batch`, in the order of keys. */
function byKey(batch: Batch): { keys: BigInt64Array; text: string; vectors: Uint8Array } {
  const column = (name: string) => batch.columns[batch.schema.fields.findIndex((f) => f.name === name)];
  const keys = column('id').values as BigInt64Array;
  const order = [...keys.keys()].sort((a, b) => keys[a] < keys[b] ? -1 : 1);
  const vectors = new Float32Array(batch.length * DIM);
  const values = column('v').values as Float32Array;
  order.forEach((row, i) => vectors.set(values.subarray(row * DIM, (row + 1) * DIM), i * DIM));
  const { offsets, values: bytes } = column('text');
  const decoder = new TextDecoder();
  const text = order.map((row) =>
    decoder.decode(bytes.subarray(offsets![row], offsets![row + 1]) as Uint8Array)
  );
  return { keys: keys.slice().sort(), text: text.join('\n'), vectors: new Uint8Array(vectors.buffer) };
}

const EXPECTED = byKey(concatBatches(TABLES));

function expectAllRows(batch: Batch): void {
  const found = byKey(batch);
  expect(found.keys).toEqual(EXPECTED.keys);
  expect(found.text === EXPECTED.text).toBe(true);
  expect(Buffer.compare(found.vectors, EXPECTED.vectors)).toBe(0);
}

async function exportAll(
  server: TestServer,
  collection: string,
): Promise<{ batch: Batch; summary: TransferSummary }> {
  return await withSource(
    server,
    collection,
    { parallel: 3, retry: { maxTimeMs: 120_000 } },
    async (source) => {
      const sink = memorySink();
      const summary = await transfer(source, sink, compileMapping(source.dataset, sink, {}), {
        parallel: 3,
        partBytes: 1 << 20,
        batchBytes: 1 << 18,
      });
      return { batch: concatBatches([...sink.parts.values()].map((part) => part!)), summary };
    },
  );
}

/** Each of `faults` once, at every `every`th call of `methods`; of queries only those for pages are spoiled. */
function spoil(methods: readonly string[], faults: readonly Fault[], every: number) {
  const left = [...faults];
  let calls = 0;
  return (method: string, _: number, request: Uint8Array): Fault | undefined => {
    if (!methods.includes(method)) return undefined;
    if (method === 'Query' && !Buffer.from(request).includes('reduce_stop_for_best')) return undefined;
    return ++calls % every === 0 ? left.shift() : undefined;
  };
}

const BUSY: readonly Fault[] = [
  { kind: 'fail', code: status.UNAVAILABLE },
  RATE_LIMITED,
  { kind: 'delay', ms: 300 },
  {
    kind: 'fail',
    code: status.RESOURCE_EXHAUSTED,
    message: 'grpc: received message larger than max (9 vs. 8)',
  },
  { kind: 'lose' },
  { kind: 'lose', code: status.DEADLINE_EXCEEDED },
  RATE_LIMITED,
  RATE_LIMITED,
];

describe('100,000 rows through a proxy that does harm', () => {
  const source = uniqueName('faults');
  const made: string[] = [source];
  let server: TestServer;

  beforeAll(async () => {
    server = await milvusServer();
    await importRows(server, source, TABLES, {
      create: { indexes: [{ field: 'v', type: 'FLAT', params: {} }] },
      sink: { retry: { maxTimeMs: 120_000 } },
    });
  });
  afterAll(() => dropAll(server, ...made));

  test('the rows are there as they were made', async () => {
    expectAllRows((await exportAll(server, source)).batch);
  });

  test('export: calls that fail, are refused, late, lost, or done twice', async () => {
    const faults: Fault[] = [...BUSY, { kind: 'twice' }];
    await using proxy = await closing(startMilvusFaultProxy(server.address, spoil(['Query'], faults, 3)));
    const { batch, summary } = await exportAll({ ...server, address: proxy.address }, source);
    expect(proxy.faults).toBe(faults.length);
    expect(summary.rowsRead).toBe(ROWS);
    expectAllRows(batch);
  });

  test('import: calls that fail, are refused, late, or whose outcome is lost', async () => {
    const collection = uniqueName('faults_in');
    made.push(collection);
    await using proxy = await closing(
      startMilvusFaultProxy(server.address, spoil(['Insert', 'Upsert'], BUSY, 2)),
    );
    const { summary } = await importRows({ ...server, address: proxy.address }, collection, TABLES, {
      create: { indexes: [{ field: 'v', type: 'FLAT', params: {} }] },
      sink: { retry: { maxTimeMs: 120_000 }, requestBytes: 1 << 18 },
    });
    expect(proxy.faults).toBe(BUSY.length);
    expect(summary).toMatchObject({ rowsRead: ROWS, rowsWritten: ROWS, rowsCounted: ROWS });
    expectAllRows((await exportAll(server, collection)).batch);
  });

  test('import: a request that the network delivers twice', async () => {
    const collection = uniqueName('faults_twice');
    made.push(collection);
    await using proxy = await closing(
      startMilvusFaultProxy(server.address, spoil(['Insert'], [{ kind: 'twice' }], 3)),
    );
    const { summary } = await importRows({ ...server, address: proxy.address }, collection, TABLES, {
      create: { indexes: [{ field: 'v', type: 'FLAT', params: {} }] },
      sink: { retry: { maxTimeMs: 120_000 } },
    });
    expect(proxy.faults).toBe(1);
    expect(summary).toMatchObject({ rowsWritten: ROWS, rowsCounted: ROWS });
    expect(countOf(server, collection)).toBe(ROWS);
    expectAllRows((await exportAll(server, collection)).batch);
  });

  const TCP: readonly (readonly [string, TcpFault])[] = [
    ['late', { kind: 'delay', ms: 20 }],
    ['cut', { kind: 'cut', afterBytes: 200_000 }],
    ['reset', { kind: 'reset', afterBytes: 100_000 }],
    ['refused', { kind: 'refuse' }],
  ];
  test.each(TCP)('import over a connection that is %s every now and then', async (name, fault) => {
    const collection = uniqueName(`faults_${name}`);
    made.push(collection);
    await using proxy = await closing(startTcpProxy(server.address));
    const through = { ...server, address: proxy.address };
    // Well for a while, then sick for a moment, until all is done.
    let turn = 0;
    const turns = setInterval(() => void proxy.setFault(++turn % 4 === 0 ? fault : undefined), 300);
    try {
      await importRows(through, collection, TABLES, {
        connect: () =>
          withRetry({ maxTimeMs: 120_000 }, () => openMilvus({ url: `milvus://${through.address}` })),
        create: { indexes: [{ field: 'v', type: 'FLAT', params: {} }] },
        sink: { retry: { maxTimeMs: 120_000 }, requestBytes: 1 << 18 },
      });
    } finally {
      clearInterval(turns);
      await proxy.setFault(undefined);
    }
    expect(countOf(server, collection)).toBe(ROWS);
    expectAllRows((await exportAll(server, collection)).batch);
  });
});

function countOf(server: TestServer, collection: string): unknown {
  const code =
    `answer(client.query(args[0], filter='', output_fields=['count(*)'], consistency_level='Strong')[0]['count(*)'])`;
  return runPymilvus(server, code, collection);
}

async function closing<T extends { close(): Promise<void> }>(
  started: Promise<T>,
): Promise<T & AsyncDisposable> {
  const server = await started;
  // The proxy's counts are read as they stand, so it is extended rather than copied.
  return Object.assign(server, { [Symbol.asyncDispose]: () => server.close() });
}
