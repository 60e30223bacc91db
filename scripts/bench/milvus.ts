/**
 * Times vts against scripts/bench/milvus_reference.py on one Milvus 2.3.5, in turns, and checks every export row by row.
 *
 * A dump, with its checksums, is timed against the export of the script, a restore against its import; a verification of a dump
 * against an export by vts. An import, a copy and a restore end here when the last row is accepted, before flush and index.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startMilvus } from '../servers/milvus.ts';
import { measure, median, type Result, type Run } from './measure.ts';

const ROOT = resolve(import.meta.dirname!, '../..');
const PYTHON = join(ROOT, '.venv/bin/python');
const REFERENCE = join(ROOT, 'scripts/bench/milvus_reference.py');
const VTS = join(ROOT, 'dist/vts');

/** What is timed. */
export const MILVUS_CASES = [
  'milvus-parquet',
  'milvus-jsonl',
  'parquet-milvus',
  'milvus-milvus',
  'milvus-dump',
  'dump-milvus',
  'milvus-verify',
] as const;

/** One of {@linkcode MILVUS_CASES}. */
export type MilvusCase = typeof MILVUS_CASES[number];

/** How the cases are timed. */
export interface MilvusBench {
  readonly cases: readonly MilvusCase[];
  readonly rows: number;
  readonly dim: number;
  readonly runs: number;
  /** `HOST:PORT` of a server that runs already; one is started when absent. */
  readonly server?: string | undefined;
  /** Called with each result. */
  readonly onResult: (result: Result) => void;
}

/** Runs vts with `--json`; the time is that until the last row was accepted, where `command` says so by its first stage. */
async function measureOurs(command: readonly string[]): Promise<Run> {
  const began = performance.now();
  let accepted: number | undefined;
  const child = Bun.spawn([...command], { stdout: 'pipe', stderr: 'pipe' });
  let text = '';
  for await (const chunk of child.stdout) {
    text += new TextDecoder().decode(chunk);
    if (accepted === undefined && text.includes('"type":"stage"') && text.includes('flushing')) {
      accepted = performance.now();
    }
  }
  const exitCode = await child.exited;
  const seconds = ((accepted ?? performance.now()) - began) / 1000;
  if (exitCode !== 0) throw new Error(`${command.join(' ')} failed: ${text}`);
  const { cpuTime, maxRSS } = child.resourceUsage()!;
  return { seconds, cpuSeconds: Number(cpuTime.total) / 1e6, peakMB: maxRSS / 1e6 };
}

/** The commands of a case. */
interface Case {
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
  /** Run before each run of ours. */
  readonly before?: () => void;
  /** Checks what ours wrote. */
  readonly check?: readonly string[];
  /** Collections to be dropped after each run. */
  readonly clean: readonly string[];
}

const reference = (...args: string[]) => [PYTHON, REFERENCE, ...args];
const vts = (...args: string[]) => [VTS, ...args, '--json'];

/** Where a case finds and leaves what it moves. */
interface Place {
  readonly folder: string;
  /** `HOST:PORT` */
  readonly address: string;
  /** The collection that is read, and the same rows in Parquet. */
  readonly source: string;
  readonly input: string;
}

/** The commands of each case: vts', the reference's, and what is checked and removed after each run. */
function commandsOf(kind: MilvusCase, { folder, address, source, input }: Place): Case {
  const uri = `http://${address}`;
  const endpoint = (name: string) => `milvus://${address}/default/${name}`;
  const unfinished = ['--no-index', '--no-load'];
  const dump = join(folder, 'dump');
  const makeDump = vts('dump', endpoint(source), dump);
  const haveDump = () => void (existsSync(dump) || measure(makeDump));
  const exported = (extension: string): Case => {
    const [ours, theirs] = [join(folder, `ours.${extension}`), join(folder, `theirs.${extension}`)];
    return {
      ours: vts('export', endpoint(source), ours),
      theirs: reference('export', uri, source, theirs),
      // Into new files: to replace one of half a gigabyte takes the file system up to half a second more.
      before: () => [ours, theirs].forEach((file) => rmSync(file, { force: true })),
      check: reference('check', uri, source, ours),
      clean: [],
    };
  };
  const insert = reference('import', input, uri, 'reference_import');
  switch (kind) {
    case 'milvus-parquet':
      return exported('parquet');
    case 'milvus-jsonl':
      return exported('jsonl');
    case 'parquet-milvus':
      return {
        ours: vts('import', input, endpoint('vts_import'), '--metric', 'L2', '--id', 'id', ...unfinished),
        theirs: insert,
        clean: ['vts_import', 'reference_import'],
      };
    case 'milvus-milvus':
      return {
        ours: vts('copy', endpoint(source), endpoint('vts_copy'), ...unfinished),
        theirs: reference('copy', uri, source, 'reference_copy'),
        clean: ['vts_copy', 'reference_copy'],
      };
    case 'milvus-dump':
      return {
        ours: makeDump,
        theirs: exported('parquet').theirs,
        before: () => rmSync(dump, { recursive: true, force: true }),
        check: vts('verify', dump, endpoint(source)),
        clean: [],
      };
    case 'dump-milvus':
      return {
        ours: vts('restore', dump, endpoint('vts_restore'), ...unfinished),
        theirs: insert,
        before: haveDump,
        clean: ['vts_restore', 'reference_import'],
      };
    case 'milvus-verify':
      return {
        ours: vts('verify', dump, endpoint(source)),
        theirs: vts('export', endpoint(source), join(folder, 'ours.parquet'), '--overwrite'),
        before: haveDump,
        clean: [],
      };
  }
}

/** Times `cases`, one after the other, over one collection of `rows`. */
export async function timeMilvus(bench: MilvusBench): Promise<void> {
  const { rows, dim, runs, cases, onResult } = bench;
  const folder = mkdtempSync(join(tmpdir(), 'vts-bench-milvus-'));
  const server = bench.server === undefined ? await startMilvus({}) : undefined;
  const address = bench.server ?? server!.address;
  const uri = `http://${address}`;
  const place = { folder, address, source: `bench_${rows}x${dim}`, input: join(folder, 'in.parquet') };
  try {
    measure(reference('make', uri, place.source, `${rows}`, `${dim}`, place.input));
    for (const kind of cases) {
      const { ours, theirs, before, check, clean } = commandsOf(kind, place);
      const times: { ours: Run[]; theirs: Run[] } = { ours: [], theirs: [] };
      for (let run = 0; run < runs; run++) {
        before?.();
        times.ours.push(await measureOurs(ours));
        times.theirs.push(measure(theirs));
        if (run === 0 && check !== undefined) measure(check);
        for (const name of clean) measure(reference('drop', uri, name));
      }
      onResult({
        ...{ case: kind, rows, dim },
        vts: median(times.ours),
        reference: kind === 'milvus-verify' ? 'vts export' : 'pymilvus',
        theirs: median(times.theirs),
      });
    }
    measure(reference('drop', uri, place.source));
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await server?.stop();
  }
}
