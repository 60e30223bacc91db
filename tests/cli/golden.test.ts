/**
 * Golden command lines: each file of `golden/` holds commands and what they print. A difference is kept beside it as NAME.changed;
 * VTS_GOLDEN=update writes the files anew, which a reviewer then reads. Times, rates and sizes of output are masked.
 */
import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Workspace, workspace } from '../support/cli.ts';

const FOLDER = join(import.meta.dirname!, 'golden');

/** Runs the commands of `golden` (lines that begin with `$ `) and returns the file as it should be. */
function replay(golden: string, place: Workspace): string {
  const commands = golden.split('\n').filter((line) => line.startsWith('$ ')).map((line) => line.slice(2));
  return commands.map((command) => {
    const { exit, stdout, stderr } = place.run(command);
    const left = command.startsWith('vts convert') && exit !== 0 ? leftovers(place) : '';
    return `$ ${command}\n${section('stdout', mask(stdout))}${
      section('stderr', mask(stderr))
    }${left}exit ${exit}\n`;
  }).join('\n');
}

function section(name: string, text: string): string {
  return text === '' ? '' : `-- ${name}\n${text}${text.endsWith('\n') ? '' : '\n'}`;
}

/** A failed command leaves no partial file. */
function leftovers(place: Workspace): string {
  const names = readdirSync(place.path).filter((name) => /partial|scratch/.test(name));
  return names.length === 0 ? '' : `-- left behind\n${names.join('\n')}\n`;
}

function mask(text: string): string {
  return text.replaceAll(/[\d.]+ (B|kB|MB) in [\d.:]+ s, [\d,]+ rows\/s/g, 'SIZE in TIME, RATE')
    .replaceAll(/"seconds":[\d.e-]+/g, '"seconds":TIME').replaceAll(
      /"bytesWritten":\d+/g,
      '"bytesWritten":SIZE',
    );
}

describe('golden command lines', () => {
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.txt')).sort()) {
    test(name, () => {
      using place = workspace();
      const path = join(FOLDER, name);
      const golden = readFileSync(path, 'utf8');
      const actual = replay(golden, place);
      if (process.env.VTS_GOLDEN === 'update') return writeFileSync(path, actual);
      const changed = path.replace(/txt$/, 'changed');
      if (actual === golden) rmSync(changed, { force: true });
      else writeFileSync(changed, actual);
      expect(actual).toBe(golden);
    });
  }
});
