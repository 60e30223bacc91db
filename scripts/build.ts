/** Builds the executable `dist/vts` for this machine, or with `--target NAME --outfile FILE` for another. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = resolve(import.meta.dirname!, '..');

const { values } = parseArgs({
  options: { target: { type: 'string' }, outfile: { type: 'string', default: 'dist/vts' } },
});
const outfile = resolve(ROOT, values.outfile);
mkdirSync(dirname(outfile), { recursive: true });
const args = ['scripts/bundle.ts', outfile, ...(values.target === undefined ? [] : [values.target])];
const build = spawnSync(resolve(ROOT, 'node_modules/bun/bin/bun.exe'), args, {
  cwd: ROOT,
  stdio: ['ignore', 'ignore', 'inherit'],
});
if (build.status !== 0) process.exit(build.status ?? 1);
console.log(`built ${values.outfile}`);
