/** Keys that are hard to go on from, keys that are there more than once, and pages and ranges of all sizes. */
import { Buffer } from 'node:buffer';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { liteServer, milvusServer, runPymilvus, type TestServer, uniqueName } from '../support/milvus.ts';
import { failure, nothing, scan, type TextRow, withSource } from './scan-support.ts';

const SERVERS = [['milvus', milvusServer], ['lite', liteServer]] as const;

/** Creates `args[0]` with a key of `kind`, a vector and more fields. */
const create = (kind: 'INT64' | 'VARCHAR', more = '', options = '') => `
schema = MilvusClient.create_schema(${options})
schema.add_field('id', DataType.${kind}, is_primary=True${kind === 'VARCHAR' ? ', max_length=200' : ''})
schema.add_field('n', DataType.INT64)
schema.add_field('v', DataType.FLOAT_VECTOR, dim=4)
${more}
index = client.prepare_index_params()
index.add_index('v', index_type='FLAT', metric_type='L2')
client.create_collection(args[0], schema=schema, index_params=index)
row = lambda i, n: {'id': i, 'n': n, 'v': [n, 1, 2, 3]}
`;

const keysOf = (rows: readonly TextRow[]) => rows.map((row) => String(row.id));
const numbersOf = (rows: readonly TextRow[]) => rows.map((row) => Number(row.n)).sort((a, b) => a - b);

/** Runs `use` over a collection that `code` makes, and drops it. */
async function withCollection(
  server: TestServer,
  code: string,
  use: (name: string) => Promise<void>,
  ...more: string[]
): Promise<void> {
  const name = uniqueName('d_keys');
  try {
    runPymilvus(server, code, name, ...more);
    await use(name);
  } finally {
    runPymilvus(server, 'client.drop_collection(args[0])', name);
  }
}

const TEXT_KEYS = [
  ...[
    '',
    'a',
    'a"b',
    "a'b",
    'a\\b',
    'a\\nb',
    'a\nb',
    'a\tb',
    'a\rb',
    'a\u0000b',
    'a\u0008b',
    'a%b',
    'a\\',
    '"',
    '\\',
    "'",
  ],
  ...[
    '\u0001',
    '\u001f',
    '\u007f',
    '\u0080',
    'é',
    '日本',
    '\u{1F600}',
    '\uffff',
    '\ue000',
    '\ufeffx',
    '\u2028',
  ],
  ...['{x}', '$meta', 'id > 0', '\\u0041', '" or id != "', 'a'.repeat(200), '日'.repeat(66)],
];

describe.each(SERVERS)('keys of %s', (kind, start) => {
  let server: TestServer;
  beforeAll(async () => void (server = await start()));

  test('text of any kind is gone on from, page by page', async () => {
    const code = `${create('VARCHAR')}
keys = json.loads(args[1])
client.insert(args[0], [row(k, i) for i, k in enumerate(keys)])`;
    const ordered = [...TEXT_KEYS].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    await withCollection(server, code, async (name) => {
      for (const batchBytes of [1, 200, 1e6]) {
        const { rows, notes } = await scan(server, name, {}, { batchBytes });
        expect(keysOf(rows)).toEqual(ordered);
        expect(notes).toEqual([]);
      }
      const split = await scan(server, name, { parallel: 3, splitRows: 4 }, { parallel: 3, batchBytes: 100 });
      expect(keysOf(split.rows).sort()).toEqual([...TEXT_KEYS].sort());
      const filtered = await scan(server, name, { filter: 'n < 10 or n == 20' }, { batchBytes: 1 });
      expect(numbersOf(filtered.rows)).toEqual([...Array(10).keys(), 20]);
    }, JSON.stringify(TEXT_KEYS));
  });

  test('integers from end to end; the largest is read, or its absence told', async () => {
    const [min, max] = [-(2n ** 63n), 2n ** 63n - 1n];
    const keys = [min, min + 1n, min + 2n, -5n, 0n, 1n, max - 1n, max];
    const code = `${create('INT64')}
client.insert(args[0], [row(int(k), i) for i, k in enumerate(json.loads(args[1]))])`;
    await withCollection(server, code, async (name) => {
      const read = keys.slice(0, kind === 'lite' ? 8 : 7).map(String);
      for (const batchBytes of [1, 1e6]) {
        const { rows, notes } = await scan(server, name, {}, { batchBytes });
        expect(keysOf(rows)).toEqual(read);
        expect(notes.join()).toBe(
          kind === 'lite'
            ? ''
            : '1 row with the key 9223372036854775807: this server counts it and does not give it out, so it was not read',
        );
      }
      const split = await scan(server, name, { parallel: 4, splitRows: 2 }, { parallel: 4 });
      expect(keysOf(split.rows).sort()).toEqual([...read].sort());
    }, JSON.stringify(keys.map(String)));
  });

  test('rows of the same key: one is read for each, and the count is explained', async () => {
    const code = `${create('INT64')}
for n in range(3):
    client.insert(args[0], [row(i, n) for i in range(3000)])
client.insert(args[0], [row(i, 9) for i in range(3000, 4000)])
client.delete(args[0], ids=[5, 6])
answer(client.query(args[0], output_fields=['count(*)'], consistency_level='Strong')[0]['count(*)'])`;
    await withCollection(server, code, async (name) => {
      for (const options of [{}, { parallel: 2, splitRows: 1000 }]) {
        for (const batchBytes of [20_000, 1e6]) {
          const { rows, notes, source } = await scan(server, name, options, { batchBytes, parallel: 2 });
          expect(new Set(keysOf(rows)).size).toBe(3998);
          expect(rows.length).toBe(3998);
          const surplus = source.dataset.rows! - 3998;
          expect(notes.join()).toContain(
            surplus === 0 ? '' : `${surplus.toLocaleString('en-US')} rows larger`,
          );
          if (kind === 'milvus') expect(surplus).toBeGreaterThan(0);
        }
      }
    });
  });

  test('keys that the server makes, a key of partitions, keys outside the schema', async () => {
    const code = `${
      create(
        'INT64',
        `schema.add_field('tenant', DataType.VARCHAR, max_length=20, is_partition_key=True)`,
        'auto_id=True, enable_dynamic_field=True',
      )
    }
client.insert(args[0], [{'n': n, 'v': [n, 0, 0, 0], 'tenant': 't%d' % (n % 20), 'more': n} for n in range(3000)])`;
    await withCollection(server, code, async (name) => {
      const { rows, source } = await scan(server, name, { parallel: 2, splitRows: 1000 }, {
        parallel: 2,
        batchBytes: 50_000,
      });
      expect(numbersOf(rows)).toEqual([...Array(3000).keys()]);
      expect(rows.every((row) => JSON.stringify(row.$meta) === `{"more":${row.n}}`)).toBe(true);
      expect(source.collection.partitionCount).toBeGreaterThan(1);
      expect(source.placementNote).toBeUndefined();
      for (const options of [{ partitions: ['_default_0'] }, { partitionColumn: 'p' }]) {
        expect(await failure(withSource(server, name, options, nothing))).toMatchObject({
          code: 'PlanRefused',
        });
      }
    });
  });
});

describe.each(SERVERS)('25,000 rows of %s', (kind, start) => {
  const name = uniqueName('d_many');
  let server: TestServer;
  beforeAll(async () => {
    server = await start();
    runPymilvus(
      server,
      `${create('VARCHAR')}
for start in range(0, 25000, 5000):
    client.insert(args[0], [row('document-%06d' % (i * 7919 % 25000), i) for i in range(start, start + 5000)])
client.delete(args[0], ids=['document-%06d' % i for i in range(100, 200)])`,
      name,
    );
  });
  afterAll(() => void runPymilvus(server, 'client.drop_collection(args[0])', name));

  test('are cut into even ranges and read several at a time', async () => {
    const { rows, notes } = await scan(server, name, { parallel: 4, splitRows: 4000 }, {
      parallel: 4,
      partBytes: 200_000,
      batchBytes: 100_000,
    });
    expect(rows.length).toBe(24_900);
    expect(new Set(keysOf(rows)).size).toBe(24_900);
    expect(notes).toEqual([]);
    await withSource(server, name, { parallel: 4, splitRows: 4000 }, async (source) => {
      const ranges = await source.plan();
      // Milvus Lite is read in one piece.
      if (kind === 'lite') return expect(ranges.length).toBe(1);
      expect(ranges.length).toBeGreaterThanOrEqual(8);
      expect(ranges.reduce((sum, range) => sum + range.rows!, 0)).toBe(24_900);
      for (const range of ranges) expect(range.rows!).toBeLessThan(24_900 / 4);
    });
  });

  test('a read goes on behind any batch, in another process too, and heeds its limit', async () => {
    const [range, cursor, seen] = await withSource(server, name, {}, async (source) => {
      const [range] = await source.plan();
      const keys: string[] = [];
      for await (const { batch, cursor } of source.read(range, { columns: ['id'], batchBytes: 20_000 })) {
        keys.push(...Array.from({ length: batch.length }, (_, row) => keyText(batch, row)));
        if (keys.length > 3000) return [range, cursor, keys] as const;
      }
      throw new Error('no rows');
    });
    await withSource(server, name, {}, async (source) => {
      const kept = JSON.parse(JSON.stringify({ range, cursor }));
      const rest: string[] = [];
      for await (
        const { batch } of source.read(kept.range, {
          columns: ['id'],
          after: kept.cursor,
          limit: 12_345,
          batchBytes: 1e6,
        })
      ) rest.push(...Array.from({ length: batch.length }, (_, row) => keyText(batch, row)));
      expect(rest.length).toBe(12_345);
      const all = [...seen, ...rest];
      expect(all).toEqual([...new Set(all)].sort());
    });
  });

  test('rows that another client writes or deletes meanwhile are told', async () => {
    await withSource(server, name, {}, async (source) => {
      const read = new Map<string, number>();
      const [range] = await source.plan();
      for await (const { batch } of source.read(range, { columns: ['id'], batchBytes: 100_000 })) {
        read.set(range.id, (read.get(range.id) ?? 0) + batch.length);
        if (read.get(range.id) === batch.length) {
          runPymilvus(
            server,
            `client.insert(args[0], [{'id': '!%d' % i, 'n': i, 'v': [0, 0, 0, 0]} for i in range(7)])`,
            name,
          );
        }
      }
      const notes = await source.prove!(read);
      expect(notes).toEqual([
        '7 rows came while the collection was read, without a snapshot, and may not have been read',
      ]);
      runPymilvus(
        server,
        `client.delete(args[0], ids=['!%d' % i for i in range(7)] + ['document-000300'])`,
        name,
      );
      const gone =
        '1 row was read that the server no longer counts: deleted or expired while the collection was read';
      let told: readonly string[] = [];
      // What is deleted goes when the server gets to it.
      for (let i = 0; i < 50 && told[0] !== gone; i++) told = await source.prove!(read);
      expect(told).toEqual([gone]);
      // As if a page had been lost.
      read.set(range.id, read.get(range.id)! - 500);
      expect(await failure(source.prove!(read))).toMatchObject({ code: 'RowsMissing' });
    });
  });
});

function keyText(
  batch: { columns: readonly { values: unknown; offsets: Int32Array | null }[] },
  row: number,
): string {
  const [{ values, offsets }] = batch.columns;
  return new TextDecoder().decode((values as Uint8Array).subarray(offsets![row], offsets![row + 1]));
}
