/** Every example of the help and of the README works as written; those with a server are in tests/live/cli.test.ts. */
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  CONVERT_EXAMPLES,
  COPY_EXAMPLES,
  DUMP_EXAMPLES,
  EXPLAIN_EXAMPLES,
  EXPORT_EXAMPLES,
  IMPORT_EXAMPLES,
  INSPECT_EXAMPLES,
  INSPECT_SERVER_EXAMPLES,
  RESTORE_EXAMPLES,
  RUN_EXAMPLES,
  VERIFY_EXAMPLES,
} from '../../src/cli/examples.ts';
import { workspace } from '../support/cli.ts';

const README = readFileSync(resolve(import.meta.dirname!, '../../README.md'), 'utf8');

describe('help examples', () => {
  for (const { command } of [...CONVERT_EXAMPLES, ...INSPECT_EXAMPLES]) {
    test(command, () => {
      using place = workspace();
      // Some of the outputs are there already, as the inputs of other examples.
      expect(place.run(`set -o pipefail; ${command}`, { VTS_OVERWRITE: '1' })).toMatchObject({ exit: 0 });
    });
  }

  test('are shown by the commands', () => {
    using place = workspace();
    for (const { command } of CONVERT_EXAMPLES) {
      expect(place.run('vts convert --help').stdout).toContain(command);
    }
    const examples = {
      inspect: [...INSPECT_EXAMPLES, ...INSPECT_SERVER_EXAMPLES],
      export: EXPORT_EXAMPLES,
      import: IMPORT_EXAMPLES,
      copy: COPY_EXAMPLES,
      dump: DUMP_EXAMPLES,
      restore: RESTORE_EXAMPLES,
      verify: VERIFY_EXAMPLES,
      run: RUN_EXAMPLES,
      explain: EXPLAIN_EXAMPLES,
    };
    for (const [verb, shown] of Object.entries(examples)) {
      const help = place.run(`vts help ${verb}`).stdout;
      for (const { command } of shown) expect(help).toContain(command);
    }
  });
});

describe('README examples', () => {
  const commands = [...README.matchAll(/^ {4}((?:\S+ .*\| )?vts (?:convert|inspect) .*?)(?: {2,}#.*)?$/gm)]
    .map((match) => match[1]).filter((command) => !command.includes('milvus://'));
  test('are there', () => expect(commands.length).toBeGreaterThan(5));
  test('work one after the other', () => {
    using place = workspace();
    for (const command of commands) {
      const { exit, stderr } = place.run(`set -o pipefail; ${command}`);
      expect(`${command}: ${exit} ${exit === 0 ? '' : stderr}`).toBe(`${command}: 0 `);
    }
  });
});
