/**
 * Times vts against scripts/bench/reference.py, in turns, and checks every output of vts with the reference libraries.
 *
 *     deno task bench [--rows 1000000] [--dim 128] [--runs 3] [--pairs faiss-parquet,parquet-h5] [--folder DIR]
 *                     [--alone]   vts only, for sizes that the reference cannot hold in memory
 *
 * Runs on Bun, which tells the peak memory of a child process.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = resolve(import.meta.dirname!, '..');
const PYTHON = join(ROOT, '.venv/bin/python');
const REFERENCE = join(ROOT, 'scripts/bench/reference.py');

const PAIRS = [
  'faiss-parquet',
  'h5-parquet',
  'parquet-h5',
  'parquet-faiss',
  'jsonl-parquet',
  'parquet-jsonl',
  'faiss-h5',
  'h5-faiss',
  'default.parquet-faiss',
];

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    dim: { type: 'string', default: '128' },
    runs: { type: 'string', default: '3' },
    pairs: { type: 'string', default: PAIRS.join(',') },
    folder: { type: 'string' },
    alone: { type: 'boolean', default: false },
  },
});

interface Run {
  readonly seconds: number;
  readonly peakMB: number;
}

function measure(command: string[]): Run {
  const began = performance.now();
  const { exitCode, resourceUsage, stderr } = Bun.spawnSync(command, { stdout: 'ignore', stderr: 'pipe' });
  const seconds = (performance.now() - began) / 1000;
  if (exitCode !== 0) throw new Error(`${command.join(' ')} failed: ${stderr}`);
  return { seconds, peakMB: resourceUsage!.maxRSS / 1e6 };
}

function median(runs: readonly Run[]): Run {
  const middle = (list: number[]) => list.sort((a, b) => a - b)[list.length >> 1];
  return {
    seconds: middle(runs.map((run) => run.seconds)),
    peakMB: Math.max(...runs.map((run) => run.peakMB)),
  };
}

const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'vts-bench-'));
mkdirSync(folder, { recursive: true });
const rawMB = Number(options.rows) * Number(options.dim) * 4 / 1e6;
if (!existsSync(join(folder, 'in.faiss'))) {
  measure([PYTHON, REFERENCE, 'make', folder, options.rows, options.dim]);
}
console.log(
  `${options.rows} x ${options.dim} float32 (${rawMB} MB), median of ${options.runs} runs in turns\n`,
);
console.log('| conversion | vts s | MB/s | peak MB | reference s | peak MB | times as fast |');
console.log('|---|---|---|---|---|---|---|');
for (const pair of options.pairs.split(',')) {
  const [from, to] = pair.split('-');
  const source = join(folder, from === 'default.parquet' ? 'in-default.parquet' : `in.${from}`);
  const ours = join(folder, `vts.${to}`);
  const theirs = join(folder, `reference.${to}`);
  const fields = to === 'faiss' ? ['--fields', 'vector'] : [];
  const runs: { ours: Run[]; theirs: Run[] } = { ours: [], theirs: [] };
  for (let run = 0; run < Number(options.runs); run++) {
    runs.ours.push(
      measure([join(ROOT, 'dist/vts'), 'convert', source, ours, '--overwrite', '--quiet', ...fields]),
    );
    if (!options.alone) runs.theirs.push(measure([PYTHON, REFERENCE, 'convert', source, theirs]));
  }
  if (!options.alone) measure([PYTHON, REFERENCE, 'check', source, ours]);
  const a = median(runs.ours);
  const row = [`${from} → ${to}`, a.seconds.toFixed(2), (rawMB / a.seconds).toFixed(0), a.peakMB.toFixed(0)];
  if (options.alone) row.push('', '', '');
  else {
    const b = median(runs.theirs);
    row.push(b.seconds.toFixed(2), b.peakMB.toFixed(0), (b.seconds / a.seconds).toFixed(2));
  }
  console.log(`| ${row.join(' | ')} |`);
  for (const file of [ours, theirs]) if (statSync(file, { throwIfNoEntry: false })) rmSync(file);
}
if (options.folder === undefined) rmSync(folder, { recursive: true });
