/** `SHA256SUMS`: the checksums of all files of a dump, as `sha256sum -c` takes them. */
import { VtsError } from '../../errors.ts';
import { safePath } from './names.ts';

/** The file's name. */
export const CHECKSUMS = 'SHA256SUMS';

/** The text of the file: a line per path, sorted, so that equal dumps have equal texts. */
export function checksumsText(sums: ReadonlyMap<string, string>): string {
  return [...sums].sort(([a], [b]) => a < b ? -1 : 1).map(([path, sum]) => `${sum}  ${path}\n`).join('');
}

/** The checksums by path. @throws VtsError DumpDamaged with the line that is none */
export function parseChecksums(text: string, file: string): Map<string, string> {
  const sums = new Map<string, string>();
  text.split('\n').forEach((line, i) => {
    if (line === '' && i > 0) return;
    const match = /^([0-9a-f]{64}) [ *](.+)$/.exec(line);
    if (match === null || sums.has(match[2])) {
      throw new VtsError('DumpDamaged', `${file} is damaged`, {
        file,
        line: i + 1,
        expected: match === null ? 'a SHA-256, two spaces and a path' : 'every path once',
        remedy: 'take another copy of the dump',
      });
    }
    sums.set(safePath(match[2], file), match[1]);
  });
  if (!text.endsWith('\n')) {
    throw new VtsError('DumpDamaged', `${file} is cut off`, {
      file,
      remedy: 'take another copy of the dump',
    });
  }
  return sums;
}
