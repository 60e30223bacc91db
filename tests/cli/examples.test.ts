/** Every example of the help and of the README works as written. */
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CONVERT_EXAMPLES, INSPECT_EXAMPLES } from '../../src/cli/examples.ts';
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
    for (const { command } of INSPECT_EXAMPLES) {
      expect(place.run('vts help inspect').stdout).toContain(command);
    }
  });
});

describe('README examples', () => {
  const commands = [...README.matchAll(/^ {4}((?:\S+ .*\| )?vts (?:convert|inspect) .*?)(?: {2,}#.*)?$/gm)]
    .map((match) => match[1]);
  test('are there', () => expect(commands.length).toBeGreaterThan(5));
  test('work one after the other', () => {
    using place = workspace();
    for (const command of commands) {
      const { exit, stderr } = place.run(`set -o pipefail; ${command}`);
      expect(`${command}: ${exit} ${exit === 0 ? '' : stderr}`).toBe(`${command}: 0 `);
    }
  });
});
