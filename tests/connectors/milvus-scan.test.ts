/** Scans of a hand-built server: snapshots, which no server here has, and servers that lose, repeat or disorder rows. */
import { afterEach, describe, expect, test } from 'bun:test';
import { status } from '@grpc/grpc-js';
import { transfer, type TransferOptions } from '../../src/core/transfer.ts';
import { compileMapping } from '../../src/core/mapping.ts';
import { concatBatches } from '../../src/core/batch.ts';
import type { RetryPolicy } from '../../src/core/retry.ts';
import { memorySink } from '../../src/connectors/memory/memory.ts';
import { type MilvusConnection, openMilvus } from '../../src/connectors/milvus/connection.ts';
import {
  type MilvusSource,
  type MilvusSourceOptions,
  openMilvusSource,
} from '../../src/connectors/milvus/scan/milvus-source.ts';
import { collectionAnswers, type MilvusFake, startMilvusFake } from '../support/milvus-fake.ts';
import { decodeRequest, encodeRefusal, encodeReply, grpcFailure } from '../support/milvus-grpc.ts';

/** A row and when it was written. */
interface Row {
  readonly id: number;
  readonly at: number;
}

/** What a query asks for, and the rows that a good server would answer with. */
interface Query {
  readonly limit: number | undefined;
  readonly ordered: boolean;
  readonly counting: boolean;
  readonly timestamp: number;
  readonly expression: string;
  /** In the order of keys, those of the same key too. */
  readonly rows: readonly Row[];
}

/** How a server answers: keys, or the bytes of a reply. */
type Behaviour = (query: Query) => readonly number[] | Uint8Array;

const good = ({ rows, limit = Infinity }: Query): number[] =>
  [...new Set(rows.map((row) => row.id))].slice(0, limit);

let fake: MilvusFake;
let connection: MilvusConnection;
let source: MilvusSource | undefined;

afterEach(async () => {
  await source?.close();
  source = undefined;
  await connection.close();
  await fake.close();
});

const schema = {
  fields: [
    { fieldID: '100', name: 'id', dataType: 5, isPrimaryKey: true },
    { fieldID: '101', name: 'n', dataType: 4 },
    { fieldID: '102', name: 'v', dataType: 101, typeParams: [{ key: 'dim', value: '2' }] },
  ],
};

/** Starts a server that has `rows` and opens its collection. `clock.now` is its time; 0 for a server without snapshots. */
async function open(
  rows: Row[],
  behave: Behaviour = good,
  { clock = { now: 1000 }, ...options }: Partial<MilvusSourceOptions> & { clock?: { now: number } } = {},
): Promise<MilvusSource> {
  fake = await startMilvusFake({
    ...collectionAnswers({ name: 'docs', schema }),
    Query: ({ request }) => answer(decodeRequest('Query', request), rows, clock.now, behave),
  });
  connection = await openMilvus({ url: `milvus://${fake.address}` });
  source = await reopen(options);
  return source;
}

function reopen(options: Partial<MilvusSourceOptions> = {}): Promise<MilvusSource> {
  const retry: RetryPolicy = { maxTimeMs: 5000, sleep: () => Promise.resolve() };
  return openMilvusSource({
    connection,
    database: 'default',
    collection: 'docs',
    parallel: 1,
    load: 'refuse',
    onStage: () => {},
    retry,
    ...options,
  });
}

function answer(
  request: Record<string, unknown>,
  rows: readonly Row[],
  now: number,
  behave: Behaviour,
): Uint8Array {
  const params = Object.fromEntries(
    (request.queryParams as { key: string; value: string }[]).map(({ key, value }) => [key, value]),
  );
  const asked = Number(request.guaranteeTimestamp);
  const timestamp = asked > 0 && now > 0 ? asked : Infinity;
  const outputs = request.outputFields as string[];
  const query: Query = {
    limit: params.limit === undefined ? undefined : Number(params.limit),
    ordered: params.iterator === 'True' && params.reduce_stop_for_best === 'True',
    counting: outputs[0] === 'count(*)',
    timestamp: asked,
    expression: request.expr as string,
    rows: rows.filter((row) => row.at <= timestamp && matches(request.expr as string, row.id))
      .sort((a, b) => a.id - b.id),
  };
  if (query.counting && params.limit !== undefined) throw new Error('count(*) with a limit');
  const keys = query.counting ? [query.rows.length] : behave(query);
  if (keys instanceof Uint8Array) return keys;
  const longData = { data: keys.map(String) };
  const columns: Record<string, object> = {
    'count(*)': { type: 5, scalars: { longData } },
    id: { type: 5, scalars: { longData } },
    n: { type: 4, scalars: { intData: { data: keys.map((key) => key % 1000) } } },
    v: { type: 101, vectors: { dim: '2', floatVector: { data: keys.flatMap((key) => [key, -key]) } } },
  };
  return encodeReply('Query', {
    fieldsData: outputs.toReversed().map((name) => ({ fieldName: name, ...columns[name] })),
    sessionTs: params.iterator === 'True' && asked === 0 ? String(now) : '0',
  });
}

/** The expressions that a scan makes. */
function matches(expression: string, id: number): boolean {
  return expression.split(' and ').every((condition) => {
    const [, operator, operand] = /^(?:id (>=|<=|>|<|in) (.*))?$/.exec(condition)!;
    if (operator === undefined) return true;
    if (operator === 'in') return (JSON.parse(operand) as number[]).includes(id);
    const bound = Number(operand);
    return { '>=': id >= bound, '<=': id <= bound, '>': id > bound, '<': id < bound }[operator];
  });
}

const rowsFrom = (count: number, at = 1): Row[] => Array.from({ length: count }, (_, id) => ({ id, at }));

/** Moves all rows into memory, proof included. */
async function moveAll(source: MilvusSource, options: TransferOptions = {}) {
  const sink = memorySink();
  const notes: string[] = [];
  await transfer(source, sink, compileMapping(source.dataset, sink, {}), {
    ...options,
    onNote: (note) => notes.push(note),
  });
  const parts = [...sink.parts.values()].filter((part) => part !== undefined);
  const keys = parts.length === 0
    ? []
    : Array.from(concatBatches(parts).columns[0].values as BigInt64Array, Number);
  return { keys, notes };
}

async function failure(action: Promise<unknown>): Promise<unknown> {
  return await action.then(() => 'nothing failed', (error) => error);
}

const numbers = (count: number) => [...Array(count).keys()];
const queries = () =>
  fake.calls.filter((call) => call.method === 'Query').map((call) => decodeRequest('Query', call.request));

describe('a server with snapshots', () => {
  test('gives the rows of one moment, whatever is written later, to a resumed job too', async () => {
    const rows = rowsFrom(3000);
    const clock = { now: 1000 };
    const opened = await open(rows, good, { clock, parallel: 3, splitRows: 300 });
    expect(opened.dataset.notes).toEqual([]);
    expect(opened.dataset.rows).toBe(3000);
    const ranges = await opened.plan();
    expect(ranges.length).toBeGreaterThanOrEqual(6);
    rows.push(...numbers(50).map((i) => ({ id: 100_000 + i, at: 2000 })), { id: -1, at: 2000 });
    clock.now = 3000;
    const { keys, notes } = await moveAll({ ...methods(opened), plan: () => Promise.resolve(ranges) }, {
      parallel: 3,
      batchBytes: 5000,
    });
    expect(keys.sort((a, b) => a - b)).toEqual(numbers(3000));
    expect(notes).toEqual([]);
    const asked = queries().map((query) => Number(query.guaranteeTimestamp));
    expect(asked[0]).toBe(0);
    expect(new Set(asked.slice(1))).toEqual(new Set([1000]));

    const later = await reopen();
    expect(later.dataset.rows).toBe(3051);
    const read = new Map<string, number>();
    for (const range of JSON.parse(JSON.stringify(ranges))) {
      for await (const { batch } of later.read(range, { batchBytes: 1e6 })) {
        read.set(range.id, (read.get(range.id) ?? 0) + batch.length);
      }
    }
    expect([...read.values()].reduce((a, b) => a + b)).toBe(3000);
    expect(await later.prove!(read)).toEqual([]);
  });

  test('that loses a row in its pages: the row is named, and so is the range', async () => {
    const opened = await open(
      rowsFrom(3000),
      (query) => good(query).filter((id) => !(query.ordered && id === 777)),
      { parallel: 3, splitRows: 300 },
    );
    const error = await failure(moveAll(opened, { parallel: 3 }));
    expect(error).toMatchObject({ code: 'RowsMissing' });
    expect(String(error)).toContain('1 row of milvus://');
    expect((error as { details: { expected: string } }).details.expected).toMatch(
      /partition "_default", keys above \d+ up to \d+: read \d+, counted \d+, .*key 777 is missing/,
    );
  });

  test('that counts a row which no query returns', async () => {
    const opened = await open(rowsFrom(3000), (query) => good(query).filter((id) => id !== 777));
    expect(await failure(moveAll(opened))).toMatchObject({ code: 'RowsMissing' });
  });

  test('that keeps rows of the same key: how many, and one of them, is told', async () => {
    const opened = await open([...rowsFrom(3000), ...rowsFrom(3000).slice(1234, 1244)]);
    const { keys, notes } = await moveAll(opened, { batchBytes: 10_000 });
    expect(keys).toEqual(numbers(3000));
    expect(notes.length).toBe(1);
    expect(notes[0]).toMatch(/^count\(\*\) is 10 rows larger .* \(key 1234, for one\)/);
  });
});

describe('a server without snapshots', () => {
  test('says so, and rows that come meanwhile are no error', async () => {
    const rows = rowsFrom(2000);
    const opened = await open(rows, (query) => {
      if (query.expression.includes('id > ') && query.rows.length > 0 && rows.length === 2000) {
        rows.push({ id: -5, at: 1 }, { id: 1e6, at: 1 });
      }
      return good(query);
    }, { clock: { now: 0 } });
    expect(opened.dataset.notes.join()).toContain('no snapshots');
    const { keys, notes } = await moveAll(opened);
    expect(keys).toEqual([...numbers(2000), 1e6]);
    expect(notes.join()).toContain('1 row came while the collection was read');
  });
});

describe('pages', () => {
  test('go on where repeated keys make them empty before the end', async () => {
    const opened = await open(rowsFrom(3000), (query) => {
      const keys = good(query);
      // As if the limit were used up by older versions of the keys 1500 to 1599.
      if (query.limit === undefined || !query.ordered) return keys;
      return keys.length > 0 && keys[0] >= 1500 && keys[0] < 1600
        ? []
        : keys.filter((id) => id < 1500 || keys[0] >= 1600);
    });
    const { keys, notes } = await moveAll(opened);
    expect(keys).toEqual(numbers(3000));
    expect(notes).toEqual([]);
  });

  test('that end too early, whatever is asked, are an error', async () => {
    const opened = await open(
      rowsFrom(3000),
      (query) => query.ordered ? good(query).filter((id) => id < 1500) : good(query),
    );
    const error = await failure(moveAll(opened));
    expect(error).toMatchObject({ code: 'RowsMissing' });
    expect(String(error)).toContain('1,500 rows of milvus://');
  });

  test('may be longer than asked for', async () => {
    const opened = await open(rowsFrom(3000), (query) => good({ ...query, limit: query.limit! * 2 - 1 }));
    const limited = await moveAll(opened, { limit: 10 });
    expect(limited.keys).toEqual(numbers(10));
    expect((await moveAll(opened)).keys).toEqual(numbers(3000));
  });

  test.each<[string, Behaviour]>([
    ['in the wrong order', (query) => [...good(query)].reverse()],
    ['with a key twice', (query) => good(query).flatMap((id) => [id, id])],
    ['below what was asked for', (query) => query.expression === '' ? good(query) : [3, ...good(query)]],
    ['without a column', (query) =>
      encodeReply('Query', {
        fieldsData: [{ type: 5, fieldName: 'id', scalars: { longData: { data: good(query).map(String) } } }],
      })],
    ['that are no message', () => new Uint8Array([0x12, 0xff, 0xff])],
  ])('%s are refused', async (_, behaviour) => {
    let begun = false;
    const opened = await open(rowsFrom(3000), (query) => begun ? behaviour(query) : good(query));
    begun = true;
    expect(await failure(moveAll(opened))).toMatchObject({ code: 'InputMalformed' });
  });

  test('are asked for again after failures, and come once', async () => {
    let failures = 0;
    const opened = await open(rowsFrom(5000), (query) => {
      failures++;
      if (failures % 3 === 0) throw grpcFailure(status.UNAVAILABLE, 'going away');
      if (failures % 3 === 1) return encodeRefusal('Query', { code: 8, reason: 'rate limit exceeded' });
      return good(query);
    });
    expect((await moveAll(opened, { batchBytes: 20_000 })).keys).toEqual(numbers(5000));
    expect(failures).toBeGreaterThan(9);
  });

  test('of a server that was started again come when it has loaded again', async () => {
    let asked = 0;
    const opened = await open(rowsFrom(3000), (query) => {
      const recovering = ++asked > 2 && asked < 6;
      return recovering
        ? encodeRefusal('Query', { code: 101, reason: 'collection not loaded' })
        : good(query);
    });
    expect((await moveAll(opened, { batchBytes: 20_000 })).keys).toEqual(numbers(3000));
  });

  test('of a collection that somebody has released are not waited for without end', async () => {
    let [asked, time] = [0, 0];
    const retry: RetryPolicy = { maxTimeMs: 1e9, sleep: () => Promise.resolve(), now: () => time += 5000 };
    const released = await open(
      rowsFrom(3000),
      (query) =>
        ++asked > 2 ? encodeRefusal('Query', { code: 101, reason: 'collection not loaded' }) : good(query),
      { retry },
    );
    expect(await moveAll(released, { batchBytes: 20_000 }).catch((error) => error)).toMatchObject({
      code: 'NotLoaded',
    });
    expect(asked).toBeLessThan(30);
  });

  test('that are too large are halved; one row that is too large is named', async () => {
    const largest = { rows: 100 };
    const opened = await open(rowsFrom(5000), (query) => {
      if (query.limit! > largest.rows && query.expression !== '') {
        throw grpcFailure(status.RESOURCE_EXHAUSTED, 'trying to send message larger than max');
      }
      return good(query);
    });
    expect((await moveAll(opened)).keys).toEqual(numbers(5000));
    largest.rows = 0;
    const error = await failure(moveAll(opened));
    expect(error).toMatchObject({ code: 'MessageTooLarge' });
    expect(String(error)).toContain('the row after key 1023 is too large');
  });

  test('are read one ahead of the consumer, and no further', async () => {
    const opened = await open(rowsFrom(10_000));
    const [range] = await opened.plan();
    const before = fake.calls.length;
    for await (const { batch } of opened.read(range, { batchBytes: 20_000 })) {
      expect(batch.length).toBeLessThan(2000);
      await Bun.sleep(50);
      expect(fake.calls.length - before).toBe(2);
      break;
    }
  });

  test('end at once with their signal', async () => {
    const hung = new Promise<never>(() => {});
    const opened = await open(rowsFrom(3000));
    const [range] = await opened.plan();
    const abort = new AbortController();
    const reading = (async () => {
      for await (const { batch } of opened.read(range, { batchBytes: 1e4, signal: abort.signal })) {
        expect(batch.length).toBeGreaterThan(0);
        setTimeout(() => abort.abort(new Error('enough')), 20);
        await Promise.race([hung, Bun.sleep(30)]);
      }
    })();
    expect(String(await failure(reading))).toContain('enough');
  });
});

/** `source` with its methods, to be changed. */
function methods(source: MilvusSource): MilvusSource {
  return {
    name: source.name,
    dataset: source.dataset,
    fingerprint: source.fingerprint,
    parallel: source.parallel!,
    collection: source.collection,
    plan: () => source.plan(),
    read: (range, request) => source.read(range, request),
    prove: (read) => source.prove!(read),
    close: () => source.close(),
  };
}
