/** What verify, inspect and restore say of dumps: whole ones, damaged ones, unfinished ones. */
import { test } from 'bun:test';
import { cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { workspace } from '../support/cli.ts';
import { compareGolden } from '../support/golden.ts';

test('golden command lines over dumps', () => {
  using place = workspace();
  cpSync(resolve(import.meta.dirname!, '../../fixtures/dumps'), join(place.path, 'dumps'), {
    recursive: true,
  });
  compareGolden(join(import.meta.dirname!, 'golden-dumps.txt'), place);
});
