import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FileSourceOptions, openFileSource } from '../../src/connectors/file/file-source.ts';
import { parseEndpoint } from '../../src/connectors/file/paths.ts';
import { concatBatches } from '../../src/core/batch.ts';
import { valueAt } from '../../src/core/values.ts';
import { fixture } from '../support/fixtures.ts';
import { writeTable } from '../support/format-io.ts';
import { randomTable } from '../support/tables.ts';

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
      for (const range of await source.plan()) {
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

  test('the output is no input, even where a folder or a pattern takes it in', async () => {
    mkdirSync(at('own'));
    for (const name of ['a.jsonl', 'b.jsonl', 'out.jsonl']) writeFileSync(at(`own/${name}`), '{"id":1}\n');
    for (const endpoint of [at('own'), at('own/*.jsonl')]) {
      const source = await openFileSource([endpoint], { ...OPTIONS, output: at('own/out.jsonl') });
      expect(source.files).toEqual([at('own/a.jsonl'), at('own/b.jsonl')]);
      await source.close();
    }
  });

  test('says that values in the names of folders are not read', async () => {
    const source = await openFileSource([at('spark')], OPTIONS);
    expect(source.dataset.notes).toContain('values in the names of folders (year=) are not read');
    await source.close();
  });

  test('refuses files of different metrics unless one is given', async () => {
    const ip = fixture('demo/index.faiss');
    const index = await openFileSource([ip], OPTIONS);
    await index.close();
    const { faiss } = await import('../../src/formats/faiss/format.ts');
    const l2 = await writeTable(faiss, randomTable({ fields: index.dataset.schema.fields }, { rows: 3 }), {
      dataset: { ...index.dataset, metric: 'L2' },
    });
    writeFileSync(at('l2.faiss'), l2);
    const open = (more: Partial<FileSourceOptions>) =>
      openFileSource([ip, at('l2.faiss')], { ...OPTIONS, ...more });
    expect(await open({}).catch((e) => e)).toMatchObject({
      code: 'InputMalformed',
      details: { remedy: 'say which one holds with --metric' },
    });
    const source = await open({ metric: 'IP' });
    expect(source.dataset.rows).toBe(203);
    await source.close();
  });

  test('names the command that makes lines of a JSON document', async () => {
    for (const [text, path] of [['[{"id":1}]', "'.[]'"], ['{"rows": [{"id":1}]}', "'.rows[]'"]]) {
      writeFileSync(at('document.json'), text);
      const error = await openFileSource([at('document.json')], OPTIONS).catch((e) => e);
      expect(error).toMatchObject({ code: 'UnknownFormat' });
      expect(error.details.remedy).toContain(`jq -c ${path}`);
    }
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
