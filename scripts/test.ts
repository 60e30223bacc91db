/** Runs all tests on Bun, the runtime that ships, and closes with one line that counts them. */
import { spawn, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import process from 'node:process';

const ROOT = resolve(import.meta.dirname!, '..');
const bun = resolve(ROOT, 'node_modules/bun/bin/bun.exe');

const build = spawnSync(Deno.execPath(), ['run', '-A', 'scripts/build.ts'], { cwd: ROOT, stdio: 'inherit' });
if (build.status !== 0) process.exit(1);

const chosen = Deno.args.length > 0 ? Deno.args : ['tests'];
const tests = spawn(bun, ['test', '--timeout', '180000', ...chosen], {
  cwd: ROOT,
  stdio: ['ignore', 'pipe', 'pipe'],
  env: { ...process.env, VTS_DENO: Deno.execPath() },
});
let output = '';
for (const stream of [tests.stdout, tests.stderr]) {
  stream.on('data', (chunk) => {
    output += chunk;
    process.stdout.write(chunk);
  });
}
const status = await new Promise<number>((done) => tests.on('close', (code) => done(code ?? 1)));
const count = (word: string) => Number(new RegExp(`^ *(\\d+) ${word}$`, 'm').exec(output)?.[1] ?? 0);
// A crash of the runner may leave no counts behind: that is a failure too.
const failed = Math.max(count('fail'), status === 0 ? 0 : 1);
console.log(`${count('pass')} passed, ${failed} failed, ${count('skip')} skipped`);
process.exit(failed > 0 ? 1 : 0);
