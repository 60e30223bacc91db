/**
 * Times `dist/vts` against scripts over the reference libraries (scripts/bench/reference.py), in turns, each from a cold start,
 * and checks every output of vts with those libraries.
 *
 *     deno task bench [--case faiss-parquet,jsonl-*] [--rows 1000000 --dim 128] [--runs 7] [--json dist/bench.json]
 *                     [--folder DIR]  keeps the inputs there    [--alone]  vts only, for sizes that the reference cannot hold
 *                     [--server HOST:PORT]  a Milvus that runs already, for the cases with Milvus
 *
 * Prints a table, and writes it as JSON too. "cp ratio" is the time that `cp` and `sync` of the output take, over that of vts.
 * Without --rows and --dim: files with 1,000,000 x 128 and 200,000 x 768, Milvus with 1,000,000 x 128.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FILE_CASES, type FileCase } from './bench/cases.ts';
import { measure, median, type Result, type Run } from './bench/measure.ts';
import { MILVUS_CASES, timeMilvus } from './bench/milvus.ts';

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
    server: { type: 'string' },
  },
});

const RUNS = Number(options.runs);
const LARGE = { rows: 1_000_000, dim: 128 };
const isGiven = options.rows !== undefined || options.dim !== undefined;
const given = { rows: Number(options.rows ?? LARGE.rows), dim: Number(options.dim ?? LARGE.dim) };
const SIZES = isGiven ? [given] : [LARGE, { rows: 200_000, dim: 768 }];

const isChosen = (name: string) =>
  options.case.split(',').some((pattern) => new Bun.Glob(pattern).match(name));
const fileCases = FILE_CASES.filter(({ name }) => isChosen(name));
const milvusCases = MILVUS_CASES.filter(isChosen);
if (fileCases.length + milvusCases.length === 0) {
  const names = [...FILE_CASES.map(({ name }) => name), ...MILVUS_CASES];
  throw new TypeError(`no such case; there are ${names.join(', ')}`);
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
  for (let run = 0; run < RUNS; run++) {
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
  const floors = Array.from({ length: RUNS }, () => {
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

function printHead({ rows, dim }: typeof LARGE): void {
  console.log(`\n${rows} x ${dim} float32, median of ${RUNS} runs in turns\n`);
  console.log(`| ${HEAD.join(' | ')} |\n|${'---|'.repeat(HEAD.length)}`);
}

function report(result: Result): void {
  results.push(result);
  const { vts, theirs, reference = '', outputMB, floorSeconds } = result;
  const ratio = (seconds?: number) => seconds === undefined ? '' : (seconds / vts.seconds).toFixed(2);
  const cells = [
    result.case,
    vts.seconds.toFixed(2),
    outputMB === undefined ? '' : (outputMB / vts.seconds).toFixed(0),
    vts.cpuSeconds.toFixed(2),
    vts.peakMB.toFixed(0),
    reference,
    theirs?.seconds.toFixed(2) ?? '',
    theirs?.cpuSeconds.toFixed(2) ?? '',
    theirs?.peakMB.toFixed(0) ?? '',
    ratio(theirs?.seconds),
    ratio(floorSeconds),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

function timeFiles(size: typeof LARGE): void {
  const { rows, dim } = size;
  const folder = options.folder === undefined
    ? mkdtempSync(join(tmpdir(), 'vts-bench-'))
    : join(options.folder, `${rows}x${dim}`);
  mkdirSync(folder, { recursive: true });
  try {
    if (!existsSync(join(folder, 'in.faiss'))) {
      measure([PYTHON, REFERENCE, 'make', folder, `${rows}`, `${dim}`]);
    }
    const needsIvf = fileCases.some(({ input }) => input.startsWith('in.ivf'));
    if (needsIvf && !existsSync(join(folder, 'in.ivfpq.faiss'))) {
      measure([PYTHON, REFERENCE, 'make_ivf', folder]);
    }
    printHead(size);
    for (const one of fileCases) {
      for (const result of timeCase(one, folder)) report({ ...result, rows, dim });
    }
  } finally {
    if (options.folder === undefined) rmSync(folder, { recursive: true });
  }
}

if (fileCases.length > 0) { for (const size of SIZES) timeFiles(size); }
if (milvusCases.length > 0) {
  printHead(given);
  await timeMilvus({ ...given, cases: milvusCases, runs: RUNS, server: options.server, onResult: report });
}
mkdirSync(join(ROOT, 'dist'), { recursive: true });
writeFileSync(
  options.json,
  `${JSON.stringify({ cpus: navigator.hardwareConcurrency, results }, undefined, 2)}\n`,
);
