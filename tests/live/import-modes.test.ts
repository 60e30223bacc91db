/** What `--mode`, `--auto-id` and `--partition` do to real collections, as pymilvus sees it. */
import { afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { liteServer, milvusServer, runPymilvus, type TestServer, uniqueName } from '../support/milvus.ts';
import { type Batch, makeBatch } from '../../src/core/batch.ts';
import { type Field, field } from '../../src/core/schema.ts';
import { columnFromValues, type Value } from '../../src/core/values.ts';
import { dropAll, failureOf, importRows, readRows } from './import-support.ts';

const DIM = 4;
const ID = field('id', { kind: 'Int64' }, { primaryKey: true });
const TEXT = field('t', { kind: 'VarChar', maxLength: 20 });
const VECTOR = field('v', { kind: 'FloatVector', dim: DIM });

/** Rows of the fields given, from values by column; vectors are made up. */
function rowsOf(fields: readonly Field[], columns: readonly (readonly Value[])[]): Batch {
  const count = columns[0].length;
  const vectors = columnFromValues(
    VECTOR.type,
    Array.from({ length: count }, (_, row) => Float32Array.of(row, 1, 2, 3)),
  );
  return makeBatch({ fields: [...fields, VECTOR] }, [
    ...fields.map((f, i) => columnFromValues(f.type, columns[i])),
    vectors,
  ]);
}

/** Keys from `from` on, with a text that tells who wrote them. */
function keyed(from: number, count: number, text: string): Batch {
  const keys = Array.from({ length: count }, (_, i) => BigInt(from + i));
  return rowsOf([ID, TEXT], [keys, keys.map(() => text)]);
}

const sorted = (texts: readonly string[]) => [...texts].sort();

describe.each([['milvus', milvusServer], ['lite', liteServer]] as const)('import into %s', (kind, start) => {
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

  const texts = (name: string) => sorted(readRows(server, name, 'id >= 0').map((row) => `${row.id}${row.t}`));
  const expected = (...groups: readonly [number, number, string][]) =>
    sorted(
      groups.flatMap(([from, count, text]) => Array.from({ length: count }, (_, i) => `${from + i}${text}`)),
    );

  test('create, append, upsert, replace', async () => {
    const name = newName('modes');
    const alias = `${name}_alias`;
    const first = await importRows(server, name, [keyed(0, 50, 'a')]);
    expect(first.summary).toMatchObject({ rowsWritten: 50, rowsCounted: 50 });
    expect(await failureOf(importRows(server, name, [keyed(0, 50, 'b')]))).toMatchObject({
      code: 'OutputExists',
      details: { remedy: expect.stringContaining('--mode append') },
    });
    const appended = await importRows(server, name, [keyed(50, 30, 'b')], { sink: { mode: 'append' } });
    expect(appended.summary).toMatchObject({ rowsWritten: 30, rowsCounted: 30 });
    const upserted = await importRows(server, name, [keyed(40, 60, 'c')], { sink: { mode: 'upsert' } });
    expect(upserted.summary).toMatchObject({ rowsWritten: 60, rowsCounted: 60 });
    expect(texts(name)).toEqual(expected([0, 40, 'a'], [40, 60, 'c']));
    runPymilvus(server, 'client.create_alias(args[0], args[1])', name, alias);
    const replaced = await importRows(server, name, [keyed(7, 5, 'd')], { sink: { mode: 'replace' } });
    expect(replaced.summary).toMatchObject({ rowsWritten: 5, rowsCounted: 5 });
    expect(texts(name)).toEqual(expected([7, 5, 'd']));
    expect(texts(alias)).toEqual(expected([7, 5, 'd']));
    expect(
      runPymilvus(server, 'answer([c for c in client.list_collections() if c.startswith(args[0])])', name),
    )
      .toEqual([name]);
  });

  test('of rows with one key the last stays when they are upserted, also within a request', async () => {
    const name = newName('twice');
    await importRows(server, name, [keyed(0, 1, 'old')]);
    const keys = [0n, 1n, 1n, 2n, 1n, 0n];
    const rows = rowsOf([ID, TEXT], [keys, ['a', 'b', 'c', 'd', 'e', 'f']]);
    const { summary } = await importRows(server, name, [rows], { sink: { mode: 'upsert' } });
    expect(summary).toMatchObject({ rowsWritten: 6, rowsCounted: 6 });
    expect(texts(name)).toEqual(['0f', '1e', '2d']);
  });

  test('ids by the server: new ones, kept ones, and nothing without being told', async () => {
    const name = newName('auto');
    const made = { ...ID, autoId: true };
    const rows = rowsOf([made, TEXT], [[10n, 11n, 12n], ['a', 'b', 'c']]);
    expect(await failureOf(importRows(server, name, [rows]))).toMatchObject({
      code: 'PlanRefused',
      details: { remedy: '--auto-id keep (or --auto-id new)' },
    });
    const fresh = await importRows(server, name, [rows], { create: { autoId: 'new' } });
    expect(fresh.summary.rowsCounted).toBe(3);
    expect(fresh.notes[0]).toContain('the server makes new ids');
    expect(sorted(readRows(server, name, 'id >= 0').map((row) => String(row.t)))).toEqual(['a', 'b', 'c']);
    const more = await importRows(server, name, [rows], {
      sink: { mode: 'append' },
      create: { autoId: 'new' },
    });
    expect(more.summary.rowsCounted).toBe(3);
    const kept = newName('keep');
    const { notes } = await importRows(server, kept, [rows], { create: { autoId: 'keep' } });
    expect(notes[0]).toContain('are kept');
    expect(texts(kept)).toEqual(['10a', '11b', '12c']);
  });

  test('keys of text, with what breaks expressions in them', async () => {
    const name = newName('text');
    const id = field('id', { kind: 'VarChar', maxLength: 100 }, { primaryKey: true });
    const keys = ['', 'a"b', "a'b", 'a\\b', 'a\nb', '日本', 'x'.repeat(100)];
    await importRows(server, name, [rowsOf([id], [keys])]);
    const again = await importRows(server, name, [rowsOf([id], [[...keys, 'new']])], {
      sink: { mode: 'upsert' },
    });
    expect(again.summary).toMatchObject({ rowsWritten: 8, rowsCounted: 8 });
    expect(sorted(readRows(server, name, 'id >= ""').map((row) => String(row.id)))).toEqual(
      sorted([...keys, 'new']),
    );
  });

  test('rows go to the partition that a column names, or to the one that is named', async () => {
    const name = newName('parts');
    const rows = rowsOf([ID, TEXT, field('season', { kind: 'VarChar' })], [
      [1n, 2n, 3n, 4n, 5n],
      ['a', 'b', 'c', 'd', 'e'],
      ['spring', 'autumn', 'spring', '_default', 'spring'],
    ]);
    const { summary } = await importRows(server, name, [rows], { sink: { partitionColumn: 'season' } });
    expect(summary.rowsCounted).toBe(5);
    await importRows(server, name, [keyed(6, 1, 'f')], { sink: { mode: 'append', partition: 'winter' } });
    const code =
      `answer({p: sorted(r['id'] for r in client.query(args[0], filter='id >= 0', output_fields=['id'],
        partition_names=[p], consistency_level='Strong')) for p in client.list_partitions(args[0])})`;
    runPymilvus(server, 'client.release_collection(args[0]); client.load_collection(args[0])', name);
    expect(runPymilvus(server, code, name)).toEqual({
      _default: [4],
      spring: [1, 3, 5],
      autumn: [2],
      winter: [6],
    });
    expect(Object.keys(readRows(server, name, 'id == 1')[0])).toEqual(['id', 't', 'v']);
  });

  test('a partition key, dynamic keys, an index that was asked for, and no loading', async () => {
    const name = newName('settings');
    const { summary } = await importRows(server, name, [keyed(0, 10, 'a')], {
      create: {
        partitionKey: 't',
        dynamic: true,
        consistency: 'Strong',
        indexes: [{ field: 'v', type: 'HNSW', params: { M: '8', efConstruction: '40', metric_type: 'IP' } }],
        noLoad: true,
      },
    });
    expect(summary.rowsWritten).toBe(10);
    // What Milvus Lite makes is loaded from the start.
    expect(summary.rowsCounted).toBe(kind === 'lite' ? 10 : undefined);
    const about = runPymilvus(
      server,
      `
d = client.describe_collection(args[0])
i = client.describe_index(args[0], client.list_indexes(args[0])[0])
answer([d['enable_dynamic_field'], [f['name'] for f in d['fields'] if f.get('is_partition_key')], d['consistency_level'],
    i['index_type'], i['metric_type'], str(client.get_load_state(args[0])['state'])])`,
      name,
    );
    expect(about).toEqual([true, ['t'], 0, 'HNSW', 'IP', kind === 'lite' ? 'Loaded' : 'NotLoad']);
  });
});
