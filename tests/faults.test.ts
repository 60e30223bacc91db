/** tests/faults.md names a test of every fault, and each of them is there. */
import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const HERE = import.meta.dirname!;

test('every fault has its tests', () => {
  const text = readFileSync(join(HERE, 'faults.md'), 'utf8').replaceAll(/\n +/g, ' ');
  const entries = text.split('\n').filter((line) => /^\d+\. /.test(line));
  expect(entries.map((line) => parseInt(line))).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  for (const entry of entries) {
    // A file, then the names of its tests.
    const files = [...entry.matchAll(/`([\w/.-]+\.test\.ts)`:((?: "[^"]+"(?: \([^)]*\))?,?)+)/g)];
    expect([entry, files.length]).toEqual([entry, entry.split('.test.ts`').length - 1]);
    for (const [, file, names] of files) {
      const code = readFileSync(join(HERE, file), 'utf8');
      for (const [, name] of names.matchAll(/"([^"]+)"/g)) {
        expect([file, name, code.includes(name)]).toEqual([file, name, true]);
      }
    }
  }
});
