/** Plans against a real Milvus 2.3.5: what they say of a server, and that nothing there or here changes. */
import { expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { PLAN_EXAMPLES, VERIFY_EXAMPLES } from '../../src/cli/examples.ts';
import { milvusServer } from '../support/milvus.ts';
import { type ServerWorkspace, serverWorkspace } from './cli-server.ts';

const server = await milvusServer();
const DB = 'milvus://localhost/default';

/** What is on the server, load states and counts included. */
function sight(place: ServerWorkspace): string {
  const { exit, stdout } = place.run(`vts inspect ${DB} --json`);
  expect(exit).toBe(0);
  return stdout;
}

/** The plan that `command` prints, which leaves everything as it is. */
function planned(place: ServerWorkspace, command: string) {
  const before = [sight(place), readdirSync(place.path, { recursive: true })];
  const { exit, stdout, stderr } = place.run(`${command} --json`);
  expect([sight(place), readdirSync(place.path, { recursive: true })]).toEqual(before);
  const events = stdout.trim().split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
  const error = events.find(({ type }) => type === 'error');
  return { exit, stderr, plan: events.find(({ type }) => type === 'plan'), error };
}

test('plans say what would be made, and what stands in the way', async () => {
  await using place = await serverWorkspace(server, 'plans');
  const fresh = planned(
    place,
    `vts plan vectors.parquet ${DB}/docs --id id --metric L2 --index vector:HNSW{M:8}`,
  );
  expect(fresh.exit).toBe(0);
  expect(fresh.plan).toMatchObject({
    command: 'import',
    rows: 300,
    makes: [
      'the collection docs: id Int64 (primary key), year Int32, vector FloatVector(8)',
      'the index HNSW on "vector"',
    ],
    problems: [],
  });
  const lacking = planned(place, `vts plan vectors.parquet ${DB}/docs --mode append --id id`);
  expect([lacking.exit, lacking.error.message]).toEqual([
    2,
    expect.stringContaining('there is no collection'),
  ]);

  expect(place.run(`vts import vectors.parquet ${DB}/docs --id id --metric L2 --quiet`).exit).toBe(0);
  const there = planned(place, `vts import vectors.parquet ${DB}/docs --id id --metric L2 --dry-run`);
  expect([there.exit, there.error.code]).toEqual([2, 'PlanRefused']);
  expect(there.plan.problems).toEqual([
    {
      code: 'OutputExists',
      message: expect.stringContaining('has 300 rows already'),
      remedy: expect.any(String),
    },
  ]);
  expect(planned(place, `vts plan vectors.parquet ${DB}/docs --id id --mode upsert`)).toMatchObject({
    exit: 0,
    plan: { rows: 300, makes: [] },
  });
  const lossy = planned(
    place,
    `vts plan vectors.parquet ${DB}/slim --id id --metric L2 --cast vector:float16`,
  );
  expect([lossy.exit, lossy.error.message]).toEqual([2, expect.stringContaining('"vector"')]);

  const copied = planned(place, `vts plan ${DB}/docs ${DB}/twin`);
  expect([copied.exit, copied.plan.command, copied.plan.rows]).toEqual([0, 'copy', 300]);
  const exported = planned(place, `vts plan ${DB}/docs docs.faiss --fields id,vector`);
  expect([exported.exit, exported.plan.command, exported.plan.makes]).toEqual([0, 'export', [
    'the file docs.faiss',
  ]]);
  expect(planned(place, `vts plan ${DB} backup/`)).toMatchObject({
    exit: 0,
    plan: { command: 'dump', rows: 300 },
  });
  expect(place.run(`vts dump ${DB} backup --quiet`).exit).toBe(0);
  expect(planned(place, `vts plan backup ${DB} --rename docs=again`)).toMatchObject({
    exit: 0,
    plan: { command: 'restore', rows: 300 },
  });
});

test('a plan does not load what is not loaded', async () => {
  await using place = await serverWorkspace(server, 'plans_unloaded');
  const make = `vts import vectors.parquet ${DB}/docs --id id --metric L2 --no-load --quiet`;
  expect(place.run(make)).toMatchObject({ exit: 0 });
  const refused = planned(place, `vts plan ${DB}/docs docs.jsonl`);
  expect([refused.exit, refused.error.remedy]).toEqual([2, expect.stringContaining('add --load')]);
  const { exit, plan } = planned(place, `vts plan ${DB}/docs docs.jsonl --load`);
  expect([exit, plan.rows, plan.notes]).toEqual([
    0,
    300,
    expect.arrayContaining([expect.stringContaining('it is going to be loaded, and released afterwards')]),
  ]);
});

test('the examples of plan and verify work', async () => {
  await using place = await serverWorkspace(server, 'plan_examples');
  place.run(
    `vts import vectors.parquet ${DB}/docs --id id --metric L2 --quiet && vts dump ${DB} backup --quiet`,
  );
  for (const { command } of [...VERIFY_EXAMPLES, ...PLAN_EXAMPLES]) {
    const { exit, stderr } = place.run(command);
    expect(`${command}: ${exit} ${exit === 0 ? '' : stderr}`).toBe(`${command}: 0 `);
  }
});
