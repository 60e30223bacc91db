/**
 * Runs all tests on Bun, the runtime that ships, and closes with what failed and one line that counts.
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
import { PROMPT, startMilvus } from './servers/milvus.ts';
import { failureReport, type Outcome, outcomeOf } from './test-outcome.ts';

const ROOT = resolve(import.meta.dirname!, '..');
const LANES = 2;
/** Ends what hangs; slow machines need minutes for what takes seconds elsewhere. */
const TEST_TIMEOUT_MS = 600_000;
const bun = resolve(ROOT, 'node_modules/bun/bin/bun.exe');

/** Runs the tests of `paths`; what they print is shown at once, or else when they are done. */
async function runTests(paths: readonly string[], env: NodeJS.ProcessEnv, atOnce: boolean): Promise<Outcome> {
  // In colours its output reads otherwise.
  const { FORCE_COLOR: _, ...own } = process.env;
  const tests = spawn(bun, ['test', '--timeout', String(TEST_TIMEOUT_MS), ...paths], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...own, VTS_DENO: Deno.execPath(), ...env },
  });
  let output = '';
  let stderr = '';
  const show = (chunk: string) => {
    if (atOnce) process.stdout.write(chunk);
    else output += chunk;
  };
  tests.stdout.setEncoding('utf8').on('data', show);
  tests.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
    show(chunk);
  });
  const status = await new Promise<number | string>((done) =>
    tests.on('close', (code, signal) => done(code ?? signal ?? 1))
  );
  process.stdout.write(output);
  return outcomeOf(stderr, status, paths);
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
async function lane(queue: Iterator<string[]>): Promise<Outcome[]> {
  const given = [process.env.VTS_TEST_MILVUS, process.env.VTS_TEST_LITE];
  const milvus = given[0] === undefined ? await startMilvus({ settings: PROMPT }) : undefined;
  const lite = given[1] === undefined ? await startLite() : undefined;
  try {
    const env = {
      VTS_TEST_MILVUS: milvus?.address ?? given[0],
      VTS_TEST_LITE: lite?.address ?? given[1],
    };
    const outcomes: Outcome[] = [];
    for (let next = queue.next(); !next.done; next = queue.next()) {
      outcomes.push(await runTests(next.value, env, false));
    }
    return outcomes;
  } finally {
    await milvus?.stop();
    await lite?.stop();
  }
}

async function runAll(): Promise<Outcome[]> {
  const queue = pieces()[Symbol.iterator]();
  return (await Promise.all(Array.from({ length: LANES }, () => lane(queue)))).flat();
}

const build = spawnSync(Deno.execPath(), ['run', '-A', 'scripts/build.ts'], { cwd: ROOT, stdio: 'inherit' });
if (build.status !== 0) process.exit(1);
const outcomes = Deno.args.length > 0 ? [await runTests(Deno.args, {}, true)] : await runAll();
const sum = (of: (one: Outcome) => number) => outcomes.reduce((total, one) => total + of(one), 0);
const failed = sum((one) => one.failed);
for (const line of failureReport(outcomes.flatMap(({ failures }) => failures))) console.log(line);
console.log(
  `${sum((one) => one.passed)} passed, ${failed} failed, ${sum((one) => one.skipped)} skipped`,
);
process.exit(failed > 0 ? 1 : 0);
