/** The flags of a comparison row by row. */
import { Option } from '@commander-js/extra-typings';
import type { ColumnFlags, FileFlags } from '../file-ends.ts';
import { columns, input, output } from './common.ts';
import { type ConnectionFlags, targetConnection, type TargetFlags } from './connection.ts';
import { collections, manyConnection } from './dump.ts';
import type { AnyOption } from './group.ts';
import { reading, type ReadingFlags, server, type ServerFlags } from './milvus.ts';

/** What the flags of a comparison say. */
export interface CompareFlags
  extends
    Omit<ConnectionFlags, 'collection'>,
    TargetFlags,
    ReadingFlags,
    ServerFlags,
    Pick<FileFlags, 'from' | 'schema' | 'order' | 'overwrite' | 'batchBytes' | 'tempDir'>,
    Pick<ColumnFlags, 'fields' | 'rename' | 'cast' | 'id'> {
  readonly collection?: readonly string[];
  readonly differences?: string;
  readonly ignorePartitions?: boolean;
}

/** What is compared, and where the differences go. */
export const comparing: readonly AnyOption[] = [
  flag('--differences <file>', 'JSON lines of the rows that differ: kind, key, fields'),
  flag('--ignore-partitions', 'do not compare which partition a row is in'),
  ...[
    output.overwrite,
    columns.fields,
    columns.rename,
    columns.cast,
    columns.id,
    ...Object.values(input),
  ] as unknown as AnyOption[],
  collections,
  ...reading,
  ...server.filter(({ long }) => long !== '--rate-limit'),
  ...manyConnection,
  ...targetConnection.filter(({ long }) => !['--target-database', '--target-collection'].includes(long!)),
];

/** Those that only a comparison has. */
export const comparingOnly: readonly AnyOption[] = comparing.slice(0, 2);

function flag(flags: string, description: string): AnyOption {
  const name = /^--([\w-]+)/.exec(flags)![1];
  const option = new Option(flags, description).env(`VTS_${name.replaceAll('-', '_').toUpperCase()}`);
  return option as unknown as AnyOption;
}
