/**
 * Times `dist/vts` against scripts over the reference libraries (scripts/bench/reference.py), in turns, each from a cold start,
 * and checks every output of vts with those libraries.
 *
 *     deno task bench [--case faiss-parquet,jsonl-*] [--rows 1000000 --dim 128] [--runs 7] [--json dist/bench.json]
 *                     [--folder DIR]  keeps the inputs there    [--alone]  vts only, for sizes that the reference cannot hold
 *
 * Milvus has a bench of its own: `deno task bench:milvus`. Prints a table, and writes it as JSON too. "cp ratio" is the time that `cp` and `sync` of the output take, over that of vts.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FILE_CASES, type FileCase } from './bench/cases.ts';
import { measure, median, type Run } from './bench/measure.ts';

const ROOT = resolve(import.meta.dirname!, '..');
const PYTHON = join(ROOT, '.venv/bin/python');
const REFERENCE = join(ROOT, 'scripts/bench/reference.py');
const VTS = join(ROOT, 'dist/vts');

const { values: options } = parseArgs({
  options: {
    case: { type: 'string', default: '*' },
    rows: { type: 'string' },
    dim: { type: 'string' },
    runs: { type: 'string', default: '7' },
    json: { type: 'string', default: join(ROOT, 'dist/bench.json') },
    folder: { type: 'string' },
    alone: { type: 'boolean', default: false },
  },
});

/** What one reference took beside vts. */
interface Result {
  readonly case: string;
  readonly rows: number;
  readonly dim: number;
  readonly vts: Run;
  readonly outputMB: number;
  /** `cp` of the output, and until it is on disk. */
  readonly floorSeconds: number;
  readonly reference?: string;
  readonly theirs?: Run;
}

const SIZES = options.rows === undefined && options.dim === undefined
  ? [[1_000_000, 128], [200_000, 768]]
  : [[Number(options.rows ?? 1_000_000), Number(options.dim ?? 128)]];

const chosen = FILE_CASES.filter(({ name }) =>
  options.case.split(',').some((pattern) => new Bun.Glob(pattern).match(name))
);
if (chosen.length === 0) {
  throw new TypeError(`no such case; there are ${FILE_CASES.map(({ name }) => name).join(', ')}`);
}

function timeCase(
  { name, input, output, flags, references }: FileCase,
  folder: string,
): Omit<Result, 'rows' | 'dim'>[] {
  const source = join(folder, input);
  const ours = join(folder, `vts-${output}`);
  const theirs = join(folder, output);
  const wanted = options.alone ? [] : references;
  const runs = new Map<string, Run[]>([['vts', []], ...wanted.map((one): [string, Run[]] => [one, []])]);
  for (let run = 0; run < Number(options.runs); run++) {
    // Into new files: to replace half a gigabyte takes the file system up to half a second more.
    rmSync(ours, { force: true });
    runs.get('vts')!.push(measure([VTS, 'convert', source, ours, '--quiet', ...flags]));
    for (const one of wanted) {
      runs.get(one)!.push(measure([PYTHON, REFERENCE, 'convert', one, source, theirs]));
      rmSync(theirs);
    }
  }
  if (!options.alone) measure([PYTHON, REFERENCE, 'check', source, ours]);
  const copy = `${ours}.copy`;
  const floors = Array.from({ length: Number(options.runs) }, () => {
    rmSync(copy, { force: true });
    return measure(['sh', '-c', 'cp "$1" "$2" && sync "$2"', 'sh', ours, copy]);
  });
  const ending = {
    case: name,
    vts: median(runs.get('vts')!),
    outputMB: statSync(ours).size / 1e6,
    floorSeconds: median(floors).seconds,
  };
  for (const file of [ours, copy]) rmSync(file);
  if (wanted.length === 0) return [ending];
  return wanted.map((reference) => ({ ...ending, reference, theirs: median(runs.get(reference)!) }));
}

function print(result: Result): void {
  const { vts, theirs, reference = '', outputMB, floorSeconds } = result;
  const cells = [
    result.case,
    vts.seconds.toFixed(2),
    (outputMB / vts.seconds).toFixed(0),
    vts.cpuSeconds.toFixed(2),
    vts.peakMB.toFixed(0),
    reference,
    theirs?.seconds.toFixed(2) ?? '',
    theirs?.cpuSeconds.toFixed(2) ?? '',
    theirs?.peakMB.toFixed(0) ?? '',
    theirs === undefined ? '' : (theirs.seconds / vts.seconds).toFixed(2),
    (floorSeconds / vts.seconds).toFixed(2),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

const HEAD = [
  'case',
  'vts s',
  'MB/s',
  'CPU s',
  'peak MB',
  'reference',
  's',
  'CPU s',
  'peak MB',
  'ratio',
  'cp ratio',
];

const results: Result[] = [];
for (const [rows, dim] of SIZES) {
  const folder = options.folder === undefined
    ? mkdtempSync(join(tmpdir(), 'vts-bench-'))
    : join(options.folder, `${rows}x${dim}`);
  mkdirSync(folder, { recursive: true });
  try {
    if (!existsSync(join(folder, 'in.faiss'))) {
      measure([PYTHON, REFERENCE, 'make', folder, `${rows}`, `${dim}`]);
    }
    const [needsIvf, hasIvf] = [chosen.some(({ input }) => input.startsWith('in.ivf')), 'in.ivfpq.faiss'];
    if (needsIvf && !existsSync(join(folder, hasIvf))) measure([PYTHON, REFERENCE, 'make_ivf', folder]);
    console.log(`\n${rows} x ${dim} float32, median of ${options.runs} runs in turns\n`);
    console.log(`| ${HEAD.join(' | ')} |\n|${'---|'.repeat(HEAD.length)}`);
    for (const one of chosen) {
      for (const result of timeCase(one, folder)) {
        results.push({ ...result, rows, dim });
        print(results.at(-1)!);
      }
    }
  } finally {
    if (options.folder === undefined) rmSync(folder, { recursive: true });
  }
}
mkdirSync(join(ROOT, 'dist'), { recursive: true });
writeFileSync(
  options.json,
  `${JSON.stringify({ cpus: navigator.hardwareConcurrency, results }, undefined, 2)}\n`,
);
