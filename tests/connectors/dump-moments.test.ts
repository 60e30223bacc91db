/**
 * Dumps of a hand-built server that has snapshots, which no server here has, and whose collection changes while its dump is
 * unfinished. Run through the executable.
 */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { status } from '@grpc/grpc-js';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VTS } from '../support/cli.ts';
import { collectionAnswers, type MilvusFake, startMilvusFake } from '../support/milvus-fake.ts';
import { decodeRequest, encodeReply, grpcFailure, type Members } from '../support/milvus-grpc.ts';

const BEGAN = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const FIELDS = [
  { fieldID: '100', name: 'id', dataType: 5, isPrimaryKey: true },
  { fieldID: '102', name: 'v', dataType: 101, typeParams: [{ key: 'dim', value: '2' }] },
];

/** A server with one collection. */
interface World {
  /** Rows by key: when they were written. */
  readonly rows: Map<number, number>;
  clock: number;
  id: string;
  fields: readonly Members[];
  /** Pages of rows that are answered before the connection breaks. */
  pages: number;
  /** When so many pages are left, the last 500 rows, which others have changed since, are removed for good. */
  compactedAt?: number;
}

let world: World;
let fake: MilvusFake;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vts-moments-'));
  const rows = new Map(Array.from({ length: 3000 }, (_, id) => [id, BEGAN - 1]));
  world = { rows, clock: BEGAN, id: '7', fields: FIELDS, pages: Infinity };
  fake = await startMilvusFake({
    ...collectionAnswers({ name: 'docs', schema: { fields: FIELDS } }),
    DescribeCollection: () => ({
      schema: { name: 'docs', fields: world.fields },
      collectionID: world.id,
      collectionName: 'docs',
      shardsNum: 1,
      numPartitions: '1',
      consistencyLevel: 2,
      dbName: 'default',
    }),
    Query: ({ request }) => answer(decodeRequest('Query', request)),
  });
});
afterEach(async () => {
  await fake.close();
  rmSync(folder, { recursive: true, force: true });
});

const stamp = (milliseconds: number) => BigInt(milliseconds) << 18n;

function answer(request: Record<string, unknown>): Uint8Array {
  const params = Object.fromEntries(
    (request.queryParams as { key: string; value: string }[]).map(({ key, value }) => [key, value]),
  );
  const asked = BigInt(request.guaranteeTimestamp as string);
  const outputs = request.outputFields as string[];
  const seen = asked > 0n ? asked : stamp(world.clock);
  const [, above] = /id > (-?\d+)/.exec(request.expr as string) ?? [, '-1'];
  const [, upTo] = /id <= (-?\d+)/.exec(request.expr as string) ?? [, '99999999'];
  const keys = [...world.rows].filter(([id, at]) =>
    stamp(at) <= seen && id > Number(above) && id <= Number(upTo)
  )
    .map(([id]) => id).sort((a, b) => a - b).slice(0, Number(params.limit ?? Infinity));
  if (outputs.includes('v') && world.pages === world.compactedAt) {
    for (let id = 2500; id < 3000; id++) world.rows.delete(id);
  }
  if (outputs.includes('v') && world.pages-- <= 0) throw grpcFailure(status.UNAVAILABLE, 'made to fail');
  const longData = { data: outputs[0] === 'count(*)' ? [`${keys.length}`] : keys.map(String) };
  const columns: Record<string, object> = {
    'count(*)': { type: 5, scalars: { longData } },
    id: { type: 5, scalars: { longData } },
    extra: { type: 5, scalars: { longData } },
    v: { type: 101, vectors: { dim: '2', floatVector: { data: keys.flatMap((key) => [key, -key]) } } },
  };
  return encodeReply('Query', {
    fieldsData: outputs.map((name) => ({ fieldName: name, ...columns[name] })),
    sessionTs: asked === 0n ? `${stamp(world.clock)}` : '0',
  });
}

const dump = (...flags: string[]) => run('dump', '', 'backup', ...flags);

/** The collection as Parquet files. */
const exportRows = (...flags: string[]) => run('export', '/docs', 'out', '--to', 'parquet', ...flags);

async function run(
  verb: string,
  collection: string,
  output: string,
  ...flags: string[]
): Promise<{ exit: number; stderr: string }> {
  const command = [
    VTS,
    verb,
    `milvus://${fake.address}/default${collection}`,
    output,
    '--part-size',
    '8KiB',
    '--parallel',
    '1',
    '--retry-max-time',
    '1ms',
    ...flags,
  ];
  const child = Bun.spawn(command, { cwd: folder, stdout: 'ignore', stderr: 'pipe', env: { HOME: folder } });
  const stderr = await new Response(child.stderr).text();
  return { exit: await child.exited, stderr };
}

/** The only collection of the finished dump. */
function collection() {
  const text = readFileSync(join(folder, 'backup/manifest.json'), 'utf8');
  return JSON.parse(text).collections[0];
}

async function interrupted(pages = 20): Promise<void> {
  world.pages = pages;
  expect((await dump()).exit).toBe(75);
  world.pages = Infinity;
  expect(readFileSync(join(folder, 'backup/journal.jsonl'), 'utf8')).toContain('"type":"part"');
}

const anything = { exit: 0, stderr: expect.anything() };

describe('a dump of a server with snapshots', () => {
  test('is of one moment, which the manifest names', async () => {
    expect(await dump()).toEqual(anything);
    expect(collection()).toMatchObject({
      rows: 3000,
      guarantee: 'one timestamp',
      timestamp: `${stamp(BEGAN)}`,
    });
  });

  test('that is gone on with is of the moment at which it began', async () => {
    await interrupted();
    world.clock = BEGAN + HOUR;
    for (let id = 3000; id < 3100; id++) world.rows.set(id, BEGAN + 10);
    expect(await dump('--resume')).toEqual(anything);
    expect(collection()).toMatchObject({
      rows: 3000,
      guarantee: 'one timestamp',
      timestamp: `${stamp(BEGAN)}`,
    });
  });

  test('whose moment is past stops, and goes on without when told so', async () => {
    await interrupted();
    world.clock = BEGAN + 5 * HOUR;
    for (let id = 3000; id < 3100; id++) world.rows.set(id, BEGAN + 10);
    const { exit, stderr } = await dump('--resume');
    expect([exit, stderr]).toEqual([7, expect.stringContaining('is past')]);
    expect(stderr).toContain('--not-consistent');
    expect(await dump('--resume', '--not-consistent')).toEqual(anything);
    const { rows, guarantee, timestamp } = collection();
    expect([rows, guarantee.slice(0, 5), timestamp]).toEqual([3100, 'none:', undefined]);
  });
});

describe('an export of a server with snapshots', () => {
  test('whose moment is past stops when it is gone on with', async () => {
    world.pages = 20;
    expect((await exportRows()).exit).toBe(75);
    world.pages = Infinity;
    world.clock = BEGAN + HOUR;
    const before = await exportRows('--resume');
    expect(before).toEqual(anything);
    rmSync(join(folder, 'out'), { recursive: true });
    world.pages = 20;
    expect((await exportRows()).exit).toBe(75);
    world.pages = Infinity;
    world.clock = BEGAN + 6 * HOUR;
    const { exit, stderr } = await exportRows('--resume');
    expect([exit, stderr]).toEqual([7, expect.stringContaining('is past')]);
  });
});

test('rows that vanish from a snapshot while it is read are missing, and no dump or export is done', async () => {
  for (const read of [dump, exportRows]) {
    for (let id = 2500; id < 3000; id++) world.rows.set(id, BEGAN - 1);
    [world.pages, world.compactedAt] = [1000, 998];
    const { exit, stderr } = await read();
    expect([exit, stderr]).toEqual([3, expect.stringContaining('500 rows of')]);
  }
});

describe('a collection that changed since its dump began', () => {
  test('as it was dropped and made again', async () => {
    await interrupted(40);
    world.id = '8';
    world.rows.clear();
    for (let id = 0; id < 40; id++) world.rows.set(id, BEGAN - 1);
    const { exit, stderr } = await dump('--resume');
    expect([exit, stderr]).toEqual([7, expect.stringContaining('it was dropped and made again')]);
    expect(await dump('--resume', '--not-consistent')).toEqual(anything);
    expect(collection()).toMatchObject({ rows: 40, id: '8', guarantee: 'one timestamp' });
    const check = Bun.spawnSync([VTS, 'verify', 'backup'], { cwd: folder });
    expect(check.stdout.toString()).toMatch(/^backup: \d files read, .* 40 rows: all is well\n$/);
  });

  test('as its fields did: the difference is told field by field', async () => {
    await interrupted();
    world.fields = [
      FIELDS[0],
      { ...FIELDS[1], typeParams: [{ key: 'dim', value: '4' }] },
      { fieldID: '103', name: 'extra', dataType: 5 },
    ];
    const { exit, stderr } = await dump('--resume');
    expect(exit).toBe(7);
    expect(stderr).toContain(
      'field "v" was {"type":"FloatVector","dim":2}, is {"type":"FloatVector","dim":4}',
    );
    expect(stderr).toContain('field "extra" is new: {"type":"Int64"}');
  });

  test('at the very end of it, too', async () => {
    let described = 0;
    const answers = collectionAnswers({ name: 'docs', schema: { fields: FIELDS } });
    await fake.close();
    fake = await startMilvusFake({
      ...answers,
      DescribeCollection: () => ({
        ...(answers.DescribeCollection as Members),
        collectionID: ++described > 2 ? '2' : '1',
      }),
      Query: ({ request }) => answer(decodeRequest('Query', request)),
    });
    const { exit, stderr } = await dump();
    expect([exit, stderr]).toEqual([7, expect.stringContaining('it was dropped and made again')]);
  });
});
