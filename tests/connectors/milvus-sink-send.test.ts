/**
 * Sending rows: every good one is stored exactly once and every bad one is named exactly once, whatever happens on the way. The
 * server here is one in memory, as no real one can be told to be busy, to lose replies, or to refuse rows at will.
 */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { VtsError } from '../../src/errors.ts';
import { batchBytes, concatBatches, makeBatch } from '../../src/core/batch.ts';
import { field } from '../../src/core/schema.ts';
import { columnFromValues, valueAt } from '../../src/core/values.ts';
import type { MilvusConnection } from '../../src/connectors/milvus/connection.ts';
import { distinctRuns, KeyGuard } from '../../src/connectors/milvus/sink/key-guard.ts';
import { createKeySpool } from '../../src/connectors/milvus/sink/key-spool.ts';
import { openRejectFile, rejectLine } from '../../src/connectors/milvus/sink/reject-file.ts';
import { rowsByKey, SLACK, slices } from '../../src/connectors/milvus/sink/requests.ts';
import { encodeMessage } from '../../src/connectors/milvus/codec/encode.ts';
import { createSender } from '../../src/connectors/milvus/sink/sender.ts';
import { Window } from '../../src/connectors/milvus/sink/window.ts';
import { createScratch } from '../../src/stores/file.ts';
import { protoDecode, protoEncode } from './milvus-codec-proto.ts';
import { everyKind, randomTable } from '../support/tables.ts';
import { temporaryFile } from '../live/import-support.ts';

const FIELDS = [
  field('id', { kind: 'Int64' }, { primaryKey: true }),
  field('t', { kind: 'VarChar', maxLength: 1000 }),
];

function rowsOf(texts: readonly (string | null)[]) {
  return makeBatch({ fields: FIELDS }, [
    columnFromValues(FIELDS[0].type, texts.map((_, i) => BigInt(i))),
    columnFromValues(FIELDS[1].type, texts),
  ]);
}

/** What the server does with a call. */
type Mood = 'takes' | 'busy' | 'away' | 'loses the reply' | 'breaks before' | 'stores half and fails';

/** A server in memory; `moods` are used up, then it takes all. */
function fakeServer(moods: Mood[], mostBytes: number, failure = 10001) {
  const stored = new Map<string, number>();
  const calls: { readonly method: string; readonly rows: number; readonly bytes: number }[] = [];
  const refuse = (code: number, reason: string) =>
    protoEncode('milvus.MutationResult', { status: { code, reason } });
  const call: MilvusConnection['call'] = (method, asked) => {
    const message = asked instanceof Uint8Array ? asked : encodeMessage([asked]);
    const mood = moods.shift() ?? 'takes';
    const request = protoDecode('milvus.InsertRequest', message) as {
      numRows: number;
      fieldsData: { scalars: { longData?: { data: string[] }; stringData?: { data: string[] } } }[];
    };
    calls.push({ method, rows: request.numRows, bytes: message.length });
    if (message.length > mostBytes) return Promise.reject(new VtsError('MessageTooLarge', 'too large'));
    if (mood === 'busy') return Promise.resolve(refuse(8, 'rate limit exceeded'));
    if (mood === 'away') return Promise.reject(new VtsError('Unreachable', 'away'));
    if (mood === 'breaks before') return Promise.reject(new VtsError('OutcomeUnknown', 'broke'));
    const keys = request.fieldsData[0].scalars.longData!.data;
    const texts = request.fieldsData[1].scalars.stringData!.data;
    const bad = texts.findIndex((text) => text.startsWith('bad'));
    if (bad >= 0) return Promise.resolve(refuse(1100, `bad text`));
    const half = mood === 'stores half and fails' ? keys.slice(0, Math.ceil(keys.length / 2)) : keys;
    for (const key of half) stored.set(key, method === 'Upsert' ? 1 : (stored.get(key) ?? 0) + 1);
    if (half !== keys) return Promise.resolve(refuse(failure, 'something went wrong'));
    if (mood === 'loses the reply') return Promise.reject(new VtsError('OutcomeUnknown', 'broke'));
    return Promise.resolve(
      protoEncode('milvus.MutationResult', {
        status: {},
        insertCnt: keys.length,
        IDs: { intId: { data: keys } },
      }),
    );
  };
  return { connection: { name: 'milvus://fake', call } as unknown as MilvusConnection, stored, calls };
}

const collection = { database: 'default', name: 'c' };
const retry = { maxTimeMs: 1e9, sleep: () => Promise.resolve(), random: () => 0.5, now: () => 0 };
const never = new AbortController().signal;

describe('a sender', () => {
  test('stores good rows once and names bad ones once, whatever the server does', async () => {
    const moods = fc.array(
      fc.constantFrom<Mood>(
        'takes',
        'busy',
        'away',
        'loses the reply',
        'breaks before',
        'stores half and fails',
      ),
      {
        maxLength: 12,
      },
    );
    const texts = fc.array(fc.constantFrom('good', 'bad', null, 'x'.repeat(300)), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(texts, moods, fc.constantFrom(200, 600, 3000), async (rows, list, most) => {
        const server = fakeServer([...list], most);
        const window = new Window(4, 1 << 20);
        const send = createSender({ connection: server.connection, collection, window, retry, keyed: true });
        const refused: number[] = [];
        const kept: bigint[] = [];
        const { accepted, lastId } = await send({
          batch: rowsOf(rows),
          partition: undefined,
          upsert: false,
          onRefused: (row) => refused.push(row),
          onStored: (batch) => {
            for (let row = 0; row < batch.length; row++) kept.push(valueAt(batch.columns[0], row) as bigint);
          },
        }, never);
        const tooLong = (text: string | null) => text !== null && text.length > 200 && most === 200;
        const bad = rows.flatMap((text, row) =>
          text === 'bad' || text === null || tooLong(text) ? [row] : []
        );
        const good = rows.map((_, row) => row).filter((row) => !bad.includes(row));
        expect(refused).toEqual(bad);
        expect(accepted).toBe(good.length);
        expect(kept.map(Number)).toEqual(good);
        expect([...server.stored].sort((a, b) => Number(a[0]) - Number(b[0]))).toEqual(
          good.map((row) => [String(row), 1]),
        );
        expect(lastId).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  test('sends rows again by upsert where they may be stored, and never rows without keys', async () => {
    const keyed = fakeServer(['loses the reply'], 1e9);
    const window = new Window(4, 1 << 20);
    const request = { batch: rowsOf(['a', 'b']), partition: 'p', upsert: false, onRefused: () => {} };
    await createSender({ connection: keyed.connection, collection, window, retry, keyed: true })(
      request,
      never,
    );
    expect(keyed.calls.map(({ method }) => method)).toEqual(['Insert', 'Upsert']);
    const plain = fakeServer(['loses the reply'], 1e9);
    const send = createSender({ connection: plain.connection, collection, window, retry, keyed: false });
    const error = await send(request, never).catch((e) => e);
    expect(error).toMatchObject({
      code: 'OutcomeUnknown',
      details: { remedy: expect.stringContaining('--resume') },
    });
    expect(plain.calls.length).toBe(1);
  });

  test('sends pieces by upsert too when their request may be stored', async () => {
    const batch = rowsOf(Array.from({ length: 4000 }, () => 'x'.repeat(500)));
    const server = fakeServer(['loses the reply', 'busy', 'busy', 'busy'], 1e9);
    const window = new Window(1, 2 << 20);
    const send = createSender({ connection: server.connection, collection, window, retry, keyed: true });
    await send({ batch, partition: undefined, upsert: false, onRefused: () => {} }, never);
    expect(server.calls.map(({ method }) => method).slice(0, 3)).toEqual(['Insert', 'Upsert', 'Upsert']);
    expect(server.calls.at(-1)!.rows).toBeLessThan(4000);
    expect([...server.stored.values()].every((times) => times === 1)).toBe(true);
  });

  test('takes a failure of the server for no fault of the rows, some of which may be stored', async () => {
    const window = new Window(4, 1 << 20);
    const refused: number[] = [];
    const sending = (server: ReturnType<typeof fakeServer>, keyed: boolean) =>
      createSender({ connection: server.connection, collection, window, retry, keyed })({
        ...{ batch: rowsOf(['a', 'b', 'c']), partition: undefined, upsert: false },
        onRefused: (row) => refused.push(row),
      }, never);
    // Out of time; its log could not be written; anything else.
    for (const code of [10001, 1302, 65535]) {
      const server = fakeServer(['stores half and fails'], 1e9, code);
      expect(await sending(server, true)).toMatchObject({ accepted: 3 });
      expect([...server.stored.values()]).toEqual([1, 1, 1]);
      const plain = fakeServer(['stores half and fails'], 1e9, code);
      expect(await sending(plain, false).catch((e) => e)).toMatchObject({ code: 'OutcomeUnknown' });
      expect(plain.calls.length).toBe(1);
    }
    const broken = fakeServer(Array.from({ length: 99 }, () => 'stores half and fails' as const), 1e9, 65535);
    expect(await sending(broken, true).catch((e) => e)).toMatchObject({ code: 'ServerRefused' });
    expect(refused).toEqual([]);
  });

  test('tries rows without keys again where they cannot be stored', async () => {
    const server = fakeServer(['busy', 'away', 'busy'], 1e9);
    const window = new Window(4, 1 << 20);
    const send = createSender({ connection: server.connection, collection, window, retry, keyed: false });
    const batch = rowsOf(['a', 'bad', 'c', 'd']);
    const { lastId } = await send({ batch, partition: 'p', upsert: false, onRefused: () => {} }, never);
    expect(server.calls.slice(0, 4).map(({ method }) => method)).toEqual(Array(4).fill('Insert'));
    // What the server made last is where an interrupted job goes on from.
    expect(lastId).toBe(3n);
  });

  test('sends less at a time to a server that is busy, then more again', async () => {
    const batch = rowsOf(Array.from({ length: 4000 }, () => 'x'.repeat(500)));
    const server = fakeServer(Array.from({ length: 7 }, () => 'busy' as const), 1e9);
    const window = new Window(4, 2 << 20);
    const send = createSender({ connection: server.connection, collection, window, retry, keyed: true });
    await send({ batch, partition: undefined, upsert: false, onRefused: () => {} }, never);
    expect(window.limit).toBe(1);
    // 4, 2, 1 at a time; then 2 MiB, 1 MiB, ... to 64 KiB in five steps.
    expect(Math.min(...server.calls.slice(7, 20).map(({ bytes }) => bytes))).toBeLessThan(SLACK * (64 << 10));
    expect(server.stored.size).toBe(4000);
    expect(window.bytes).toBeGreaterThan(64 << 10);
  });
});

describe('a window', () => {
  test('lets no more in than it has places for, in order', async () => {
    const window = new Window(2, 1000);
    const order: number[] = [];
    const enter = (n: number) => window.enter().then(() => order.push(n));
    await Promise.all([enter(1), enter(2)]);
    const waiting = [enter(3), enter(4)];
    await Promise.resolve();
    expect(order).toEqual([1, 2]);
    window.leave();
    await waiting[0];
    expect(order).toEqual([1, 2, 3]);
    window.leave();
    await waiting[1];
    expect(order).toEqual([1, 2, 3, 4]);
  });

  test('slows down once for all requests of one pace', () => {
    const window = new Window(8, 1 << 20);
    const { pace } = window;
    for (let i = 0; i < 5; i++) window.slowDown(pace);
    expect(window.limit).toBe(4);
    window.slowDown(window.pace);
    window.slowDown(window.pace);
    expect([window.limit, window.bytes]).toEqual([1, 1 << 20]);
    window.slowDown(window.pace);
    expect(window.bytes).toBe(1 << 19);
    for (let i = 0; i < 16; i++) window.succeeded();
    expect([window.limit, window.bytes]).toEqual([1, 1 << 20]);
    for (let i = 0; i < 16 * 7; i++) window.succeeded();
    expect(window.limit).toBe(8);
  });

  test('gives up a place in the queue when the signal fires', async () => {
    const window = new Window(1, 1000);
    await window.enter();
    const stop = new AbortController();
    const waiting = window.enter(stop.signal).catch((error) => error);
    stop.abort('enough');
    expect(await waiting).toBe('enough');
    window.leave();
    await window.enter();
  });
});

describe('requests', () => {
  test('hold all rows in order, and no more bytes than asked for unless a row alone is larger', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 50, max: 20_000 }), (rows, bytes) => {
        const batch = randomTable(everyKind(8), { rows, seed: rows + 1 });
        const found = [...slices(batch, bytes)];
        for (const slice of found) {
          expect(slice.batch.length === 1 || batchBytes(slice.batch) <= SLACK * bytes).toBe(true);
        }
        let at = 0;
        for (const { start, batch: { length } } of found) {
          expect(start).toBe(at);
          at += length;
        }
        expect(at).toBe(rows);
        if (rows > 0) {
          const ids = concatBatches(found.map((slice) => slice.batch)).columns[0].values;
          expect(ids).toEqual(batch.columns[0].values);
        }
      }),
    );
  });

  test('take the rows of each partition together, in order', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('a', 'b', 'c')), (keys) => {
      const groups = rowsByKey(keys);
      for (const [key, runs] of groups) {
        const rows = runs.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i));
        expect(rows).toEqual(keys.flatMap((other, row) => other === key ? [row] : []));
      }
      expect([...groups.keys()]).toEqual([...new Set(keys)]);
    }));
  });
});

describe('keys', () => {
  test('differ within each run', () => {
    fc.assert(fc.property(fc.array(fc.bigInt({ min: 0n, max: 5n })), (keys) => {
      let from = 0;
      for (const end of distinctRuns(keys)) {
        const run = keys.slice(from, end);
        expect(new Set(run).size).toBe(run.length);
        expect(run.length).toBeGreaterThan(0);
        from = end;
      }
      expect(from).toBe(keys.length);
    }));
  });

  test('wait for those that are on their way', async () => {
    const guard = new KeyGuard();
    const letGo = await guard.take([1n, 2n]);
    await guard.take([3n]);
    // Two wait for the same key, and one after the other gets it.
    const order: string[] = [];
    const waiting = ['a', 'b'].map(async (name) => {
      const done = await guard.take([2n]);
      order.push(`${name} takes`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      order.push(`${name} lets go`);
      done();
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(order).toEqual([]);
    letGo();
    await Promise.all(waiting);
    expect(order).toEqual(['a takes', 'a lets go', 'b takes', 'b lets go']);
    await guard.take([1n, 2n]);
  });

  test('come back from a spool as they went in', () => {
    const integers = fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 20 });
    const texts = fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 20 });
    for (const [kind, keys] of [['Int64', integers], ['VarChar', texts]] as const) {
      fc.assert(
        fc.property(fc.array(keys as fc.Arbitrary<(bigint | string)[]>, { maxLength: 5 }), (batches) => {
          const spool = createKeySpool(createScratch(tmpdir()));
          for (const batch of batches) spool.add(columnFromValues({ kind }, batch));
          expect(spool.rows).toBe(batches.flat().length);
          expect([...spool.batches()].flat()).toEqual(batches.flat());
          spool.close();
        }),
        { numRuns: 30 },
      );
    }
  });

  test('of many bytes come back in pieces', () => {
    const keys = Array.from({ length: 30 }, (_, i) => `${i}`.padEnd(60_000, 'x'));
    const spool = createKeySpool(createScratch(tmpdir()));
    spool.add(columnFromValues({ kind: 'VarChar' }, keys));
    const batches = [...spool.batches()];
    expect(batches.length).toBeGreaterThan(5);
    expect(batches.flat()).toEqual(keys);
    spool.close();
  });
});

describe('a reject file', () => {
  test('holds rows as JSON lines with the reason, and forgets those of parts that were not finished', async () => {
    using file = temporaryFile('rejected.jsonl');
    const batch = rowsOf(['a', 'b"c']);
    const first = openRejectFile(file.path, undefined);
    const size = first.append([rejectLine(batch, 0, 'too "long"')]);
    first.append([rejectLine(batch, 1, 'lost')]);
    const second = openRejectFile(file.path, size);
    second.append([rejectLine(batch, 1, 'again')]);
    expect((await Bun.file(file.path).text()).trimEnd().split('\n').map((line) => JSON.parse(line))).toEqual([
      { id: 0, t: 'a', $reject: 'too "long"' },
      { id: 1, t: 'b"c', $reject: 'again' },
    ]);
    expect(() => openRejectFile(file.path, undefined)).toThrow('holds rows already');
    rmSync(file.path);
    openRejectFile(file.path, undefined).append([]);
    expect(await Bun.file(file.path).exists()).toBe(false);
  });
});
