/**
 * Golden command lines: a file holds commands and what they print. A difference is kept beside it as NAME.changed;
 * VTS_GOLDEN=update writes the file anew, which a reviewer then reads.
 */
import { expect } from 'bun:test';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Workspace } from './cli.ts';

/** Runs the commands of the golden file `path` in `place`, and compares. `mask` hides what differs from run to run. */
export function compareGolden(
  path: string,
  place: Pick<Workspace, 'run' | 'path'>,
  mask: (text: string) => string = (text) => text,
  environment: Record<string, string> = {},
): void {
  const golden = readFileSync(path, 'utf8');
  const actual = replay(golden, place, (text) => mask(maskSizes(text)), environment);
  if (process.env.VTS_GOLDEN === 'update') return writeFileSync(path, actual);
  const changed = path.replace(/txt$/, 'changed');
  if (actual === golden) rmSync(changed, { force: true });
  else writeFileSync(changed, actual);
  expect(actual).toBe(golden);
}

/** Runs the commands of `golden` (lines that begin with `$ `) and returns the file as it should be. */
function replay(
  golden: string,
  place: Pick<Workspace, 'run' | 'path'>,
  mask: (text: string) => string,
  environment: Record<string, string>,
): string {
  const commands = golden.split('\n').filter((line) => line.startsWith('$ ')).map((line) => line.slice(2));
  return commands.map((command) => {
    const { exit, stdout, stderr } = place.run(command, environment);
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
function leftovers(place: Pick<Workspace, 'path'>): string {
  const names = readdirSync(place.path).filter((name) => /partial|scratch/.test(name));
  return names.length === 0 ? '' : `-- left behind\n${names.join('\n')}\n`;
}

/** Times, rates and sizes of output differ from run to run, and so does whether one takes long enough to tell its progress. */
function maskSizes(text: string): string {
  return text.replaceAll(/^\{"type":"progress".*\n/gm, '').replaceAll(
    /[\d.]+ (B|kB|MB) in [\d.:]+ s, (rows in [\d.:]+ s, )?[\d,]+ rows\/s/g,
    'SIZE in TIME, RATE',
  )
    // On a busy machine a conversion may take long enough to speak of.
    .replaceAll(/^\{"type":"progress".*\n/gm, '')
    .replaceAll(/"(s|rowS)econds":[\d.e-]+/g, '"$1econds":TIME')
    .replaceAll(/"bytesWritten":\d+/g, '"bytesWritten":SIZE');
}
