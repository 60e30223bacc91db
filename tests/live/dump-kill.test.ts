/** The executable is killed at random moments of a dump and of a restore, resumed, and has moved every row once. */
import { expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openMilvus } from '../../src/connectors/milvus/connection.ts';
import { dropCollection } from '../../src/connectors/milvus/metadata.ts';
import { VTS } from '../support/cli.ts';
import { milvusServer } from '../support/milvus.ts';
import { random } from '../support/tables.ts';
import { type ServerWorkspace, serverWorkspace } from './cli-server.ts';

const server = await milvusServer();
const DATABASE = 'dump_kill';
/** More on demand: `VTS_TEST_KILLS=25`. */
const KILLS = Number(process.env.VTS_TEST_KILLS ?? 3);
const ROWS = Number(process.env.VTS_TEST_KILL_ROWS ?? (KILLS > 3 ? 200_000 : 24_000));

function ok(place: ServerWorkspace, command: string): string {
  const { exit, stdout, stderr } = place.run(command);
  expect(`${command}: ${exit} ${exit === 0 ? '' : stdout + stderr}`).toBe(`${command}: 0 `);
  return stdout;
}

/** Parts that the journals under `folder` name. */
function partsIn(place: ServerWorkspace, folder: string): number {
  return globSync(`${folder}/**/journal.jsonl`, { cwd: place.path }).reduce(
    (sum, name) => sum + readFileSync(place.file(name), 'utf8').split('"type":"part"').length - 1,
    0,
  );
}

/** Kills `command`, which journals under `folder`, again and again after a part or some; then lets it come to its end. */
async function killAndResume(place: ServerWorkspace, command: string, folder: string, next: () => number) {
  const args = place.command(command).split(' ').slice(1);
  let kills = 0;
  for (let i = 0; i < KILLS; i++) {
    const env = { PATH: process.env.PATH, HOME: place.path };
    const child = spawn(VTS, args, { cwd: place.path, stdio: 'ignore', env });
    const ended = new Promise<string | null>((done) => child.on('close', (_, signal) => done(signal)));
    const before = partsIn(place, folder);
    // Some are killed early, before or while there is something to be journaled.
    const enough = before + Math.floor(next() * 4);
    while (child.exitCode === null && partsIn(place, folder) < enough) await Bun.sleep(3);
    await Bun.sleep(next() * 150);
    child.kill('SIGKILL');
    if (await ended === 'SIGKILL') kills++;
  }
  expect(kills).toBe(KILLS);
  const summary = JSON.parse(ok(place, `${command} --json`).trim().split('\n').at(-1)!);
  expect(summary).toMatchObject({ type: 'summary', rowsRead: ROWS, rowsWritten: ROWS, rowsCounted: ROWS });
  expect(summary.rowsResumed).toBeGreaterThan(0);
}

const digest = (place: ServerWorkspace, name: string) =>
  ok(place, `set -o pipefail; vts export milvus://localhost/default/${name} - --quiet | sort | sha256sum`);

test(
  `SIGKILL at ${KILLS} random moments of dump and restore loses and doubles none of ${ROWS} rows`,
  async () => {
    await using place = await serverWorkspace(server, DATABASE);
    const next = random(11);
    const rows =
      `seq 1 ${ROWS} | awk '{id = $1 * 7919; printf "{\\"id\\":%d,\\"vector\\":[%d.5", id, $1; for (k = 1; k < 16; k++) printf ",%d", (id * k) % 1009; print "]}"}'`;
    ok(place, `${rows} > many.jsonl`);
    ok(place, 'vts import many.jsonl milvus://localhost/default/many --id id --metric L2 --quiet');
    const expected = digest(place, 'many');

    const pace = '--rate-limit 8000rows/s --batch-bytes 32KiB';
    await killAndResume(
      place,
      `vts dump milvus://localhost/default backup --part-size 96KiB ${pace} --resume`,
      'backup',
      next,
    );
    expect(ok(place, 'vts verify backup')).toContain(`${ROWS.toLocaleString('en-US')} rows: all is well`);
    expect(globSync('**/*.partial', { cwd: join(place.path, 'backup') })).toEqual([]);

    const connection = await openMilvus({ url: `milvus://${server.address}` });
    await dropCollection(connection, { database: DATABASE, name: 'many' });
    await connection.close();
    await killAndResume(
      place,
      `vts restore backup milvus://localhost/default ${pace} --resume`,
      'backup.restore',
      next,
    );
    expect(digest(place, 'many')).toBe(expected);
  },
);
