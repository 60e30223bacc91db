/** The file beside an index that holds its inverted lists. Only its name counts: a path in a file is never opened. */
import type { Cursor } from '../cursor.ts';
import { readFully } from '../../read-fully.ts';
import type { MissingVectors } from '../index-node.ts';

const LONGEST_PATH = 4096;

/** The last part of the path that the index gives. */
export function namedFile(cursor: Cursor): string {
  const start = cursor.position;
  const { position, count } = cursor.array('the name of the file of the lists', 1);
  if (count <= LONGEST_PATH) {
    const bytes = new Uint8Array(count);
    readFully(cursor.source, bytes, position);
    const name = new TextDecoder().decode(bytes).split(/[/\\]/).pop()!;
    if (name !== '' && name !== '.' && name !== '..' && !name.includes('\0')) return name;
  }
  throw cursor.malformed('the file of the inverted lists has no name', { byte: start });
}

/** What is said when there is no such file. */
export function missingFile(name: string): MissingVectors {
  return {
    missing: `its inverted lists are in a file of their own, ${JSON.stringify(name)}, which is not beside it`,
    remedy: `put ${JSON.stringify(name)} into the folder of the index`,
  };
}
