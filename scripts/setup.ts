/** Installs what tests, fixtures and benchmarks need beside the npm packages: the Python reference libraries, in `.venv`. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname!, '..');
const VENV = resolve(ROOT, '.venv');
const REQUIREMENTS = resolve(ROOT, 'scripts/requirements.txt');
const INSTALLED = resolve(VENV, 'installed.txt');

function run(command: string, ...args: string[]): void {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`);
  }
}

const wanted = readFileSync(REQUIREMENTS, 'utf8');
if (!existsSync(INSTALLED) || readFileSync(INSTALLED, 'utf8') !== wanted) {
  run('python3', '-m', 'venv', VENV);
  run(resolve(VENV, 'bin/pip'), 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS);
  writeFileSync(INSTALLED, wanted);
}
