/** Jobs against real servers: the examples of MilvusDM with real Faiss and HDF5 files, and a job that is killed. */
import { describe, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { VTS } from '../support/cli.ts';
import { liteServer, milvusServer } from '../support/milvus.ts';
import { runPython } from '../support/python.ts';
import { type ServerWorkspace, serverWorkspace } from './cli-server.ts';

const server = await milvusServer();
const FIXTURES = resolve(import.meta.dirname!, '../../fixtures');
const DATABASE = 'cli_jobs';
const [HOST, PORT] = server.address.split(':');

/** The keys of a destination in the database of the tests. */
const TARGET = `dest_host: ${HOST}\n  dest_port: ${PORT}\n  dest_database: ${DATABASE}`;

function parameter(dimension: number, metric: string): string {
  return `collection_parameter:\n    dimension: ${dimension}\n    index_file_size: 1024\n    metric_type: '${metric}'`;
}

/** Runs `text` as a job; it has to succeed. @returns what it said */
function run(place: ServerWorkspace, text: string, flags = ''): string {
  writeFileSync(place.file('job.yaml'), text);
  const { exit, stderr } = place.run(`vts run job.yaml ${flags}`);
  expect(`${exit} ${exit === 0 ? '' : stderr}`).toBe('0 ');
  return stderr;
}

/** Compares two ends row by row. */
function same(place: ServerWorkspace, flags: string): void {
  const { exit, stderr } = place.run(`vts verify ${flags}`);
  expect(`${exit} ${exit === 0 ? '' : stderr}`).toBe('0 ');
}

function rowsOf(place: ServerWorkspace, collection: string, flags = ''): string[] {
  const { stdout } = place.run(`vts export milvus://localhost/default/${collection} - ${flags} | sort`);
  return stdout.trimEnd().split('\n');
}

describe('jobs of MilvusDM', () => {
  test('F2M: ids of the index, to the last of 64 bits, or row numbers', async () => {
    await using place = await serverWorkspace(server, DATABASE);
    runPython(
      `
import faiss, numpy as np, sys
vectors = np.random.default_rng(7).random((300, 8), dtype=np.float32)
ids = np.arange(300, dtype=np.int64) * 7919
ids[:4] = [2**53 + 1, 2**63 - 2, -2**63, -2**53 - 1]
ivf = faiss.IndexIVFFlat(faiss.IndexFlatL2(8), 8, 4)
ivf.train(vectors)
ivf.add_with_ids(vectors, ids)
faiss.write_index(ivf, sys.argv[1] + '/ivf.index')
flat = faiss.IndexFlatIP(8)
flat.add(vectors)
faiss.write_index(flat, sys.argv[1] + '/flat_ip.index')
`,
      place.path,
    );
    for (const [name, metric] of [['ivf', 'L2'], ['flat_ip', 'IP']]) {
      const task =
        `F2M:\n  milvus_version: 0.10.5\n  data_path: '${name}.index'\n  ${TARGET}\n  mode: 'append'\n` +
        `  dest_collection_name: '${name}'\n  dest_partition_name: ''\n  ${parameter(8, metric)}\n`;
      run(place, task);
      same(
        place,
        `${name}.index milvus://localhost/default/${name} --from faiss --row-ids id --rename vector=embedding`,
      );
    }
    const ids = rowsOf(place, 'ivf', '--fields id');
    for (const id of [2n ** 53n + 1n, 2n ** 63n - 2n, -(2n ** 63n), -(2n ** 53n) - 1n]) {
      expect(ids).toContain(`{"id":${id}}`);
    }
    expect(rowsOf(place, 'flat_ip', '--fields id')).toHaveLength(300);
    expect(place.run('vts inspect milvus://localhost/default/flat_ip').stdout).toContain(
      'embedding  AUTOINDEX IP',
    );
    // A file of another dimension is refused before anything is written.
    writeFileSync(
      place.file('other.yaml'),
      `F2M:\n  data_path: 'flat_ip.index'\n  ${TARGET}\n  mode: append\n  dest_collection_name: x\n  ${
        parameter(16, 'IP')
      }\n`,
    );
    expect(place.run('vts run other.yaml')).toMatchObject({ exit: 2 });
    expect(place.run('vts inspect milvus://localhost/default/x').exit).toBe(6);
  });

  test('H2M, M2H, M2M: modes, partitions, recipes', async () => {
    await using place = await serverWorkspace(server, DATABASE);
    runPython(
      `
import h5py, numpy as np, os, sys
os.makedirs('in', exist_ok=True)
for n in range(2):
    with h5py.File(f'in/{n}.h5', 'w') as f:
        f['embeddings'] = np.random.default_rng(n).random((50, 8))
        f['ids'] = np.arange(50, dtype=np.int64) + 2**53 + 1 + 50 * n
open('in/readme.txt', 'w').write('no HDF5')
`.replaceAll("'in", `'${place.path}/in`).replaceAll("f'", "f'"),
    );
    const h2m = (mode: string, partition: string, files: string) =>
      `H2M:\n  milvus_version: 0.10.5\n  ${files}\n  ${TARGET}\n  mode: '${mode}'\n  dest_collection_name: floats\n` +
      `  dest_partition_name: '${partition}'\n  ${parameter(8, 'L2')}\n`;
    const all = 'data_path:\n  data_dir: in/';
    const one = 'data_path:\n    - in/0.h5\n  data_dir:';
    run(
      place,
      `${h2m('append', 'p1', all)}---\n${h2m('append', 'p2', one)}---\n${h2m('overwrite', 'p1', one)}`,
    );
    const ids = (flags: string) =>
      rowsOf(place, 'floats', `${flags} --fields id`).map((row) => BigInt(row.slice(6, -1)));
    const first = Array.from({ length: 50 }, (_, i) => 2n ** 53n + 1n + BigInt(i));
    expect(ids('--partition p1')).toEqual(first);
    expect(ids('--partition p2')).toEqual(first);
    expect(run(place, h2m('skip', 'p1', one))).toContain('so nothing is written (--mode skip)');
    expect(ids('--partition p1')).toHaveLength(50);

    const source = `source_host: ${HOST}\n  source_port: ${PORT}\n  source_database: ${DATABASE}`;
    run(
      place,
      `M2H:\n  milvus_version: 0.10.5\n  ${source}\n  source_collection:\n    floats:\n      - p1\n      - p2\n  data_dir: out\n`,
    );
    const read = runPython(
      `
import h5py, sys
with h5py.File(sys.argv[1]) as f:
    print(sorted(f), f['embeddings'].dtype, f['embeddings'].shape, f['ids'].dtype, f['ids'][:].min())
`,
      place.file('out/floats/p1.h5'),
    );
    expect(read).toBe("['embeddings', 'ids'] float32 (50, 8) int64 9007199254740993\n");
    // Without names, all partitions that hold rows.
    run(place, `M2H:\n  ${source}\n  source_collection:\n    floats:\n  data_dir: all\n`);
    expect(readdirSync(place.file('all/floats')).sort()).toEqual(['p1.h5', 'p2.h5']);
    const recipe = readFileSync(place.file('out/yamls/floats/p1.yaml'), 'utf8');
    run(place, recipe.replace('"floats"', 'again'));
    same(
      place,
      'out/floats/p1.h5 milvus://localhost/default/again --rename ids=id,embeddings=embedding --id ids',
    );
    // The file is there, so a second run is refused.
    expect(place.run('vts run out/yamls/floats/p1.yaml').stderr).toContain('there already');

    const lite = await liteServer();
    const [host, port] = lite.address.split(':');
    await using other = await serverWorkspace(lite, DATABASE);
    const m2m = (mode: string) =>
      `M2M:\n  milvus_version: 2.x\n  ${source}\n  mysql_parameter:\n  source_collection:\n    floats: [p2]\n    again:\n` +
      `  dest_host: ${host}\n  dest_port: ${port}\n  dest_database: ${DATABASE}\n  mode: ${mode}\n`;
    run(place, m2m('overwrite'));
    run(place, m2m('overwrite'));
    same(place, `milvus://localhost/default/again ${other.command('milvus://localhost/default/again')}`);
    const [p2] = [other.run('vts export milvus://localhost/default/floats - --partition p2 | wc -l').stdout];
    expect(p2.trim()).toBe('50');
    expect(run(place, m2m('skip'))).toContain('rows: read 0 = accepted 0');
  });

  test('H2M: uint8 rows are packed bits', async () => {
    await using place = await serverWorkspace(server, DATABASE);
    cpSync(`${FIXTURES}/hdf5/milvusdm_binary.h5`, place.file('byte_example.h5'));
    const said = run(
      place,
      `H2M:\n  milvus-version: 1.x\n  data_path:\n    - byte_example.h5\n  data_dir:\n  ${TARGET}\n  mode: 'overwrite'\n` +
        `  dest_collection_name: bits\n  dest_partition_name:\n  ${parameter(32, 'HAMMING')}\n`,
    );
    expect(said).toContain('milvus-version, index_file_size mean nothing for Milvus 2');
    same(
      place,
      'byte_example.h5 milvus://localhost/default/bits --rename ids=id,embeddings=embedding --id ids',
    );
  });
});

test('a job that is killed goes on at the step where it was', async () => {
  await using place = await serverWorkspace(server, DATABASE);
  const rows = 30_000;
  place.run(
    `seq 9007199254740993 ${
      2n ** 53n + BigInt(rows)
    } | sed 's/.*/{"id":&,"vector":[1.5,1,2,3]}/' > many.jsonl`,
  );
  const text = place.command(`steps:
  - {from: vectors.parquet, to: milvus://localhost/default/first, id: id, metric: L2}
  - {from: many.jsonl, to: milvus://localhost/default/second, id: id, metric: L2, cast: {vector: FloatVector(4)},
     rate-limit: 10000rows/s, part-size: 64KiB, batch-bytes: 16KiB}
`);
  writeFileSync(place.file('job.yaml'), text);
  const child = spawn(VTS, ['run', 'job.yaml', '--state', 'state', '--json'], {
    cwd: place.path,
    env: { PATH: process.env.PATH, HOME: place.path },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  const ended = new Promise((done) => child.on('close', (_, signal) => done(signal)));
  for await (const chunk of child.stdout) {
    said += chunk;
    if (/"type":"progress"[^\n]*"rows":\d{5}/.test(said)) child.kill('SIGKILL');
  }
  expect(await ended).toBe('SIGKILL');
  expect(existsSync(place.file('state/jobs'))).toBe(true);
  expect(place.run('vts run job.yaml --state state').exit).toBe(7);
  const { exit, stdout } = place.run('vts run job.yaml --state state --resume --json');
  const events = stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
  expect(`${exit} ${exit === 0 ? '' : JSON.stringify(events.at(-1))}`).toBe('0 ');
  const summaries = events.filter(({ type }) => type === 'summary');
  expect(summaries.map(({ command }) => command)).toEqual(['import', 'run']);
  expect(summaries[0]).toMatchObject({ rowsRead: rows, rowsWritten: rows, rowsCounted: rows });
  expect(summaries[0].rowsResumed).toBeGreaterThan(0);
  expect(summaries[1]).toMatchObject({ rowsRead: rows + 300, rowsCounted: rows + 300 });
});

test('the job of the README works', async () => {
  await using place = await serverWorkspace(server, DATABASE);
  const readme = readFileSync(resolve(import.meta.dirname!, '../../README.md'), 'utf8');
  const job = /^ {4}steps:\n(?: {4}.*\n)+/m.exec(readme)![0].replaceAll(/^ {4}/gm, '');
  writeFileSync(place.file('job.yaml'), job.replaceAll('/default/', `/${DATABASE}/`));
  const { exit, stdout, stderr } = place.run('vts run job.yaml', { MILVUS: server.address });
  expect(`${exit} ${exit === 0 ? '' : stderr}`).toBe('0 ');
  expect(stdout).toContain('= 200 equal  - 0 only in A  + 0 only in B  * 0 differ');
});
