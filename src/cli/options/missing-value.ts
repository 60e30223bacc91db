/** Flags in the place of values: `--row-ids --quiet` is a name forgotten, not a column called `--quiet`. */
import type { Command, Option } from '@commander-js/extra-typings';
import { VtsError } from '../../errors.ts';

/**
 * Refuses flags of `command` in `args` that take a value and have none, or a word that begins with `--`.
 * @throws VtsError Usage, which repeats the word only where it is a flag: it could be a secret
 */
export function refuseMissingValues(args: readonly string[], { options }: Pick<Command, 'options'>): void {
  const find = (word: string) => options.find(({ long, short }) => word === long || word === short);
  for (let i = 0; i < args.length && args[i] !== '--'; i++) {
    const flag = find(args[i]);
    if (!flag?.required) continue;
    const value = args[++i];
    if (value !== undefined && !value.startsWith('--')) continue;
    throw new VtsError(
      'Usage',
      `${flag.long} has no value: ${followedBy(value, find)}`,
      {
        expected: flag.flags,
        remedy: `write the value behind ${flag.long}; one that begins with -- is written ${flag.long}=--...`,
      },
    );
  }
}

type Find = (word: string) => Pick<Option, 'long'> | undefined;

function followedBy(value: string | undefined, find: Find): string {
  if (value === undefined) return 'the command line ends there';
  return `${find(value.replace(/=.*/s, ''))?.long ?? 'a word that begins with --'} follows`;
}
