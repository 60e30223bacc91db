/** A conversion into a directory is killed again and again, and ends with every row exactly once. */
import { expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { VTS, workspace } from '../support/cli.ts';
import { random } from '../support/tables.ts';

const KILLS = 8;

test(`SIGKILL at ${KILLS} random moments loses and doubles nothing`, async () => {
  using place = workspace();
  // 400,000 distinct rows: an id and four numbers that follow from it.
  const make =
    `for i in $(seq 1 100000); do echo $((i * 7919)); done | awk '{for (k = 0; k < 4; k++) printf "{\\"id\\":%d,\\"vector\\":[%d.5,%d,%d,%d]}\\n", $1 + k, $1, k, $1 % 97, $1 % 89}' > many.jsonl`;
  expect(place.run(make)).toMatchObject({ exit: 0 });
  const args = [
    'convert',
    'many.jsonl',
    'out/',
    '--to',
    'parquet',
    '--part-size',
    '64KiB',
    '--batch-bytes',
    '32KiB',
    '--resume',
  ];
  const next = random(3);
  const parts = () =>
    existsSync(place.file('out'))
      ? readdirSync(place.file('out')).filter((name) => /^part-/.test(name)).length
      : 0;
  let kills = 0;
  for (let i = 0; i < KILLS; i++) {
    const child = spawn(VTS, args, { cwd: place.path, stdio: 'ignore' });
    const ended = new Promise<string | null>((done) => child.on('close', (_, signal) => done(signal)));
    // Every run gets some parts further, and is killed anywhere within the next one.
    const enough = parts() + 1 + Math.floor(next() * 4);
    while (child.exitCode === null && parts() < enough) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await new Promise((resolve) => setTimeout(resolve, next() * 20));
    child.kill('SIGKILL');
    if (await ended === 'SIGKILL') kills++;
  }
  expect(kills).toBeGreaterThan(KILLS / 2);
  const { exit, stdout, stderr } = place.run(`vts ${args.map((arg) => `'${arg}'`).join(' ')} --json`);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  const summary = JSON.parse(stdout.trim().split('\n').at(-1)!);
  expect(summary).toMatchObject({ type: 'summary', rowsWritten: 400_000, rowsCounted: 400_000 });
  expect(summary.rowsResumed).toBeGreaterThan(0);
  const check =
    'vts convert many.jsonl whole.faiss --id id --quiet && vts convert out together.faiss --id id --quiet && cmp whole.faiss together.faiss';
  expect(place.run(check)).toMatchObject({ exit: 0 });
  expect(place.run('ls -A out | grep -v "^part-"').stdout.trim()).toBe('.vts-journal.jsonl');
});
