/** A proxy before a real Milvus spoils calls while rows are imported: the collection ends with each of them once. */
import { afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { status } from '@grpc/grpc-js';
import { liteServer, milvusServer, runPymilvus, type TestServer, uniqueName } from '../support/milvus.ts';
import { type Fault, RATE_LIMITED, startMilvusFaultProxy } from '../support/milvus-fault-proxy.ts';
import { type Batch, makeBatch, sliceBatch } from '../../src/core/batch.ts';
import { fixedColumn } from '../../src/core/column.ts';
import { field } from '../../src/core/schema.ts';
import { dropAll, failureOf, importRows, journalFile } from './import-support.ts';

const ROWS = 20_000;
const DIM = 16;

function rows(autoId: boolean): Batch[] {
  const fields = [
    field('id', { kind: 'Int64' }, { primaryKey: true, autoId }),
    field('n', { kind: 'Int64' }),
    field('v', { kind: 'FloatVector', dim: DIM }),
  ];
  const ids = BigInt64Array.from({ length: ROWS }, (_, i) => BigInt(i));
  const batch = makeBatch({ fields }, [
    fixedColumn(fields[0].type, ids),
    fixedColumn(fields[1].type, ids.slice()),
    fixedColumn(fields[2].type, Float32Array.from({ length: ROWS * DIM }, (_, i) => i)),
  ]);
  return Array.from({ length: 4 }, (_, i) => sliceBatch(batch, i * ROWS / 4, (i + 1) * ROWS / 4));
}

const FAULTS: readonly Fault[] = [
  { kind: 'lose' },
  RATE_LIMITED,
  { kind: 'fail', code: status.RESOURCE_EXHAUSTED, message: 'grpc: received message larger than max' },
  { kind: 'delay', ms: 300 },
  { kind: 'fail', code: status.UNAVAILABLE },
  { kind: 'refuse', refusal: { code: 2, errorCode: 1, reason: 'service unavailable', retriable: true } },
];

/** Counts, distinct values and their sum, as pymilvus reads them. */
const CHECK = `
found = [r['n'] for at in range(0, int(args[1]), 5000)
    for r in client.query(args[0], filter=f'n >= {at} and n < {at + 5000}', output_fields=['n'], consistency_level='Strong')]
count = client.query(args[0], filter='', output_fields=['count(*)'], consistency_level='Strong')[0]['count(*)']
answer([count, len(found), len(set(found)), sum(found)])
`;

const SUM = ROWS * (ROWS - 1) / 2;

describe.each([['milvus', milvusServer], ['lite', liteServer]] as const)('an import into %s', (_, start) => {
  let server: TestServer;
  const made: string[] = [];
  const newName = (stem: string) => {
    const name = uniqueName(`e_${stem}`);
    made.push(name);
    return name;
  };
  beforeAll(async () => {
    server = await start();
  });
  afterEach(() => dropAll(server, ...made.splice(0)));

  test('through a network that loses, delays and refuses', async () => {
    const name = newName('faults');
    let next = 0;
    const proxy = await startMilvusFaultProxy(
      server.address,
      (method, number) =>
        /Insert|Upsert/.test(method) && number % 3 === 0 ? FAULTS[next++ % FAULTS.length] : undefined,
    );
    try {
      const through = { ...server, address: proxy.address };
      const { summary } = await importRows(through, name, rows(false), { sink: { requestBytes: 64 * 1024 } });
      expect(summary).toMatchObject({ rowsWritten: ROWS, rowsCounted: ROWS });
      expect(proxy.faults).toBeGreaterThan(4);
    } finally {
      await proxy.close();
    }
    expect(runPymilvus(server, CHECK, name, String(ROWS))).toEqual([ROWS, ROWS, ROWS, SUM]);
  });

  test('whose ids the server makes stops when an answer is lost, and is put right', async () => {
    const name = newName('lost');
    const journal = journalFile();
    const proxy = await startMilvusFaultProxy(
      server.address,
      (method, number) => method === 'Insert' && number === 6 ? { kind: 'lose' } : undefined,
    );
    const options = { create: { autoId: 'new' as const }, sink: { requestBytes: 64 * 1024 } };
    try {
      const through = { ...server, address: proxy.address };
      expect(
        await failureOf(importRows(through, name, rows(true), {
          ...options,
          transfer: { journal: journal.open(), partBytes: 200_000 },
        })),
      ).toMatchObject({ code: 'OutcomeUnknown', details: { remedy: expect.stringContaining('--resume') } });
    } finally {
      await proxy.close();
    }
    const again = { ...options, sink: { ...options.sink, redoUncertain: true } };
    const transfer = { journal: journal.open(), partBytes: 200_000 };
    const { summary } = await importRows(server, name, rows(true), { ...again, transfer });
    expect(summary).toMatchObject({ rowsWritten: ROWS, rowsCounted: ROWS });
    expect(runPymilvus(server, CHECK, name, String(ROWS))).toEqual([ROWS, ROWS, ROWS, SUM]);
  });
});
