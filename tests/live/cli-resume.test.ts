/** The executable is killed at random moments of an export, an import and a copy, resumed, and has moved every row once. */
import { describe, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { VTS } from '../support/cli.ts';
import { milvusServer } from '../support/milvus.ts';
import { random } from '../support/tables.ts';
import { type ServerWorkspace, serverWorkspace } from './cli-server.ts';

const server = await milvusServer();
const ROWS = 24_000;
const KILLS = 3;
/** Slow enough that there is a middle to be killed in, in parts small enough that there are many. */
const PACE = `--rate-limit 8000rows/s --part-size 96KiB --batch-bytes 24KiB`;

/** Makes many.faiss: distinct ids, each with 16 numbers that follow from it. */
function makeIndex(place: ServerWorkspace): void {
  const rows =
    `seq 1 ${ROWS} | awk '{id = $1 * 7919; printf "{\\"id\\":%d,\\"vector\\":[%d.5", id, $1; for (k = 1; k < 16; k++) printf ",%d", (id * k) % 1009; print "]}"}'`;
  const { exit, stderr } = place.run(
    `${rows} > many.jsonl && vts convert many.jsonl many.faiss --id id --metric L2 --quiet`,
  );
  expect({ exit, stderr: stderr.replaceAll(/^note:.*\n/gm, '') }).toEqual({ exit: 0, stderr: '' });
}

/** Committed parts, as the journal under `folder` has them. */
function partsIn(place: ServerWorkspace, folder: string): number {
  const journals = globSync(`${folder}/**/{.vts-journal.jsonl,journal.jsonl}`, { cwd: place.path });
  return journals.reduce(
    (sum, name) => sum + readFileSync(place.file(name), 'utf8').split('"type":"part"').length - 1,
    0,
  );
}

/** Runs `command`, which keeps its journal under `folder`, and kills it again and again; then lets it come to its end. */
async function killAndResume(place: ServerWorkspace, command: string, folder: string, seed: number) {
  const next = random(seed);
  const args = place.command(command).split(' ').slice(1);
  let kills = 0;
  for (let i = 0; i < KILLS; i++) {
    const child = spawn(VTS, args, {
      cwd: place.path,
      stdio: 'ignore',
      env: { PATH: process.env.PATH, HOME: place.path },
    });
    const ended = new Promise<string | null>((done) => child.on('close', (_, signal) => done(signal)));
    const enough = partsIn(place, folder) + 1 + Math.floor(next() * 3);
    while (child.exitCode === null && partsIn(place, folder) < enough) await Bun.sleep(3);
    await Bun.sleep(next() * 80);
    child.kill('SIGKILL');
    if (await ended === 'SIGKILL') kills++;
  }
  expect(kills).toBe(KILLS);
  const { exit, stdout, stderr } = place.run(`${command} --json`);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  const summary = JSON.parse(stdout.trim().split('\n').at(-1)!);
  expect(summary).toMatchObject({ type: 'summary', rowsRead: ROWS, rowsWritten: ROWS, rowsCounted: ROWS });
  expect(summary.rowsResumed).toBeGreaterThan(0);
}

/** The rows of a collection in order of their text, as a digest. */
function digestOf(place: ServerWorkspace, what: string): string {
  const { exit, stdout, stderr } = place.run(`set -o pipefail; ${what} | sort | sha256sum`);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  return stdout;
}

const exported = (name: string) => `vts export milvus://localhost/default/${name} - --quiet`;

describe(`SIGKILL at ${KILLS} random moments loses and doubles nothing of ${ROWS} rows`, () => {
  test('import, copy, export', async () => {
    await using place = await serverWorkspace(server, 'cli_resume');
    makeIndex(place);
    expect(place.run('vts import many.faiss milvus://localhost/default/whole --quiet')).toMatchObject({
      exit: 0,
    });
    const expected = digestOf(place, exported('whole'));

    await killAndResume(
      place,
      `vts import many.faiss milvus://localhost/default/cut ${PACE} --state state --resume`,
      'state',
      1,
    );
    expect(digestOf(place, exported('cut'))).toBe(expected);

    await killAndResume(
      place,
      `vts copy milvus://localhost/default/whole milvus://localhost/default/copy ${PACE} --state state --resume`,
      'state',
      2,
    );
    expect(digestOf(place, exported('copy'))).toBe(expected);

    await killAndResume(
      place,
      `vts export milvus://localhost/default/whole out/ --to parquet ${PACE} --resume`,
      'out',
      3,
    );
    expect(digestOf(place, 'vts convert out - --quiet')).toBe(expected);
    // Nothing is left to be resumed.
    expect(partsIn(place, 'state')).toBe(0);
  });

  test('a job that was cut off is not forgotten silently', async () => {
    await using place = await serverWorkspace(server, 'cli_resume_refused');
    makeIndex(place);
    const command = `vts import many.faiss milvus://localhost/default/cut ${PACE} --state state`;
    const child = spawn(VTS, place.command(command).split(' ').slice(1), {
      cwd: place.path,
      stdio: 'ignore',
    });
    const ended = new Promise((done) => child.on('close', done));
    while (partsIn(place, 'state') < 2) await Bun.sleep(5);
    child.kill('SIGKILL');
    await ended;
    const again = place.run(command);
    expect(again.exit).toBe(7);
    expect(again.stderr).toContain('--resume');
    expect(again.stderr).toContain('--restart');
    const other = place.run(`${command} --resume --limit 5`);
    expect(other.exit).toBe(7);
    expect(other.stderr).toContain('limit: was not set, is 5');
    // Rows are there, so beginning anew needs to be told what becomes of them.
    expect(place.run(`${command} --restart`).exit).toBe(7);
    expect(place.run(`${command} --restart --mode replace`)).toMatchObject({ exit: 0 });
  });
});
