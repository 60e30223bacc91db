/** Flags that jobs brought to the command line: --row-ids, --parents, --recipe, --mode skip. */
import { describe, expect, test } from 'bun:test';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { recipeOf } from '../../src/cli/recipe.ts';
import { field } from '../../src/core/schema.ts';
import { readJob } from '../../src/jobs/read-job.ts';
import { workspace } from '../support/cli.ts';

const FAISS = resolve(import.meta.dirname!, '../../fixtures/faiss');

describe('--row-ids', () => {
  test('numbers rows over all files, in whatever pieces they are read', () => {
    using place = workspace();
    cpSync(`${FAISS}/flat_l2.faiss`, place.file('a.faiss'));
    cpSync(`${FAISS}/flat_l2.faiss`, place.file('b.faiss'));
    for (const pieces of ['', '--batch-bytes 1KiB']) {
      const { exit, stdout } = place.run(
        `vts convert a.faiss b.faiss - --row-ids n --fields n ${pieces} --quiet`,
      );
      expect(exit).toBe(0);
      expect(stdout.trimEnd().split('\n')).toEqual(Array.from({ length: 100 }, (_, i) => `{"n":${i}}`));
    }
    const parts =
      'vts convert a.faiss b.faiss many/ --to jsonl --part-size 1KiB --row-ids n --resume --quiet';
    expect(place.run(parts).exit).toBe(0);
    expect(place.run('cat many/*.jsonl | wc -l').stdout.trim()).toBe('100');
  });

  test('makes the numbers the id, and stands back where there is one', () => {
    using place = workspace();
    cpSync(`${FAISS}/idmap2_flat.faiss`, place.file('ids.faiss'));
    const own = place.run('vts convert ids.faiss - --quiet').stdout;
    expect(place.run('vts convert ids.faiss - --row-ids id --id id --quiet').stdout).toBe(own);
    expect(place.run('vts convert ids.faiss - --row-ids n --quiet').stdout).toBe(own);
    cpSync(`${FAISS}/flat_l2.faiss`, place.file('none.faiss'));
    expect(place.run('vts convert none.faiss numbered.faiss --row-ids n --quiet').exit).toBe(0);
    expect(place.run('vts inspect numbered.faiss').stdout).toContain('primary key');
  });

  test('is refused where rows are not counted, or the name is taken', () => {
    using place = workspace();
    const uncounted = place.run('vts convert rows.jsonl out.parquet --row-ids n');
    expect([uncounted.exit, uncounted.stderr.includes('are not counted')]).toEqual([2, true]);
    cpSync(`${FAISS}/flat_l2.faiss`, place.file('none.faiss'));
    expect(place.run('vts convert none.faiss out.parquet --row-ids vector').exit).toBe(2);
    expect(existsSync(place.file('out.parquet'))).toBe(false);
  });
});

test('--parents makes the folders above an output', () => {
  using place = workspace();
  expect(place.run('vts convert vectors.parquet a/b/c.h5').exit).toBe(8);
  expect(place.run('vts convert vectors.parquet a/b/c.h5 --parents --dry-run').exit).toBe(0);
  expect(existsSync(place.file('a'))).toBe(false);
  expect(place.run('vts convert vectors.parquet a/b/c.h5 --parents').exit).toBe(0);
  expect(place.run('vts convert vectors.parquet d/e/ --to h5df --parents').exit).toBe(2);
  expect(place.run('vts convert vectors.parquet vectors.parquet/x.h5 --parents').exit).toBe(8);
  expect(readFileSync(place.file('a/b/c.h5')).length).toBeGreaterThan(0);
});

test('--recipe belongs to --layout milvusdm', () => {
  using place = workspace();
  const { exit, stderr } = place.run('vts export milvus://localhost:1/default/a a.h5 --recipe a.yaml');
  expect(exit).toBe(2);
  expect(stderr).toContain('--layout milvusdm');
});

test('a recipe is a job that reads back as it was meant, whatever its names', async () => {
  const schema = {
    fields: [
      field('id', { kind: 'Int64' }, { primaryKey: true }),
      field('v', { kind: 'BinaryVector', dim: 64 }),
    ],
  };
  const text = recipeOf({
    end: {
      connection: { url: { host: '::1', port: 19531, tls: true } } as never,
      database: 'other: "db"',
      collection: "it's",
      name: '',
    },
    source: { dataset: { schema, roles: {}, notes: [] } } as never,
    output: 'a "b".h5',
    flags: { partition: ['p#1'] },
  });
  const { steps } = await readJob({ name: 'recipe.yaml', text, variables: {} });
  expect(steps).toMatchObject([{
    verb: 'import',
    from: [resolve('a "b".h5')],
    to: "milvus+tls://[::1]:19531/other%3A%20%22db%22/it's",
    flags: { partition: 'p#1', mode: 'skip', cast: { embeddings: 'BinaryVector(64)' }, metric: 'HAMMING' },
  }]);
});
