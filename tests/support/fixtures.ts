/** Reads every file of a fixtures folder and compares it with the expected rows beside it (scripts/fixtures/expected.py). */
import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatType } from '../../src/core/types.ts';
import type { Format, ReadOptions } from '../../src/formats/format.ts';
import { openFileSource } from '../../src/stores/file.ts';
import { canonical } from './compare.ts';
import { READ, readAll } from './format-io.ts';

/** The expectations of one file. */
interface Expected {
  readonly fields: Record<string, string>;
  readonly rows: number;
  readonly columns: Record<string, string[]>;
  /** Read options that the file needs: `{"path": "/group"}`. */
  readonly options?: Partial<ReadOptions>;
}

const FOLDER = new URL('../../fixtures/', import.meta.url).pathname;

/** The path of a fixture. */
export function fixture(name: string): string {
  return join(FOLDER, name);
}

/** Declares a test for each file of `fixtures/FOLDER` that has expectations, at least `atLeast` of them. */
export function fixturesMatch(format: Format, folder: string, atLeast: number): void {
  const suffix = '.expected.json';
  const files = readdirSync(fixture(folder)).filter((name) => name.endsWith(suffix)).sort();
  describe(`fixtures/${folder}`, () => {
    test(`holds at least ${atLeast} files with expected rows`, () => {
      expect(files.length).toBeGreaterThanOrEqual(atLeast);
    });
    for (const file of files) {
      const name = file.slice(0, -suffix.length);
      test(name, async () => {
        const expected: Expected = JSON.parse(readFileSync(fixture(join(folder, file)), 'utf8'));
        const source = openFileSource(fixture(join(folder, name)));
        const reader = await format.reader!.open(source, { ...READ, ...expected.options });
        try {
          const { table } = await readAll(reader, { batchBytes: 1 << 16 });
          const fields = reader.dataset.schema.fields.map((f) => [f.name, bare(formatType(f.type))]);
          expect(fields).toEqual(Object.entries(expected.fields).map(([n, t]) => [n, bare(t)]));
          expect(table.length).toBe(expected.rows);
          table.columns.forEach((column, i) => {
            const texts = Array.from({ length: column.length }, (_, row) => canonical(column, row));
            expect(texts).toEqual(expected.columns[table.schema.fields[i].name]);
          });
        } finally {
          await reader.close();
          await source.close();
        }
      });
    }
  });
}

function bare(type: string): string {
  return type.replaceAll(/(VarChar|>)\(\d+\)/g, '$1');
}
