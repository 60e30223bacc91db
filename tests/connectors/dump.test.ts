/** Dumps are written, gone on with after any kill, and read back bit by bit. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { type Dump, dumpKind, openDump, readDescription } from '../../src/connectors/dump/dump.ts';
import { openDumpSource } from '../../src/connectors/dump/dump-source.ts';
import { escapeName } from '../../src/connectors/dump/names.ts';
import { verifyDump } from '../../src/connectors/dump/verify-dump.ts';
import { memorySink } from '../../src/connectors/memory/memory.ts';
import { type Batch, concatBatches, makeBatch, sliceBatch } from '../../src/core/batch.ts';
import type { Source } from '../../src/core/endpoint.ts';
import { openJournal } from '../../src/core/journal.ts';
import { compileMapping } from '../../src/core/mapping.ts';
import type { Schema } from '../../src/core/schema.ts';
import { transfer } from '../../src/core/transfer.ts';
import { columnFromValues } from '../../src/core/values.ts';
import { parquet } from '../../src/formats/parquet/format.ts';
import { fileLog } from '../../src/stores/log.ts';
import { type FileOps, nodeFileOps } from '../../src/stores/file-ops.ts';
import { expectSameRows } from '../support/compare.ts';
import { everyKind, filterFields, randomTable } from '../support/tables.ts';
import { buryLock, COLLECTIONS, descriptionOf, JOB, Killed, makeDump, mortalOps } from './dump-support.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vts-dump-'));
  path = join(folder, 'dump');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function sourceOf(dump: Dump, index: number, partitions?: readonly string[]): Source {
  const collection = dump.manifest.collections[index];
  return openDumpSource({
    dump,
    collection,
    description: readDescription(dump, collection),
    ...(partitions === undefined ? {} : { partitions }),
    parquet,
    parallel: 1,
    tempDir: folder,
  });
}

async function rowsOf(source: Source): Promise<Record<string, Batch[]>> {
  const found: Record<string, Batch[]> = {};
  for (const range of await source.plan()) {
    for await (const { batch } of source.read(range, { batchBytes: 3000 })) {
      (found[range.partition!] ??= []).push(batch);
    }
  }
  return found;
}

/** Every file of a directory with its text, but for what tells when it was made. */
function contents(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile()
  );
  return Object.fromEntries(
    files.map((entry) => join(entry.parentPath, entry.name)).sort().map((
      file,
    ) => [file.slice(directory.length + 1), readFileSync(file, 'latin1')]),
  );
}

async function expectGood(directory: string): Promise<void> {
  const result = await verifyDump(openDump(directory), { parquet, tempDir: folder });
  expect([result.faults, result.extras, result.rows]).toEqual([[], [], 570]);
}

/** `rows` rows that are null wherever they can be. */
function nullsAlone(schema: Schema, rows: number): Batch {
  const { columns } = randomTable(schema, { rows, nulls: false });
  return makeBatch(
    schema,
    schema.fields.map((field, i) =>
      field.nullable ? columnFromValues(field.type, Array.from({ length: rows }, () => null)) : columns[i]
    ),
  );
}

describe('a dump', () => {
  test('holds rows, partitions and descriptions as they were', async () => {
    await makeDump(path);
    await expectGood(path);
    const dump = openDump(path);
    expect(dump.manifest.collections.map(({ database, name, rows }) => [database, name, rows])).toEqual([
      ['default', 'docs', 420],
      ['other', '..', 0],
      ['other', 'Wörter', 150],
    ]);
    for (const [i, collection] of COLLECTIONS.entries()) {
      expect(readDescription(dump, dump.manifest.collections[i])).toEqual(descriptionOf(collection));
      expect(dump.manifest.collections[i].partitions.map(({ name }) => name)).toEqual(
        Object.keys(collection.partitions),
      );
      const found = await rowsOf(sourceOf(dump, i));
      for (const [partition, table] of Object.entries(collection.partitions)) {
        if (table.length > 0) expectSameRows(concatBatches(found[partition]), table);
      }
    }
    expect(Object.keys(await rowsOf(sourceOf(dump, 0, ['p/1'])))).toEqual(['p/1']);
  });

  test('is cut into parts that know their keys, under names that stay inside', async () => {
    await makeDump(path);
    const [docs, dots, words] = openDump(path).manifest.collections;
    const parts = docs.partitions[0].parts;
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts) {
      expect(BigInt(part.firstKey!)).not.toBe(BigInt(part.lastKey!));
      expect(part.path).toMatch(/^default\/docs\/_default\/part-\d{5}\.parquet$/);
    }
    expect(docs.partitions[1].parts[0].path).toStartWith('default/docs/p%2F1/part-');
    expect(docs.partitions[2].parts).toEqual([]);
    expect(dots.schema.path).toBe('other/%2E%2E/schema.json');
    expect(words.schema.path).toBe('other/W%C3%B6rter/schema.json');
  });

  test('belongs to its owner alone, and sha256sum checks it', async () => {
    await makeDump(path);
    for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
      const mode = statSync(join(entry.parentPath, entry.name)).mode & 0o777;
      expect([entry.name, mode]).toEqual([entry.name, entry.isDirectory() ? 0o700 : 0o600]);
    }
    expect(statSync(path).mode & 0o777).toBe(0o700);
    const { status, stdout } = spawnSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd: path, encoding: 'utf8' });
    expect([status, stdout.trim().split('\n').length]).toEqual([0, Object.keys(contents(path)).length - 2]);
  });

  test('is on disk in this order: a part, its name, its journal line; checksums, manifest, no journal', async () => {
    const events: string[] = [];
    const names = new Map<number, string>();
    const name = (file: string) => relative(path, file).replace(`.${process.pid}.partial`, '.partial');
    const ops: FileOps = {
      ...nodeFileOps,
      open(file, flags, mode) {
        const fd = nodeFileOps.open(file, flags, mode);
        names.set(fd, name(file));
        return fd;
      },
      write(fd, bytes, position) {
        const text = names.get(fd) === 'journal.jsonl' ? new TextDecoder().decode(bytes) : '';
        events.push(`write ${names.get(fd)} ${text}`);
        return nodeFileOps.write(fd, bytes, position);
      },
      fsync(fd) {
        events.push(`sync ${names.get(fd)}`);
        nodeFileOps.fsync(fd);
      },
      rename(from, to) {
        events.push(`name ${name(to)}`);
        nodeFileOps.rename(from, to);
      },
      unlink(file) {
        events.push(`unlink ${name(file)}`);
        nodeFileOps.unlink(file);
      },
    };
    await makeDump(path, { ops });
    const lastOf = (event: string) => events.findLastIndex((one) => one.startsWith(event));
    const after = (index: number, event: string) => events.indexOf(event, index + 1);
    const parts = openDump(path).manifest.collections.flatMap(({ partitions }) =>
      partitions.flatMap((partition) => partition.parts.map((part) => part.path))
    );
    expect(parts.length).toBeGreaterThan(5);
    for (const part of parts) {
      const named = events.indexOf(`name ${part}`);
      const written = lastOf(`write ${part}.partial`);
      const synced = after(written, `sync ${part}.partial`);
      const placed = after(named, `sync ${dirname(part)}`);
      const line = events.findIndex((one) =>
        one.startsWith('write journal.jsonl') && one.includes('"type":"part"') && one.includes(part)
      );
      expect([part, 0 <= written, written < synced, synced < named, named < placed, placed < line])
        .toEqual([part, true, true, true, true, true]);
      expect(after(line, 'sync journal.jsonl')).toBe(line + 1);
    }
    const [sums, manifest] = [lastOf('name SHA256SUMS'), lastOf('name manifest.json')];
    expect(lastOf('write journal.jsonl')).toBeLessThan(sums);
    const placed = [after(sums, 'sync '), after(manifest, 'sync ')];
    expect([sums < placed[0], placed[0] < manifest]).toEqual([true, true]);
    expect([manifest < placed[1], placed[1] < lastOf('unlink journal.jsonl')]).toEqual([true, true]);
  });

  test('made by several workers holds the same rows', async () => {
    await makeDump(path, { parallel: 3 });
    await expectGood(path);
  });

  test('is not written over: not where one is complete, nor where there is anything else', async () => {
    await makeDump(path);
    await expect(makeDump(path)).rejects.toThrow('holds a complete dump');
    const before = contents(path);
    await makeDump(path, { resume: true });
    expect(contents(path)).toEqual(before);
    await expect(makeDump(path, { resume: true, job: { ...JOB, filter: 'x' } })).rejects.toMatchObject({
      code: 'JournalConflict',
      details: { expected: 'filter: was not set, is x' },
    });
    writeFileSync(join(folder, 'mine.txt'), 'mine');
    await expect(makeDump(folder)).rejects.toThrow('is not empty and no dump');
    expect(existsSync(join(folder, 'mine.txt'))).toBe(true);
  });

  test('is told from other files of the same names', async () => {
    writeFileSync(join(folder, 'manifest.json'), '{"name": "a web app"}');
    expect(dumpKind(folder)).toBeUndefined();
    writeFileSync(join(folder, 'journal.jsonl'), '{"id": 1}\n');
    unlinkSync(join(folder, 'manifest.json'));
    expect(dumpKind(folder)).toBeUndefined();
    await makeDump(path);
    expect(dumpKind(path)).toBe('complete');
  });
});

describe('an unfinished dump', () => {
  test('killed at any operation goes on with --resume and ends as one that was never killed', async () => {
    const collections = COLLECTIONS.slice(0, 2);
    await makeDump(path, { collections });
    const whole = contents(path);
    let n = 1;
    for (;; n++) {
      const place = join(folder, `at-${n}`);
      try {
        await makeDump(place, { collections, ops: mortalOps(n) });
        break;
      } catch (error) {
        if (!String(error).includes('killed') && !(error instanceof Killed)) throw error;
      }
      buryLock(place);
      await makeDump(place, { collections, resume: true });
      expect(contents(place)).toEqual(whole);
      rmSync(place, { recursive: true });
    }
    expect(n).toBeGreaterThan(150);
  });

  test('killed twice, and resumed by another number of workers, holds the same rows', async () => {
    for (let n = 40; n < 700; n += 83) {
      const place = join(folder, `at-${n}`);
      await makeDump(place, { ops: mortalOps(n), parallel: 2 }).catch(() => {});
      buryLock(place);
      await makeDump(place, { ops: mortalOps(n), resume: true, parallel: 1 }).catch(() => {});
      buryLock(place);
      await makeDump(place, { resume: true, parallel: 3 });
      await expectGood(place);
    }
  });

  async function unfinished(): Promise<void> {
    await makeDump(path, { ops: mortalOps(250) }).catch(() => {});
    buryLock(path);
    expect(dumpKind(path)).toBe('unfinished');
  }

  test('is gone on with when asked only, and for the same job only', async () => {
    await unfinished();
    await expect(makeDump(path)).rejects.toMatchObject({
      code: 'JournalConflict',
      details: { remedy: 'add --resume to go on with it, or name another directory' },
    });
    const other = makeDump(path, { resume: true, job: { ...JOB, partition: '["a"]' } });
    await expect(other).rejects.toMatchObject({ code: 'JournalConflict' });
    await makeDump(path, { resume: true });
    await expectGood(path);
  });

  test('of which a part is gone, or shorter, does not go on', async () => {
    await unfinished();
    const part = readdirSync(join(path, 'default/docs/_default')).find((name) => name.endsWith('.parquet'))!;
    const file = join(path, 'default/docs/_default', part);
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(1));
    await expect(makeDump(path, { resume: true })).rejects.toThrow('another size');
    unlinkSync(file);
    await expect(makeDump(path, { resume: true })).rejects.toThrow('gone since it was written');
    writeFileSync(file, bytes);
    await makeDump(path, { resume: true });
    await expectGood(path);
  });

  test('is locked while another process is at work', async () => {
    await unfinished();
    writeFileSync(join(path, '.vts-lock'), `${process.pid} elsewhere`);
    await expect(makeDump(path, { resume: true })).rejects.toMatchObject({ code: 'JournalConflict' });
  });

  test('on a full disk says so, and goes on when there is room', async () => {
    let writes = 0;
    const ops: FileOps = {
      ...mortalOps(Infinity),
      write(fd, bytes, position) {
        if (++writes > 40) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
        return mortalOps(Infinity).write(fd, bytes, position);
      },
    };
    await expect(makeDump(path, { ops })).rejects.toMatchObject({ code: 'DiskFull' });
    expect(Object.keys(contents(path)).filter((name) => name.includes('partial'))).toEqual([]);
    await makeDump(path, { resume: true });
    await expectGood(path);
  });

  test('whose journal cannot grow says why', async () => {
    let appends = 0;
    const ops: FileOps = {
      ...mortalOps(Infinity),
      open(file, flags, mode) {
        if (flags === 'a' && ++appends > 12) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
        return mortalOps(Infinity).open(file, flags, mode);
      },
    };
    await expect(makeDump(path, { ops })).rejects.toMatchObject({ code: 'DiskFull' });
    await makeDump(path, { resume: true });
    await expectGood(path);
  });

  test('is not begun where nothing can be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(makeDump(join(folder, 'file/dump'))).rejects.toMatchObject({ code: 'OutputUnwritable' });
    const ops: FileOps = {
      ...mortalOps(Infinity),
      makeDirectory: () => {
        throw Object.assign(new Error('EROFS'), { code: 'EROFS' });
      },
    };
    await expect(makeDump(path, { ops })).rejects.toThrow('permission denied');
  });

  test('cannot be read as a dump', async () => {
    await unfinished();
    expect(() => openDump(path)).toThrow('is an unfinished dump');
  });
});

describe('a restore', () => {
  test('killed at any operation goes on and writes every row once', async () => {
    await makeDump(path);
    const expected = COLLECTIONS[0].partitions;
    let n = 1;
    for (let killed = true; killed; n++) {
      const parts = new Map<number, Batch | undefined>();
      const log = join(folder, `journal-${n}`);
      const run = async (ops: FileOps, resume: boolean) => {
        const source = sourceOf({ ...openDump(path, ops), ops }, 0);
        const sink = memorySink(parts);
        const journal = openJournal(fileLog(log, ops), JOB, resume);
        await transfer(source, sink, compileMapping(source.dataset, sink, {}), {
          journal,
          batchBytes: 3000,
          partBytes: 50,
        });
      };
      killed = await run(mortalOps(n), false).then(() => false, () => true);
      if (killed) await run(mortalOps(Infinity), true);
      const rows = [...parts].sort(([a], [b]) => a - b).map(([, part]) => part!);
      expectSameRows(concatBatches(rows), concatBatches([expected._default, expected['p/1']]));
    }
    expect(n).toBeGreaterThan(100);
  });
});

test('collections of odd shapes come back bit by bit: no row, one row, one and 32768 dimensions, nulls alone', async () => {
  const tables: Record<string, Batch> = {
    none: randomTable(everyKind(8), { rows: 0 }),
    one: randomTable(everyKind(8), { rows: 1 }),
    flat: randomTable(everyKind(1), { rows: 50 }),
    wide: randomTable(
      filterFields(everyKind(32768), ({ name }) => name === 'id' || name.startsWith('vector')),
      { rows: 3 },
    ),
    nulls: nullsAlone(everyKind(8), 20),
  };
  const collections = Object.entries(tables).map(([name, batch]) => ({
    database: 'default',
    name,
    partitions: { _default: batch },
  }));
  await makeDump(path, { collections });
  const dump = openDump(path);
  for (const [i, { name, partitions }] of collections.entries()) {
    const found = (await rowsOf(sourceOf(dump, i)))._default ?? [];
    expect([name, found.reduce((sum, batch) => sum + batch.length, 0)]).toEqual([
      name,
      partitions._default.length,
    ]);
    if (found.length > 0) expectSameRows(concatBatches(found), partitions._default);
  }
});

test('a collection of more than a thousand partitions, of one row each', async () => {
  const rows = COLLECTIONS[0].partitions._default;
  const partitions = Object.fromEntries(
    Array.from({ length: 1100 }, (_, i) => [`p'${i}"`, sliceBatch(rows, i % 300, i % 300 + 1)]),
  );
  await makeDump(path, { collections: [{ database: 'default', name: 'many', partitions }], parallel: 4 });
  const { faults, rows: found } = await verifyDump(openDump(path), { parquet, tempDir: folder });
  expect([faults, found]).toEqual([[], 1100]);
  expect(openDump(path).manifest.collections[0].partitions.map(({ name }) => name)).toEqual(
    Object.keys(partitions),
  );
});

test('a copy of a dump under another name is the same dump', async () => {
  await makeDump(path);
  cpSync(path, join(folder, 'copy'), { recursive: true });
  await expectGood(join(folder, 'copy'));
});

test('names become names of files: all of Milvus fit, no two become one, none leads elsewhere', () => {
  expect(escapeName('a'.repeat(255))).toBe('a'.repeat(255));
  expect(() => escapeName('ü'.repeat(50))).toThrow('cannot be the name of a file');
  expect(() => escapeName('')).toThrow();
  expect(['..', '.', 'a/b', 'a%2Fb', '_x-1', 'é', '\0'].map(escapeName)).toEqual([
    '%2E%2E',
    '%2E',
    'a%2Fb',
    'a%252Fb',
    '_x-1',
    '%C3%A9',
    '%00',
  ]);
});
