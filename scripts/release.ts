/** Builds the executables of a release into `dist/release`, with a SHA256SUMS file beside them. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import process from 'node:process';
import config from '../deno.json' with { type: 'json' };

const ROOT = resolve(import.meta.dirname!, '..');
const OUT = resolve(ROOT, 'dist/release');

/** Our name of a platform and Bun's. `baseline` runs on processors without AVX2. */
const TARGETS: Readonly<Record<string, string>> = {
  'linux-x64': 'bun-linux-x64',
  'linux-x64-baseline': 'bun-linux-x64-baseline',
  'linux-arm64': 'bun-linux-arm64',
  'linux-x64-musl': 'bun-linux-x64-musl',
  'linux-arm64-musl': 'bun-linux-arm64-musl',
  'macos-x64': 'bun-darwin-x64',
  'macos-arm64': 'bun-darwin-arm64',
  'windows-x64': 'bun-windows-x64',
};

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
const sums: string[] = [];
for (const [platform, target] of Object.entries(TARGETS)) {
  const file = resolve(
    OUT,
    `vts-${config.version}-${platform}${platform.startsWith('windows') ? '.exe' : ''}`,
  );
  const { status } = spawnSync(Deno.execPath(), [
    'run',
    '-A',
    'scripts/build.ts',
    '--target',
    target,
    '--outfile',
    file,
  ], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) Deno.exit(1);
  sums.push(`${createHash('sha256').update(readFileSync(file)).digest('hex')}  ${basename(file)}\n`);
}
writeFileSync(resolve(OUT, 'SHA256SUMS'), sums.join(''));

// The two that this machine can run must do their work where nothing else is installed.
if (process.platform === 'linux' && process.arch === 'x64') {
  for (const platform of ['linux-x64', 'linux-x64-baseline']) {
    const smoke = spawnSync(resolve(ROOT, 'node_modules/bun/bin/bun.exe'), [
      'test',
      'tests/cli/process.test.ts',
      '-t',
      'empty root',
    ], {
      cwd: ROOT,
      stdio: 'inherit',
      env: { ...process.env, VTS_EXECUTABLE: resolve(OUT, `vts-${config.version}-${platform}`) },
    });
    if (smoke.status !== 0) Deno.exit(1);
  }
}
