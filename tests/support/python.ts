/** Runs the reference libraries (pyarrow, h5py, faiss, ...), which `deno task test` installs. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PYTHON = new URL('../../.venv/bin/python', import.meta.url).pathname;

/** Runs `script` with `args` as `sys.argv[1:]` and returns what it printed. Fails the test when it fails. */
export function runPython(script: string, ...args: string[]): string {
  if (!existsSync(PYTHON)) {
    throw new Error('the reference libraries are missing: run `npx -y deno@2.9.6 task setup`');
  }
  const run = spawnSync(PYTHON, ['-c', script, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (run.status !== 0) throw new Error(`python failed: ${run.stderr}`);
  return run.stdout;
}
