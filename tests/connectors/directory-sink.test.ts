import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileSource } from '../../src/connectors/file/file-source.ts';
import {
  isDirectoryOutput,
  openOutput,
  type OpenOutputOptions,
} from '../../src/connectors/file/open-output.ts';
import { memorySource } from '../../src/connectors/memory/memory.ts';
import { type Batch, concatBatches } from '../../src/core/batch.ts';
import { compileMapping } from '../../src/core/mapping.ts';
import { transfer, type TransferSummary } from '../../src/core/transfer.ts';
import { expectSameRows } from '../support/compare.ts';
import { everyKind, filterFields, randomTable } from '../support/tables.ts';

const SCHEMA = filterFields(everyKind(8), (f) => ['id', 'vector'].includes(f.name));
const TABLES = [300, 500].map((rows, seed) => randomTable(SCHEMA, { rows, seed }));
const JOB = { source: 'memory' };

let folder: string;
let out: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vts-directory-'));
  out = join(folder, 'out');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function move(more: Partial<OpenOutputOptions> = {}, limit?: number): Promise<TransferSummary> {
  const options = {
    overwrite: false,
    tempDir: folder,
    parts: true,
    resume: false,
    job: JOB,
    format: 'faiss',
    ...more,
  };
  const { sink, journal } = await openOutput(out, options);
  const source = memorySource(TABLES);
  try {
    return await transfer(source, sink, compileMapping(source.dataset, sink, {}), {
      batchBytes: 1000,
      partBytes: 4000,
      journal,
      ...(limit === undefined ? {} : { limit }),
    });
  } finally {
    await sink.close();
  }
}

async function rowsOf(directory: string): Promise<Batch> {
  const source = await openFileSource([directory], { roles: {}, order: 'stored', tempDir: folder });
  const batches: Batch[] = [];
  for (const range of await source.plan()) {
    for await (const { batch } of source.read(range, { batchBytes: 1 << 20 })) batches.push(batch);
  }
  await source.close();
  return concatBatches(batches);
}

const parts = () => readdirSync(out).filter((name) => name.startsWith('part-')).sort();

describe('openDirectorySink()', () => {
  test('writes numbered parts that read back as one data set, and lets go of the directory', async () => {
    const summary = await move();
    expect(summary).toMatchObject({ rowsWritten: 800, rowsCounted: 800, parts: parts().length });
    expect(parts().length).toBeGreaterThan(5);
    expectSameRows(await rowsOf(out), concatBatches(TABLES));
    expect(existsSync(join(out, '.vts-lock'))).toBe(false);
  });

  test('goes on after a cut, over a part whose journal line was never written', async () => {
    await move({}, 250);
    const before = parts();
    const journal = join(out, '.vts-journal.jsonl');
    const lines = readFileSync(journal, 'utf8').trimEnd().split('\n');
    writeFileSync(journal, `${lines.slice(0, -1).join('\n')}\n${lines.at(-1)!.slice(0, 9)}`);
    writeFileSync(join(out, 'part-00099.faiss'), 'of a worker that was killed');
    const summary = await move({ resume: true });
    expect(parts()).not.toContain('part-00099.faiss');
    expect(summary.rowsResumed).toBeGreaterThan(0);
    expect(summary.rowsResumed).toBeLessThan(250);
    expect(parts().length).toBeGreaterThan(before.length);
    expectSameRows(await rowsOf(out), concatBatches(TABLES));
  });

  test('has nothing left to do when a whole run is resumed', async () => {
    await move();
    const before = parts();
    expect(await move({ resume: true })).toMatchObject({
      rowsResumed: 800,
      rowsWritten: 800,
      rowsCounted: 800,
    });
    expect(parts()).toEqual(before);
  });

  test('--resume begins where nothing had begun', async () => {
    expect(await move({ resume: true })).toMatchObject({ rowsResumed: 0, rowsWritten: 800 });
  });

  test('refuses to mix jobs, and begins anew only when told', async () => {
    await move({}, 250);
    expect(await move().catch((e) => e)).toMatchObject({ code: 'OutputExists', exitCode: 7 });
    expect(await move({ resume: true, job: { source: 'another' } }).catch((e) => e)).toMatchObject({
      code: 'JournalConflict',
      details: { expected: 'source: was memory, is another' },
    });
    writeFileSync(join(out, 'mine.txt'), 'not ours');
    expect(await move({ overwrite: true })).toMatchObject({ rowsResumed: 0, rowsWritten: 800 });
    expect(existsSync(join(out, 'mine.txt'))).toBe(true);
    expectSameRows(await rowsOf(out), concatBatches(TABLES));
  });

  test('notices a part that is gone or cut', async () => {
    await move();
    const path = join(out, parts()[1]);
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, 100));
    expect(await move({ resume: true }).catch((e) => e)).toMatchObject({
      code: 'JournalConflict',
      message: expect.stringContaining('another size'),
    });
    unlinkSync(path);
    expect(await move({ resume: true }).catch((e) => e)).toMatchObject({ code: 'JournalConflict' });
  });

  test('a job that is refused leaves nothing behind', async () => {
    const { sink } = await openOutput(out, {
      overwrite: false,
      tempDir: folder,
      parts: true,
      resume: false,
      job: JOB,
      format: 'faiss',
    });
    await sink.close();
    expect(readdirSync(out)).toEqual([]);
  });

  test('one process at a time; a dead one does not matter', async () => {
    await move({}, 250);
    writeFileSync(join(out, '.vts-lock'), `1 ${hostname()}`);
    expect(await move({ resume: true }).catch((e) => e)).toMatchObject({ code: 'JournalConflict' });
    writeFileSync(join(out, '.vts-lock'), '999999999 elsewhere.example');
    expect(await move({ resume: true }).catch((e) => e)).toMatchObject({ code: 'JournalConflict' });
    writeFileSync(join(out, '.vts-lock'), `999999999 ${hostname()}`);
    expect(await move({ resume: true })).toMatchObject({ rowsWritten: 800 });
  });
});

test('isDirectoryOutput() goes by a trailing slash or by what is there', () => {
  expect(isDirectoryOutput('anything/')).toBe(true);
  expect(isDirectoryOutput(folder)).toBe(true);
  expect(isDirectoryOutput(out)).toBe(false);
});
