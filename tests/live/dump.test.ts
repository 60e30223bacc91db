/** Databases are dumped, dropped and restored on real servers, and are what they were. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DUMP_EXAMPLES, RESTORE_EXAMPLES, VERIFY_EXAMPLES } from '../../src/cli/examples.ts';
import { type Workspace, workspace } from '../support/cli.ts';
import { liteServer, milvusServer, runPymilvus, type TestServer } from '../support/milvus.ts';
import { serverWorkspace } from './cli-server.ts';
import { clear, fill, type Sight, sightOf } from './dump-support.ts';

const milvus = await milvusServer();
const lite = await liteServer();
const [NAME, COPY] = ['dump_test', 'dump_test_copy'];

/** Runs `command`, in which `SERVER` stands for the address, and fails unless it succeeds. */
function ok(place: Workspace, server: TestServer, command: string): { stdout: string; stderr: string } {
  const { exit, stdout, stderr } = place.run(command.replaceAll('SERVER', `milvus://${server.address}`));
  expect(`${command}: ${exit} ${exit === 0 ? '' : stdout + stderr}`).toBe(`${command}: 0 `);
  return { stdout, stderr };
}

function fails(place: Workspace, server: TestServer, command: string, exit: number): string {
  const run = place.run(command.replaceAll('SERVER', `milvus://${server.address}`));
  expect([command, run.exit]).toEqual([command, exit]);
  return run.stderr;
}

/** What `sight` would be with the ids of "made" as plain keys, which is what `--auto-id keep` makes of them. */
function withPlainKeys(sight: Sight): Sight {
  const text = JSON.stringify(sight.made).replace('"auto_id":true', '"auto_id":false').replace(
    ',"auto_id":true',
    '',
  );
  return { ...sight, made: JSON.parse(text) };
}

describe('a whole database comes back as it was', () => {
  test('on Milvus 2.3.5', () => {
    using place = workspace();
    fill(milvus, NAME);
    try {
      const before = sightOf(milvus, NAME);
      ok(place, milvus, `vts dump SERVER/${NAME} backup --parallel 3 --part-size 64KiB --quiet`);
      expect(ok(place, milvus, 'vts verify backup').stdout).toContain('1,520 rows: all is well');
      ok(place, milvus, 'cd backup && sha256sum --quiet -c SHA256SUMS');
      clear(milvus, NAME);
      expect(fails(place, milvus, `vts restore backup SERVER`, 2)).toContain(
        '--auto-id keep (or --auto-id new)',
      );
      ok(place, milvus, `vts restore backup SERVER --auto-id keep --quiet`);
      expect(sightOf(milvus, NAME)).toEqual(withPlainKeys(before));
      expect(readdirSync(place.path).filter((name) => name.startsWith('backup'))).toEqual(['backup']);
    } finally {
      clear(milvus, NAME);
    }
  });

  test('on Milvus Lite, with nulls, defaults, sparse vectors and functions', () => {
    using place = workspace();
    fill(lite, NAME);
    try {
      const before = sightOf(lite, NAME);
      ok(place, lite, `vts dump SERVER/${NAME} backup --quiet`);
      expect(ok(place, lite, 'vts verify backup').stdout).toContain('450 rows: all is well');
      clear(lite, NAME);
      ok(place, lite, `vts restore backup SERVER --quiet`);
      expect(sightOf(lite, NAME)).toEqual(before);
    } finally {
      clear(lite, NAME);
    }
  });
});

test('the examples of the help work one after the other', async () => {
  await using place = await serverWorkspace(lite, 'dump_examples');
  const first = 'vts import vectors.parquet milvus://localhost/default/docs --id id --metric L2';
  const examples = [...DUMP_EXAMPLES, ...VERIFY_EXAMPLES, ...RESTORE_EXAMPLES].map(({ command }) => command);
  for (const command of [first, ...examples]) {
    const { exit, stderr } = place.run(command);
    expect(`${command}: ${exit} ${exit === 0 ? '' : stderr}`).toBe(`${command}: 0 `);
  }
});

describe('dumps of every released format are restored', () => {
  const folder = resolve(import.meta.dirname!, '../../fixtures/dumps');
  for (
    const name of readdirSync(folder).filter((one) => existsSync(join(folder, one, 'manifest.json'))).sort()
  ) {
    test(name, () => {
      using place = workspace();
      const server = name.includes('lite') ? lite : milvus;
      clear(server, COPY);
      try {
        ok(place, server, `vts restore ${folder}/${name} SERVER/${COPY} --state state --quiet`);
        const expected = JSON.parse(readFileSync(join(folder, `${name}.expected.json`), 'utf8'));
        const restored = sightOf(server, COPY);
        expect(Object.keys(restored)).toEqual(Object.keys(expected));
        for (
          const [collection, partitions] of Object.entries(
            expected as Record<string, Record<string, unknown[]>>,
          )
        ) {
          expect(Object.values(restored[collection].rows as object).flat().length)
            .toBe(Object.values(partitions).flat().length);
        }
      } finally {
        clear(server, COPY);
      }
    });
  }
});

describe('on Milvus Lite', () => {
  let before: Sight;
  let place: Workspace;
  beforeAll(() => {
    place = workspace();
    fill(lite, NAME);
    before = sightOf(lite, NAME);
    ok(place, lite, `vts dump SERVER/${NAME} backup --quiet`);
  });
  afterAll(() => {
    place[Symbol.dispose]();
    clear(lite, NAME, COPY);
  });

  afterEach(() => clear(lite, COPY));

  test('collections are chosen by names and patterns, and given others', () => {
    ok(place, lite, `vts dump SERVER --collection '${NAME}/k*' --collection ${NAME}/bare some --quiet`);
    expect(JSON.parse(ok(place, lite, 'vts inspect some --json').stdout).manifest.collections).toMatchObject([
      { name: 'bare', rows: 0 },
      { name: 'keyed', rows: 100 },
    ]);
    expect(fails(place, lite, `vts dump SERVER/${NAME} none --collection 'x*'`, 6)).toContain(
      'no collection "x*"',
    );
    expect(existsSync(place.file('none'))).toBe(false);
    ok(
      place,
      lite,
      `vts restore backup SERVER --collection keyed --rename keyed=cles --database-map ${NAME}=${COPY} --quiet`,
    );
    ok(place, lite, `vts restore backup SERVER/${COPY}/again --collection keyed --quiet`);
    const copy = sightOf(lite, COPY);
    expect(Object.keys(copy)).toEqual(['again', 'cles']);
    expect(copy.cles.rows).toEqual(before.keyed.rows);
    clear(lite, COPY);
    expect(fails(place, lite, `vts restore backup SERVER --rename x=y`, 2)).toContain(
      'no collection "x" is restored',
    );
    const twins = fails(place, lite, `vts restore backup SERVER/${COPY} --rename keyed=mixed`, 2);
    expect(twins).toContain('Two collections would become "mixed"');
  });

  test('partitions are chosen, and rows come back into them', () => {
    ok(place, lite, `vts restore backup SERVER/${COPY} --collection mixed --partition p1 --no-load --quiet`);
    const { mixed } = sightOf(lite, COPY);
    expect(mixed.partitions).toEqual(['_default', 'p1']);
    const rows = runPymilvus(
      lite,
      `client.use_database('${COPY}'); client.load_collection('mixed'); answer(len(client.query('mixed', filter='id >= 0', limit=9999)))`,
    );
    expect(rows).toBe(100);
    clear(lite, COPY);
    expect(fails(place, lite, `vts restore backup SERVER/${COPY} --partition p9`, 6)).toContain(
      'has no partition "p9"',
    );
    // Partitions of one collection only: the rows of the others are spread by a key.
    ok(place, lite, `vts dump SERVER/${NAME}/mixed one --partition p1 --quiet`);
    const lacking = fails(place, lite, `vts dump SERVER/${NAME} lacking --partition p1`, 6);
    expect(lacking).toContain('collection "bare" has no partition "p1"');
    expect(existsSync(place.file('lacking'))).toBe(false);
    expect(JSON.parse(ok(place, lite, 'vts inspect one --json').stdout)).toMatchObject({ rows: 100 });
  });

  test('--schema-only makes all but the rows', () => {
    ok(place, lite, `vts restore backup SERVER/${COPY} --schema-only --quiet`);
    const copy = sightOf(lite, COPY);
    for (const [name, facts] of Object.entries(before)) {
      const { rows: _, indexes, ...rest } = facts;
      const { rows = [], indexes: built, ...made } = copy[name];
      expect([name, made, rows]).toEqual([name, rest, []]);
      const noRows = JSON.stringify(indexes).replaceAll(/("(?:indexed|total)_rows"):\d+/g, '$1:0');
      expect(JSON.stringify(built)).toBe(noRows);
    }
  });

  test('what is there already is refused, skipped, added to or replaced, as the user says', () => {
    ok(place, lite, `vts restore backup SERVER/${COPY} --collection mixed --quiet`);
    const again = `vts restore backup SERVER/${COPY} --collection mixed --collection keyed`;
    const refused = fails(place, lite, again, 7);
    expect(refused).toContain('has 300 rows already');
    expect(Object.keys(sightOf(lite, COPY))).toEqual(['mixed']);
    expect(ok(place, lite, `${again} --mode skip`).stderr).toContain('mixed is there already and is skipped');
    expect(sightOf(lite, COPY)).toEqual({ keyed: before.keyed, mixed: before.mixed });
    runPymilvus(lite, `client.use_database('${COPY}'); client.delete('mixed', filter='id < 150')`);
    ok(place, lite, `vts restore backup SERVER/${COPY} --collection mixed --mode upsert --quiet`);
    expect(sightOf(lite, COPY).mixed.rows).toEqual(before.mixed.rows);
    runPymilvus(lite, `client.use_database('${COPY}'); client.delete('mixed', filter='id < 150')`);
    ok(place, lite, `vts restore backup SERVER/${COPY} --collection mixed --mode replace --quiet`);
    expect(sightOf(lite, COPY).mixed).toEqual(before.mixed);
  });

  test('--verify compares rows one by one; --resume of what is there in full has nothing left to do', () => {
    const restore = `vts restore backup SERVER/${COPY} --collection mixed --collection keyed`;
    const { stderr, stdout } = ok(place, lite, `${restore} --verify`);
    expect(stderr).toContain(`/${COPY}/mixed: 300 rows are equal to those of the dump, one by one`);
    expect(stdout + stderr).toContain('400 rows');
    // As after a kill between the end of the journal and the end of the process.
    const again = ok(place, lite, `${restore} --resume`);
    expect(again.stderr).toContain('mixed is there already, row by row as it is in the dump');
    expect(again.stdout + again.stderr).toContain('400 rows (400 of them by earlier runs)');
    expect(fails(place, lite, restore, 7)).toContain('has 300 rows already');
    ok(place, lite, `${restore} --mode upsert --verify --quiet`);
    runPymilvus(lite, `client.use_database('${COPY}'); client.delete('mixed', filter='id == 7')`);
    expect(fails(place, lite, `${restore} --resume`, 7)).toContain('has 299 rows already');
    expect(fails(place, lite, `${restore} --verify --no-load`, 2)).toContain(
      '--verify and --no-load contradict',
    );
  });

  test('what only the server has is told by verify, where the dump has all', () => {
    ok(place, lite, `vts restore backup SERVER/${COPY} --quiet`);
    ok(place, lite, `vts verify backup SERVER/${COPY}`);
    const extra = `client.use_database('${COPY}'); client.create_collection('extra', dimension=4)`;
    runPymilvus(lite, extra);
    const found = place.run(`vts verify backup milvus://${lite.address}/${COPY}`);
    expect([found.exit, found.stdout]).toEqual([
      4,
      expect.stringContaining('! there is no such collection in A'),
    ]);
    expect(found.stderr).toContain(`/${COPY}/extra`);
    const servers = `vts verify SERVER/${NAME} milvus://${lite.address}/${COPY} --json`;
    expect(fails(place, lite, servers, 4)).toBe('');
    ok(place, lite, `vts verify backup SERVER/${COPY} --collection mixed --collection bare`);
    ok(place, lite, `vts dump SERVER/${NAME} chosen --collection 'm*' --quiet`);
    ok(place, lite, `vts verify chosen SERVER/${COPY}`);
  });

  test('what an old server lacks is told by a plan, before anything is made', () => {
    const plan = `vts restore backup milvus://${milvus.address}/${COPY} --dry-run`;
    const refused = fails(place, lite, plan, 2);
    expect(refused).toMatch(/Milvus 2\.3|null|sparse/i);
    expect(fails(place, lite, plan.replace('--dry-run', ''), 2)).toBe(refused);
    const databases = `vts inspect milvus://${milvus.address} --json`;
    expect(ok(place, lite, databases).stdout).not.toContain(`"${COPY}"`);
  });

  test('an alias that leads elsewhere stays, is named, and moves when asked', () => {
    const elsewhere =
      `client.create_database('${COPY}'); client.use_database('${COPY}'); client.create_collection('other', dimension=4); client.create_alias('other', 'blend')`;
    runPymilvus(lite, elsewhere);
    const { stderr } = ok(place, lite, `vts restore backup SERVER/${COPY} --collection mixed`);
    expect(stderr).toContain('the alias "blend" leads to "other" and stays there');
    expect(sightOf(lite, COPY).other.aliases).toEqual(['blend']);
    ok(
      place,
      lite,
      `vts restore backup SERVER/${COPY} --collection mixed --mode replace --move-aliases --quiet`,
    );
    const copy = sightOf(lite, COPY);
    expect([copy.other.aliases, copy.mixed.aliases]).toEqual([[], ['blend']]);
  });

  test('--dry-run says what would be done, and does nothing', () => {
    const dump = ok(place, lite, `vts dump SERVER/${NAME} dry --dry-run`).stdout;
    expect(dump).toContain('4 collections, 450 rows');
    expect(existsSync(place.file('dry'))).toBe(false);
    const again = `vts restore backup SERVER/${NAME} --dry-run`;
    expect(fails(place, lite, again, 2)).toContain('has 300 rows already');
    expect(ok(place, lite, `${again} --mode skip`).stdout).toContain('is there already');
    const fresh = ok(place, lite, `vts restore backup SERVER/${COPY} --dry-run`).stdout;
    expect(fresh).toMatch(/time: .* to read, as measured on [\d,]+ rows/);
    expect(sightOf(lite, NAME)).toEqual(before);
    expect(readdirSync(place.path).filter((name) => name.endsWith('.restore'))).toEqual([]);
  });

  test('rows of what is not loaded are not read without being asked to; all such collections are named at once', () => {
    const release =
      `client.use_database('${NAME}'); client.release_collection('mixed'); client.release_collection('search')`;
    runPymilvus(lite, release);
    const refused = fails(place, lite, `vts dump SERVER/${NAME} unloaded`, 2);
    expect(refused).toContain('2 of 4 collections are not loaded');
    expect(refused).toContain(`${NAME}/mixed, ${NAME}/search are not`);
    ok(place, lite, `vts dump SERVER/${NAME} unloaded --load --resume --quiet`);
    const sight = sightOf(lite, NAME);
    expect(sight.mixed.load).toContain('NotLoad');
    ok(place, lite, `vts restore unloaded SERVER/${COPY} --quiet`);
    // Loaded to be counted, then released as it was.
    expect(sightOf(lite, COPY).mixed.load).toContain('NotLoad');
    runPymilvus(lite, `client.use_database('${COPY}'); client.load_collection('mixed')`);
    expect(sightOf(lite, COPY).mixed.rows).toEqual(before.mixed.rows);
    runPymilvus(
      lite,
      `client.use_database('${NAME}'); client.load_collection('mixed'); client.load_collection('search')`,
    );
  });

  test('a filter is kept in the manifest, and rows are those that fit', () => {
    ok(place, lite, `vts dump SERVER/${NAME}/mixed filtered --filter 'id < 30' --quiet`);
    const { manifest } = JSON.parse(ok(place, lite, 'vts inspect filtered --json').stdout);
    expect([manifest.job.filter, manifest.collections[0].rows]).toEqual(['"id < 30"', 30]);
  });
});
