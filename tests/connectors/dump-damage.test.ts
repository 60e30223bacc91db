/** Every way in which a dump may be damaged, or made up, is found by verify, and nothing of it is restored. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDump, readDescription, requireFiles } from '../../src/connectors/dump/dump.ts';
import { openDumpSource } from '../../src/connectors/dump/dump-source.ts';
import { filesOf, type Manifest, manifestText, parseManifest } from '../../src/connectors/dump/manifest.ts';
import { type Finding, verifyDump } from '../../src/connectors/dump/verify-dump.ts';
import { parseChecksums } from '../../src/connectors/dump/checksums.ts';
import { parseDescription } from '../../src/connectors/dump/description.ts';
import { isVtsError } from '../../src/errors.ts';
import { parquet } from '../../src/formats/parquet/format.ts';
import { makeDump } from './dump-support.ts';

let folder: string;
let good: string;
let path: string;
let files: string[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vts-damage-'));
  good = join(folder, 'good');
  await makeDump(good);
  files = ['SHA256SUMS', ...filesOf(openDump(good).manifest).map((file) => file.path)];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  path = join(folder, 'bad');
  cpSync(good, path, { recursive: true });
});
afterEach(() => rmSync(path, { recursive: true, force: true }));

/** What `vts verify` finds; the error that ends it at once counts as a finding of its file. */
async function verify(): Promise<readonly Finding[]> {
  return (await verifyDump(openDump(path), { parquet, tempDir: folder })).faults;
}

/** Reads all as a restore does. @returns rows that came before it was refused */
async function restore(): Promise<{ rows: number; refused: unknown; bad: string | undefined }> {
  let rows = 0;
  let bad: string | undefined;
  try {
    const dump = openDump(path);
    requireFiles(dump, dump.manifest.collections);
    for (const collection of dump.manifest.collections) {
      const description = readDescription(dump, collection);
      const source = openDumpSource({ dump, collection, description, parquet, parallel: 1, tempDir: folder });
      for (const range of await source.plan()) {
        bad = range.id;
        let here = 0;
        for await (const { batch } of source.read(range, { batchBytes: 1000 })) here += batch.length;
        rows += here;
        bad = undefined;
      }
    }
    return { rows, refused: undefined, bad };
  } catch (refused) {
    return { rows, refused, bad };
  }
}

async function expectFound(file: string, kinds: readonly Finding['kind'][] = ['damaged']): Promise<void> {
  const faults = await verify();
  const own = faults.filter((fault) => fault.path === file);
  expect([file, own.length, kinds.includes(own[0]?.kind)]).toEqual([file, 1, true]);
  const { refused, bad } = await restore();
  expect([file, isVtsError(refused, 'DumpDamaged'), bad ?? file]).toEqual([file, true, file]);
}

describe('every file of a dump', () => {
  test('cut off', async () => {
    for (const file of files) {
      const { length } = readFileSync(join(good, file));
      for (const size of [length - 1, length >> 1, 0]) {
        truncateSync(join(path, file), size);
        await expectFound(file);
        copyFileSync(join(good, file), join(path, file));
      }
    }
  });

  test('with a bit that flipped, of the same size', async () => {
    for (const file of files) {
      const bytes = readFileSync(join(good, file));
      for (const at of [0, 5, bytes.length >> 1, bytes.length - 9, bytes.length - 1]) {
        const flipped = Buffer.from(bytes);
        flipped[at] ^= 1 << (at % 8);
        writeFileSync(join(path, file), flipped);
        await expectFound(file);
      }
      copyFileSync(join(good, file), join(path, file));
    }
  });

  test('missing', async () => {
    for (const file of files) {
      unlinkSync(join(path, file));
      await expectFound(file, ['missing']);
      copyFileSync(join(good, file), join(path, file));
    }
  });

  test('swapped with another, or overwritten by it', async () => {
    const parts = files.filter((file) => file.endsWith('.parquet'));
    for (const [i, file] of parts.entries()) {
      const other = parts[(i + 1) % parts.length];
      copyFileSync(join(good, other), join(path, file));
      await expectFound(file, ['swapped', 'damaged']);
      copyFileSync(join(good, file), join(path, other));
      const found = (await verify()).map((fault) => fault.path).sort();
      expect(found).toEqual([file, other].sort());
      for (const one of [file, other]) copyFileSync(join(good, one), join(path, one));
    }
    const schemas = files.filter((file) => file.endsWith('schema.json'));
    copyFileSync(join(good, schemas[0]), join(path, schemas[1]));
    await expectFound(schemas[1]);
  });

  test('of the same size as another that took its place is named', async () => {
    const [a, b] = files.filter((file) => file.startsWith('default/docs/_default/'));
    const bytes = readFileSync(join(good, a));
    // Another part of the same length: verify tells whose it is.
    const manifest = openDump(path).manifest;
    const edited = JSON.parse(JSON.stringify(manifest)) as Manifest;
    const part = edited.collections[0].partitions[0].parts.find((one) => one.path === b)! as {
      bytes: number;
    };
    part.bytes = bytes.length;
    writeFileSync(join(path, 'manifest.json'), manifestText(edited));
    writeFileSync(join(path, b), bytes);
    const fault = (await verify()).find((one) => one.path === b);
    expect(fault).toEqual({ path: b, kind: 'swapped', text: `it holds what belongs to ${a}` });
  });

  test('replaced by a link, a pipe or a directory', async () => {
    for (const file of files) {
      for (const kind of ['link', 'pipe', 'directory']) {
        rmSync(join(path, file), { recursive: true });
        if (kind === 'link') symlinkSync(join(good, file), join(path, file));
        else if (kind === 'pipe') spawnSync('mkfifo', [join(path, file)]);
        else mkdirSync(join(path, file));
        await expectFound(file);
      }
      rmSync(join(path, file), { recursive: true });
      copyFileSync(join(good, file), join(path, file));
    }
  });

  test('behind a linked directory', async () => {
    renameSync(join(path, 'default'), join(path, 'elsewhere'));
    symlinkSync(join(path, 'elsewhere'), join(path, 'default'));
    expect((await verify()).map((fault) => fault.text)).toContain('behind a link');
    const { rows, refused } = await restore();
    expect([rows, isVtsError(refused, 'DumpDamaged')]).toEqual([0, true]);
  });

  test('twice: one too many is told, and does no harm', async () => {
    const [part] = files.filter((file) => file.endsWith('.parquet'));
    copyFileSync(join(good, part), join(path, 'default/docs/_default/part-00099.parquet'));
    writeFileSync(join(path, 'notes.txt'), 'mine');
    const { faults, extras } = await verifyDump(openDump(path), { parquet, tempDir: folder });
    expect(faults).toEqual([]);
    expect(extras.map((extra) => extra.path)).toEqual([
      'default/docs/_default/part-00099.parquet',
      'notes.txt',
    ]);
    expect(await restore()).toMatchObject({ rows: 570, refused: undefined });
  });
});

describe('the manifest', () => {
  const file = 'manifest.json';
  const text = () => readFileSync(join(good, file), 'utf8');

  test('cut off anywhere, or with any byte changed, is refused', () => {
    const whole = text();
    for (let length = 0; length < whole.length - 1; length++) {
      expect(() => parseManifest(whole.slice(0, length), file)).toThrow();
    }
    const bytes = Buffer.from(whole);
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] ^= 1;
      let error: unknown;
      try {
        parseManifest(changed.toString('utf8'), file);
      } catch (thrown) {
        error = thrown;
      }
      // A digit of the version may make it a newer one.
      expect([at, isVtsError(error, 'DumpDamaged', 'InputUnsupported')]).toEqual([at, true]);
    }
  });

  test('missing, a link or a pipe', () => {
    unlinkSync(join(path, file));
    expect(() => openDump(path)).toThrow('holds no dump');
    symlinkSync(join(good, file), join(path, file));
    expect(() => openDump(path)).toThrow('no regular file but a link');
    unlinkSync(join(path, file));
    spawnSync('mkfifo', [join(path, file)]);
    expect(() => openDump(path)).toThrow('no regular file but a pipe');
  });

  /** A manifest with a true hash, whatever it says. */
  function made(change: (manifest: Record<string, never>) => void): string {
    const manifest = JSON.parse(text());
    delete manifest.sha256;
    change(manifest);
    const emptied = `${JSON.stringify({ ...manifest, sha256: '' }, null, 1)}\n`;
    const sha256 = createHash('sha256').update(emptied).digest('hex');
    return `${JSON.stringify({ ...manifest, sha256 }, null, 1)}\n`;
  }

  test('with a true hash cannot lead out of the dump', () => {
    const evil = [
      '../../etc/passwd',
      '/etc/passwd',
      'a/../../b',
      'a\0b',
      'C:\\x',
      '..',
      '.',
      '',
      'a//b',
      'a/./b',
      7,
      null,
    ];
    for (const bad of evil) {
      // deno-lint-ignore no-explicit-any -- a manifest that is none
      const asPart = made((manifest: any) => manifest.collections[0].partitions[0].parts[0].path = bad);
      // deno-lint-ignore no-explicit-any -- a manifest that is none
      const asSchema = made((manifest: any) => manifest.collections[0].schema.path = bad);
      for (const one of [asPart, asSchema]) {
        let error: unknown;
        try {
          parseManifest(one, file);
        } catch (thrown) {
          error = thrown;
        }
        expect([bad, isVtsError(error, 'DumpDamaged')]).toEqual([bad, true]);
      }
    }
  });

  test('with a true hash and wrong contents is refused, not believed', () => {
    // deno-lint-ignore no-explicit-any -- manifests that are none
    const changes: ((manifest: any) => void)[] = [
      (m) => m.collections[1].schema.path = m.collections[0].schema.path,
      (m) => m.collections.push(m.collections[0]),
      (m) => m.collections[0].rows++,
      (m) => m.collections[0].partitions[0].parts[0].rows = -1,
      (m) => m.collections[0].partitions[0].parts[0].bytes = 1e300,
      (m) => m.collections[0].partitions[0].parts[0].sha256 = 'abc',
      (m) => m.collections[0].guarantee = 'sure',
      (m) => m.collections = {},
      (m) => m.databases = [{ name: 1, properties: {} }],
      (m) => delete m.checksums,
      (m) => m.collections[0].partitions = [null],
    ];
    for (const change of changes) {
      expect(() => parseManifest(made(change), file)).toThrow('is damaged');
    }
    expect(parseManifest(made(() => {}), file)).toEqual(openDump(good).manifest);
  });

  test('of a newer format names the version that is needed', () => {
    // deno-lint-ignore no-explicit-any -- a manifest of the future
    const newer = made((manifest: any) => Object.assign(manifest, { version: 2, vts: '9.1.0' }));
    expect(() => parseManifest(newer.replace(/"sha256": "[^"]*"\n}/, '"hash": ""\n}'), file)).toThrow(
      'the dump has format 2',
    );
    try {
      parseManifest(newer, file);
    } catch (error) {
      expect(error).toMatchObject({
        code: 'InputUnsupported',
        details: { remedy: 'use vts 9.1.0 or newer, which wrote it' },
      });
    }
  });

  test('that fits no part of it is found in the part', async () => {
    const manifest = openDump(path).manifest;
    const edited = JSON.parse(JSON.stringify(manifest)) as Manifest;
    // The words of one collection as another's, hashed all along: the schema tells.
    const other = edited.collections[2].partitions[0].parts[0] as { rows: number };
    other.rows++;
    (edited.collections[2].partitions[0] as { rows: number }).rows++;
    (edited.collections[2] as { rows: number }).rows++;
    writeFileSync(join(path, file), manifestText(edited));
    expect((await verify()).map((fault) => fault.text)[0]).toMatch(/of \d+ rows instead of \d+/);
    expect((await restore()).refused).toMatchObject({ code: 'DumpDamaged' });
  });
});

test('checksums that are no checksums are told by line', () => {
  const sum = 'a'.repeat(64);
  expect(parseChecksums(`${sum}  a/b\n${sum} *c\n`, 'F')).toEqual(new Map([['a/b', sum], ['c', sum]]));
  for (const [text, line] of [[`${sum}  a\nxyz\n`, 2], [`${sum}  a\n${sum}  a\n`, 2], ['\n', 1]] as const) {
    try {
      parseChecksums(text, 'F');
      expect('no error').toBe('an error');
    } catch (error) {
      expect(error).toMatchObject({ code: 'DumpDamaged', details: { line } });
    }
  }
  expect(() => parseChecksums(`${sum}  ../x\n`, 'F')).toThrow('no path of a dump');
  expect(() => parseChecksums(`${sum}  a`, 'F')).toThrow('cut off');
});

test('a description with any byte changed is refused or says another thing, and never fails otherwise', () => {
  const text = readFileSync(join(good, 'default/docs/schema.json'));
  for (let at = 0; at < text.length; at++) {
    for (const bit of [1, 32]) {
      const changed = Buffer.from(text);
      changed[at] ^= bit;
      try {
        parseDescription(changed.toString('utf8'), 'schema.json');
      } catch (error) {
        expect([at, isVtsError(error, 'DumpDamaged')]).toEqual([at, true]);
      }
    }
  }
});
