/** All flags of all commands, for the help on the environment. */
import { columns, input, output, talk, work } from './common.ts';
import { connection, targetConnection } from './connection.ts';
import { comparingOnly } from './compare.ts';
import { dumping, restoring, subset } from './dump.ts';
import type { AnyOption } from './group.ts';
import { partitionColumn, reading, server, writing } from './milvus.ts';

/** The variable that stands for the address of a server that a command line leaves out. */
export const SERVER_VARIABLE = 'VTS_MILVUS_URI';

/** Flags of a restore that others have too. */
const elsewhere = [...Object.values(columns), ...reading, ...writing, ...connection].map(({ envVar }) =>
  envVar
);

/** All flags, by what they concern; one that differs from command to command is here once. */
export const ALL_OPTIONS: readonly AnyOption[] = [
  ...[input, columns, output, work, talk].flatMap((group) => Object.values(group) as unknown as AnyOption[]),
  ...reading,
  partitionColumn,
  ...writing,
  ...server,
  ...connection,
  ...targetConnection,
  ...dumping,
  ...restoring.filter((option) => !elsewhere.includes(option.envVar)),
  subset,
  ...comparingOnly,
];

/** Takes `VTS_JSON=0`, `false`, `no` and an empty value out of `environment`: of a switch they mean that it is not set. */
export function unsetFalseSwitches(environment: Record<string, string | undefined>): void {
  for (const { envVar, flags } of ALL_OPTIONS) {
    if (envVar === undefined || flags.includes('<')) continue;
    if (['0', 'false', 'no', ''].includes(environment[envVar]?.toLowerCase() ?? 'unset')) {
      delete environment[envVar];
    }
  }
}
