/** Which of many collections are meant: by names, and by patterns with `*` and `?`. */
import { VtsError } from '../../errors.ts';
import type { CollectionName } from './dump-journal.ts';

/** Names that an error lists. */
const SHOWN = 10;

/**
 * Those of `all` that one of `patterns` is for, in the order of `all`. A pattern with a `/` is for `database/collection`, any other
 * for collections of every database.
 * @throws VtsError InputMissing for a pattern that is for none
 */
export function chooseCollections<T extends CollectionName>(
  all: readonly T[],
  patterns: readonly string[],
  where: string,
): T[] {
  const tests = patterns.map((pattern) => matcher(pattern));
  patterns.forEach((pattern, i) => {
    if (all.some(tests[i])) return;
    const names = all.slice(0, SHOWN).map(({ name }) => name).join(', ');
    throw new VtsError('InputMissing', `${where} has no collection ${JSON.stringify(pattern)}`, {
      expected: all.length === 0 ? 'nothing: there are none' : `${names}${all.length > SHOWN ? ', ...' : ''}`,
      remedy: 'check the name; * and ? stand for any letters and for one',
    });
  });
  return all.filter((name) => tests.some((test) => test(name)));
}

function matcher(pattern: string): (name: CollectionName) => boolean {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
  const expression = new RegExp(`^${escaped}$`, 's');
  return ({ database, name }) => expression.test(pattern.includes('/') ? `${database}/${name}` : name);
}
