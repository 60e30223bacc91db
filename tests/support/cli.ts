/** Runs the compiled executable as a user would: in a folder with data, through a shell. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname!, '../..');
/** The executable that `deno task build` makes, or another to be tested. */
export const VTS = process.env.VTS_EXECUTABLE ?? join(ROOT, 'dist/vts');

/** What a command left behind. */
export interface Outcome {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder that holds copies of fixtures/demo. */
export interface Workspace extends Disposable {
  readonly path: string;
  /** Runs `command` in a shell in which `vts` is the executable. */
  run(command: string, env?: Record<string, string>): Outcome;
  file(name: string): string;
}

/** A fresh workspace; removed at the end of a `using` block. */
export function workspace(): Workspace {
  const path = mkdtempSync(join(tmpdir(), 'vts-test-'));
  cpSync(join(ROOT, 'fixtures/demo'), path, { recursive: true });
  return {
    path,
    run(command, env = {}) {
      const run = spawnSync('bash', ['-c', `vts() { '${VTS}' "$@"; }; ${command}`], {
        cwd: path,
        encoding: 'utf8',
        env: { PATH: process.env.PATH, HOME: path, ...env },
        maxBuffer: 1 << 28,
        timeout: 600_000,
      });
      return { exit: run.status ?? -1, stdout: run.stdout, stderr: run.stderr };
    },
    file: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
