/**
 * Installs what tests, fixtures and benchmarks need beside the npm packages, in `.venv`: the Python reference libraries and
 * the servers (Milvus 2.3.5, unpacked once into `.venv/milvus-2.3.5`, and Milvus Lite).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname!, '..');
const VENV = resolve(ROOT, '.venv');
const REQUIREMENTS = resolve(ROOT, 'scripts/requirements.txt');
const SERVERS = resolve(ROOT, 'scripts/requirements-milvus.txt');
const INSTALLED = resolve(VENV, 'installed.txt');

function run(command: string, ...args: string[]): void {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`);
  }
}

const wanted = [REQUIREMENTS, SERVERS].map((file) => readFileSync(file, 'utf8')).join('');
if (!existsSync(INSTALLED) || readFileSync(INSTALLED, 'utf8') !== wanted) {
  const pip = [resolve(VENV, 'bin/pip'), 'install', '--quiet', '--disable-pip-version-check'] as const;
  run('python3', '-m', 'venv', VENV);
  run(...pip, '-r', REQUIREMENTS);
  run(...pip, '--no-deps', '-r', SERVERS);
  run(resolve(VENV, 'bin/python'), resolve(ROOT, 'scripts/servers/unpack.py'), resolve(VENV, 'milvus-2.3.5'));
  writeFileSync(INSTALLED, wanted);
}
