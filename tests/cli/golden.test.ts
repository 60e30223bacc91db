/** Golden command lines: each file of `golden/` holds commands and what they print. */
import { describe, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { workspace } from '../support/cli.ts';
import { compareGolden } from '../support/golden.ts';

const FOLDER = join(import.meta.dirname!, 'golden');

describe('golden command lines', () => {
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.txt')).sort()) {
    test(name, () => {
      using place = workspace();
      compareGolden(join(FOLDER, name), place);
    });
  }
});
