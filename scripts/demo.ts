/** A conversion chain over fixtures/demo with the built executable: each file is made from the one before, and the last equals the first. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname!, '..');
const folder = mkdtempSync(join(tmpdir(), 'vts-demo-'));
cpSync(resolve(ROOT, 'fixtures/demo'), folder, { recursive: true });

function vts(...args: string[]): void {
  console.log(`\n$ vts ${args.join(' ')}`);
  const { status } = spawnSync(resolve(ROOT, 'dist/vts'), args, { cwd: folder, stdio: 'inherit' });
  if (status !== 0) Deno.exit(1);
}

try {
  vts('inspect', 'index.faiss');
  vts('convert', 'index.faiss', 'vectors-1.parquet');
  vts('convert', 'vectors-1.parquet', 'vectors-2.h5');
  vts('convert', 'vectors-2.h5', 'vectors-3.jsonl.zst');
  vts('convert', 'vectors-3.jsonl.zst', 'back.faiss', '--id', 'id', '--vector', 'vector', '--metric', 'IP');
  const [before, after] = ['index.faiss', 'back.faiss'].map((name) => readFileSync(join(folder, name)));
  if (!before.equals(after)) throw new Error('back.faiss differs from index.faiss');
  console.log('\nback.faiss is index.faiss, byte for byte: four formats later nothing was lost.');
  vts('convert', 'sift.hdf5', '-', '--limit', '2');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
