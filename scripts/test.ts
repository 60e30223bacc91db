/**
 * Runs all tests on Bun, the runtime that ships, and closes with one line that counts them.
 *
 *     deno task test [FILE...]
 *
 * All of them are run in two lanes, each with servers of its own: most of the time the tests of live servers wait.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { startLite } from './servers/lite.ts';
import { startMilvus } from './servers/milvus.ts';

const ROOT = resolve(import.meta.dirname!, '..');
const LANES = 2;
const bun = resolve(ROOT, 'node_modules/bun/bin/bun.exe');

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Runs the tests of `paths`; what they print is shown at once, or else when they are done. */
async function runTests(paths: readonly string[], env: NodeJS.ProcessEnv, atOnce: boolean): Promise<Counts> {
  const tests = spawn(bun, ['test', '--timeout', '180000', ...paths], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, VTS_DENO: Deno.execPath(), ...env },
  });
  let output = '';
  for (const stream of [tests.stdout, tests.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
      if (atOnce) process.stdout.write(chunk);
    });
  }
  const status = await new Promise<number>((done) => tests.on('close', (code) => done(code ?? 1)));
  if (!atOnce) process.stdout.write(output);
  const count = (word: string) => Number(new RegExp(`^ *(\\d+) ${word}$`, 'm').exec(output)?.[1] ?? 0);
  // A crash of the runner may leave no counts behind: that is a failure too.
  return {
    passed: count('pass'),
    failed: Math.max(count('fail'), status === 0 ? 0 : 1),
    skipped: count('skip'),
  };
}

/** The tests in pieces: those without live servers together, and each file of the others. */
function pieces(): string[][] {
  const names = readdirSync(resolve(ROOT, 'tests'), { withFileTypes: true });
  const still = names.filter(({ name }) => name !== 'live' && name !== 'support')
    .map(({ name }) => `tests/${name}`);
  const live = readdirSync(resolve(ROOT, 'tests/live')).filter((name) => name.endsWith('.test.ts'));
  return [still, ...live.map((name) => [`tests/live/${name}`])];
}

/** Servers for the tests of one lane, unless running ones are named. */
async function lane(queue: Iterator<string[]>): Promise<Counts[]> {
  const given = [process.env.VTS_TEST_MILVUS, process.env.VTS_TEST_LITE];
  const milvus = given[0] === undefined ? await startMilvus() : undefined;
  const lite = given[1] === undefined ? await startLite() : undefined;
  try {
    const env = {
      VTS_TEST_MILVUS: milvus?.address ?? given[0],
      VTS_TEST_LITE: lite?.address ?? given[1],
    };
    const counts: Counts[] = [];
    for (let next = queue.next(); !next.done; next = queue.next()) {
      counts.push(await runTests(next.value, env, false));
    }
    return counts;
  } finally {
    await milvus?.stop();
    await lite?.stop();
  }
}

async function runAll(): Promise<Counts[]> {
  const queue = pieces()[Symbol.iterator]();
  return (await Promise.all(Array.from({ length: LANES }, () => lane(queue)))).flat();
}

const build = spawnSync(Deno.execPath(), ['run', '-A', 'scripts/build.ts'], { cwd: ROOT, stdio: 'inherit' });
if (build.status !== 0) process.exit(1);
const counts = Deno.args.length > 0 ? [await runTests(Deno.args, {}, true)] : await runAll();
const sum = (of: (one: Counts) => number) => counts.reduce((total, one) => total + of(one), 0);
const failed = sum((one) => one.failed);
console.log(
  `${sum((one) => one.passed)} passed, ${failed} failed, ${sum((one) => one.skipped)} skipped`,
);
process.exit(failed > 0 ? 1 : 0);
