/** The server itself is killed in the middle of a dump and of a restore, and started again: nothing is lost, doubled or changed. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { PROMPT, RESTARTABLE, startMilvus } from '../../scripts/servers/milvus.ts';
import type { RunningServer } from '../../scripts/servers/server.ts';
import { VTS, type Workspace, workspace } from '../support/cli.ts';

const ROWS = 30_000;
const PACE = '--rate-limit 5000rows/s --batch-bytes 64KiB';

let server: RunningServer;
let place: Workspace;

function ok(command: string): string {
  const { exit, stdout, stderr } = place.run(command.replaceAll('SERVER', `milvus://${server.address}`));
  expect(`${command}: ${exit} ${exit === 0 ? '' : stdout + stderr}`).toBe(`${command}: 0 `);
  return stdout;
}

/** Parts that the journals under `folder` name. */
function partsIn(folder: string): number {
  return globSync(`${folder}/**/journal.jsonl`, { cwd: place.path }).reduce(
    (sum, name) => sum + readFileSync(place.file(name), 'utf8').split('"type":"part"').length - 1,
    0,
  );
}

/** Runs `command` and kills the server when some parts are journaled under `folder`; starts it again when `again` is done. */
async function killServerDuring(
  command: string,
  folder: string,
  again: (ended: Promise<unknown>) => Promise<unknown>,
): Promise<{ exit: number | null; stdout: string; stderr: string }> {
  const args = command.replaceAll('SERVER', `milvus://${server.address}`).split(' ').slice(1);
  const child = spawn(VTS, args, { cwd: place.path, env: { PATH: process.env.PATH, HOME: place.path } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => stdout += chunk);
  child.stderr.on('data', (chunk) => stderr += chunk);
  const ended = new Promise<number | null>((done) => child.on('close', done));
  const before = partsIn(folder);
  while (child.exitCode === null && partsIn(folder) < before + 3) await Bun.sleep(5);
  expect([child.exitCode, stderr]).toEqual([null, stderr]);
  await server.kill();
  await again(ended);
  await server.restart();
  return { exit: await ended, stdout, stderr };
}

/** A run that waits for the server, and one that gives up and is resumed. */
async function both(command: string, folder: string): Promise<Record<string, unknown>> {
  const gaveUp = await killServerDuring(`${command} --resume --retry-max-time 1s`, folder, (ended) => ended);
  expect([gaveUp.exit, gaveUp.stderr]).toEqual([75, gaveUp.stderr]);
  expect(gaveUp.stderr).toContain('then run the same command again: it goes on after the last whole part');
  const waited = await killServerDuring(`${command} --resume --json`, folder, () => Bun.sleep(2000));
  const last = waited.stdout.trim().split('\n').at(-1)!;
  expect([waited.exit, last]).toEqual([0, last]);
  const summary = JSON.parse(last);
  expect(summary).toMatchObject({ type: 'summary', rowsRead: ROWS, rowsWritten: ROWS, rowsCounted: ROWS });
  expect(summary.rowsResumed).toBeGreaterThan(0);
  expect(summary.retries).toBeGreaterThan(0);
  return summary;
}

describe('Milvus 2.3.5, killed with SIGKILL and started again', () => {
  beforeAll(async () => {
    server = await startMilvus({ settings: { ...PROMPT, ...RESTARTABLE } });
    place = workspace();
    const rows =
      `seq 1 ${ROWS} | awk '{id = $1 * 7919; printf "{\\"id\\":%d,\\"vector\\":[%d.5", id, $1; for (k = 1; k < 16; k++) printf ",%d", (id * k) % 1009; print "]}"}'`;
    ok(`${rows} > many.jsonl`);
    ok('vts import many.jsonl SERVER/default/many --id id --metric L2 --quiet');
  });

  afterAll(async () => {
    place[Symbol.dispose]();
    await server.stop();
  });

  test('in the middle of a dump', async () => {
    await both(`vts dump SERVER/default backup --part-size 192KiB ${PACE}`, 'backup');
    ok('vts verify backup');
    expect(ok('vts verify many.jsonl backup --id id')).toContain(
      '= 30000 equal  - 0 only in A  + 0 only in B  * 0 differ',
    );
  });

  test('in the middle of a restore', async () => {
    await both(`vts restore backup SERVER --rename many=again ${PACE}`, 'backup.restore');
    expect(ok('vts verify backup SERVER/default/again')).toContain(
      '= 30000 equal  - 0 only in A  + 0 only in B  * 0 differ',
    );
  });
});
