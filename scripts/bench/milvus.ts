/**
 * Times vts against scripts/bench/milvus_reference.py on one Milvus 2.3.5, in turns, and checks every export row by row.
 *
 *     deno task bench:milvus [--sizes 200000x128,50000x768] [--runs 3] [--cases export-parquet,import] [--server HOST:PORT]
 *
 * A dump, with its checksums, is timed against the export of the script, a restore against its import; a verification of a dump
 * against an export by vts.
 *
 * Runs on Bun, which tells the peak memory and CPU time of a child process.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startMilvus } from '../servers/milvus.ts';
import { measure, median, type Run } from './measure.ts';

const ROOT = resolve(import.meta.dirname!, '../..');
const PYTHON = join(ROOT, '.venv/bin/python');
const REFERENCE = join(ROOT, 'scripts/bench/milvus_reference.py');
const VTS = join(ROOT, 'dist/vts');

const { values: options } = parseArgs({
  options: {
    sizes: { type: 'string', default: '200000x128,50000x768' },
    runs: { type: 'string', default: '3' },
    cases: { type: 'string', default: 'export-parquet,export-jsonl,import,copy,dump,restore,verify' },
    server: { type: 'string' },
  },
});

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

const folder = mkdtempSync(join(tmpdir(), 'vts-bench-milvus-'));
const server = options.server === undefined ? await startMilvus({}) : undefined;
const address = options.server ?? server!.address;
const uri = `http://${address}`;
const reference = (...args: string[]) => [PYTHON, REFERENCE, ...args];
const vts = (...args: string[]) => [VTS, ...args, '--json'];
const endpoint = (name: string) => `milvus://${address}/default/${name}`;

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

const out = (name: string) => join(folder, name);
const load = ['--no-index', '--no-load'];

function exportCase(extension: string, source: string): Case {
  const [ours, theirs] = [out(`ours.${extension}`), out(`theirs.${extension}`)];
  return {
    ours: vts('export', endpoint(source), ours, '--overwrite'),
    theirs: reference('export', uri, source, theirs),
    check: reference('check', uri, source, ours),
    clean: [],
  };
}

/** Dump, restore and verify. */
function dumpCase(kind: string, source: string, input: string): Case {
  const dump = out(`dump-${source}`);
  const makeDump = vts('dump', endpoint(source), dump);
  const exported = exportCase('parquet', source);
  const before = () => void (existsSync(dump) || measure(makeDump));
  if (kind === 'verify') {
    return { ours: vts('verify', dump, endpoint(source)), theirs: exported.ours, before, clean: [] };
  }
  if (kind === 'restore') {
    return {
      ours: vts('restore', dump, endpoint('vts_restore'), ...load),
      theirs: reference('import', input, uri, 'reference_import'),
      before,
      clean: ['vts_restore', 'reference_import'],
    };
  }
  return {
    ours: makeDump,
    theirs: exported.theirs,
    before: () => rmSync(dump, { recursive: true, force: true }),
    check: vts('verify', dump, endpoint(source)),
    clean: [],
  };
}

/** The commands of each case: vts', the reference's, and what is checked and removed after each run. */
function commandsOf(kind: string, source: string, input: string): Case {
  if (kind.startsWith('export-')) return exportCase(kind.slice('export-'.length), source);
  if (['dump', 'restore', 'verify'].includes(kind)) return dumpCase(kind, source, input);
  return kind === 'import'
    ? {
      ours: vts('import', input, endpoint('vts_import'), '--metric', 'L2', '--id', 'id', ...load),
      theirs: reference('import', input, uri, 'reference_import'),
      clean: ['vts_import', 'reference_import'],
    }
    : {
      ours: vts('copy', endpoint(source), endpoint('vts_copy'), ...load),
      theirs: reference('copy', uri, source, 'reference_copy'),
      clean: ['vts_copy', 'reference_copy'],
    };
}

try {
  console.log(
    '| case | vts s | rows/s | CPU s | peak MB | reference s | CPU s | peak MB | times as fast | CPU times less |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|---|');
  for (const size of options.sizes.split(',')) {
    const [rows, dim] = size.split('x');
    const source = `bench_${size}`;
    const input = join(folder, `${size}.parquet`);
    measure(reference('make', uri, source, rows, dim, input));
    for (const kind of options.cases.split(',')) {
      const { ours, theirs, before, check, clean } = commandsOf(kind, source, input);
      const runs: { ours: Run[]; theirs: Run[] } = { ours: [], theirs: [] };
      for (let run = 0; run < Number(options.runs); run++) {
        before?.();
        runs.ours.push(await measureOurs(ours));
        runs.theirs.push(measure(theirs));
        if (run === 0 && check !== undefined) measure(check);
        for (const name of clean) measure(reference('drop', uri, name));
      }
      const [a, b] = [median(runs.ours), median(runs.theirs)];
      const cells = [
        `${kind} ${size}`,
        a.seconds.toFixed(2),
        (Number(rows) / a.seconds).toFixed(0),
        a.cpuSeconds.toFixed(2),
        a.peakMB.toFixed(0),
        b.seconds.toFixed(2),
        b.cpuSeconds.toFixed(2),
        b.peakMB.toFixed(0),
        (b.seconds / a.seconds).toFixed(2),
        (b.cpuSeconds / a.cpuSeconds).toFixed(2),
      ];
      console.log(`| ${cells.join(' | ')} |`);
    }
    measure(reference('drop', uri, source));
    rmSync(out(`dump-${source}`), { recursive: true, force: true });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
  await server?.stop();
}
