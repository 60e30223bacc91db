/** Names of databases, collections and partitions as names of files, and back. */
import { VtsError } from '../../errors.ts';

const PLAIN = /[A-Za-z0-9_-]/;
/** Longest name that file systems take, and that Milvus gives. */
const LONGEST = 255;

/** `name` for a file system: letters, digits, `_` and `-` stay, every other byte of its UTF-8 becomes `%XX`. */
export function escapeName(name: string): string {
  let escaped = '';
  for (const byte of new TextEncoder().encode(name)) {
    const char = String.fromCharCode(byte);
    escaped += PLAIN.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  if (escaped === '' || escaped.length > LONGEST) {
    throw new VtsError('PlanRefused', `the name "${name.slice(0, 40)}" cannot be the name of a file`, {
      expected: `1 to ${LONGEST} bytes, of which all but letters, digits, _ and - count three times`,
    });
  }
  return escaped;
}

/**
 * `path` of a manifest, checked: parts of letters, digits, `_`, `-`, `%` and `.` between single slashes, none beginning with a dot.
 * @throws VtsError DumpDamaged for a path that could lead out of the dump
 */
export function safePath(path: unknown, manifest: string): string {
  const safe = typeof path === 'string' && path.length < 4096 &&
    path.split('/').every((part) => /^[A-Za-z0-9_%-][A-Za-z0-9_%.-]*$/.test(part));
  if (safe) return path;
  throw new VtsError(
    'DumpDamaged',
    `${manifest} names ${JSON.stringify(path)?.slice(0, 100)}, no path of a dump`,
    {
      file: manifest,
      expected: 'a path inside the directory of the dump',
      remedy: 'do not trust this dump; take another copy of it',
    },
  );
}
