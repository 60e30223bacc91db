import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FileSourceOptions, openFileSource } from '../../src/connectors/file/file-source.ts';
import { parseEndpoint } from '../../src/connectors/file/paths.ts';
import { concatBatches } from '../../src/core/batch.ts';
import { valueAt } from '../../src/core/values.ts';
import { fixture } from '../support/fixtures.ts';

let folder: string;
const OPTIONS: FileSourceOptions = { roles: {}, order: 'stored', tempDir: tmpdir() };
const at = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vts-source-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('openFileSource()', () => {
  test('reads a folder, a glob and a list of files as one data set, in order of names', async () => {
    const names = [0, 1, 2].map((part) => fixture(`demo/parts/part-${part}.parquet`));
    for (const endpoints of [[fixture('demo/parts')], [fixture('demo/parts/*.parquet')], names]) {
      const source = await openFileSource(endpoints, OPTIONS);
      expect(source.files).toEqual(names);
      expect(source.dataset.rows).toBe(120);
      const batches = [];
      for (const range of source.ranges) {
        for await (const { batch } of source.read(range, { batchBytes: 1000, columns: ['id'] })) {
          batches.push(batch);
        }
      }
      const { columns, length } = concatBatches(batches);
      expect(Array.from({ length }, (_, row) => valueAt(columns[0], row))).toEqual(
        Array.from({ length: 120 }, (_, i) => BigInt(i)),
      );
      await source.close();
    }
  });

  test('refuses files that are not one data set, and says where they differ', async () => {
    writeFileSync(at('a.jsonl'), '{"id":1,"v":[1.5,2]}\n');
    writeFileSync(at('b.jsonl'), '{"id":1}\n');
    writeFileSync(at('c.jsonl'), '{"id":1,"v":[1.5,2,3]}\n');
    const open = (...names: string[]) => openFileSource(names.map(at), OPTIONS).catch((error) => error);
    expect((await open('a.jsonl', 'b.jsonl')).message).toContain('lacks a column');
    expect((await open('b.jsonl', 'a.jsonl')).message).toContain('has a column');
    expect(await open('a.jsonl', 'c.jsonl')).toMatchObject({
      code: 'InputMalformed',
      details: { field: 'v', file: at('c.jsonl') },
    });
  });

  test('passes over what other tools leave beside the data', async () => {
    mkdirSync(at('spark/year=2024'), { recursive: true });
    for (const name of ['_SUCCESS', '.part.crc', 'notes.txt']) writeFileSync(at(`spark/${name}`), '');
    writeFileSync(at('spark/year=2024/part-0.jsonl'), '{"id":1}\n');
    const source = await openFileSource([at('spark')], OPTIONS);
    expect(source.files).toEqual([at('spark/year=2024/part-0.jsonl')]);
    await source.close();
  });

  test('tells a wrong extension from a wrong content', async () => {
    writeFileSync(at('x.h5'), 'PAR1 and so on, long enough to be looked at');
    expect(await openFileSource([at('x.h5')], OPTIONS).catch((e) => e)).toMatchObject({
      code: 'InputMalformed',
      details: { remedy: 'add --from parquet to read it as it is' },
    });
    writeFileSync(at('x.dat'), 'nothing known');
    expect(await openFileSource([at('x.dat')], OPTIONS).catch((e) => e)).toMatchObject({
      code: 'UnknownFormat',
    });
  });
});

test('parseEndpoint() splits what lies inside a file, unless the file is called that', () => {
  expect(parseEndpoint('a.h5::/train')).toEqual({ path: 'a.h5', inside: '/train' });
  expect(parseEndpoint('a.h5')).toEqual({ path: 'a.h5' });
  writeFileSync(at('odd::name.jsonl'), '');
  expect(parseEndpoint(at('odd::name.jsonl'))).toEqual({ path: at('odd::name.jsonl') });
});
