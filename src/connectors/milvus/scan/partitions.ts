/** The partitions of a scan and their rows. */
import type { RetryPolicy } from '../../../core/retry.ts';
import { VtsError } from '../../../errors.ts';
import type { MilvusConnection } from '../connection.ts';
import { listPartitions } from '../metadata.ts';
import type { CollectionInfo } from '../model.ts';
import { nearNames } from '../near-names.ts';
import { concurrently } from './concurrently.ts';
import { countRows, type ScanTarget } from './query.ts';

/** A partition to read; all of them together where it has no name. */
export interface ScanPartition {
  readonly name?: string;
  /** `undefined` where the server does not count this partition alone. */
  readonly rows?: number;
}

/** What is read, and how many rows that is. */
export interface ScanPartitions {
  readonly partitions: readonly ScanPartition[];
  /** In all; `undefined` where the server does not tell. */
  readonly rows?: number;
}

/**
 * The partitions to read, in the server's order, or `wanted`.
 * @throws VtsError PlanRefused for a collection whose partitions cannot be named; InputMissing
 */
export async function findPartitions(
  target: ScanTarget,
  timestamp: bigint | undefined,
  wanted: readonly string[] | undefined,
): Promise<ScanPartitions> {
  const { connection, info, filter, retry } = target;
  const expression = filter ?? '';
  if (info.partitionCount > 0) {
    if (wanted !== undefined) throw spreadByKey(info);
    const rows = await countRows(target, { expression, timestamp });
    return { partitions: [{ rows }], rows };
  }
  const names = await listPartitions(connection, info, retry);
  for (const name of wanted ?? []) if (!names.includes(name)) throw unknownPartition(info, name, names);
  const chosen = wanted === undefined ? names : names.filter((name) => wanted.includes(name));
  const whole = await countRows(target, { expression, timestamp });
  // The count of all rows is given for each partition then.
  if (connection.lite && names.length > 1) {
    const rows = chosen.length === names.length || whole === 0 ? { rows: whole } : {};
    return { partitions: chosen.map((name) => ({ name })), ...rows };
  }
  if (names.length === 1) return { partitions: [{ name: names[0], rows: whole }], rows: whole };
  const partitions = await concurrently(chosen, async (name) => ({
    name,
    rows: await countRows(target, { expression, timestamp, partition: name }),
  }));
  return { partitions, rows: partitions.reduce((sum, { rows }) => sum + rows, 0) };
}

/** @throws VtsError PlanRefused for a collection whose partitions cannot be named; InputMissing */
export async function requirePartitions(
  connection: MilvusConnection,
  info: CollectionInfo,
  wanted: readonly string[],
  retry: RetryPolicy,
): Promise<void> {
  if (info.partitionCount > 0) throw spreadByKey(info);
  const names = await listPartitions(connection, info, retry);
  for (const name of wanted) if (!names.includes(name)) throw unknownPartition(info, name, names);
}

function spreadByKey({ name }: CollectionInfo): VtsError {
  return new VtsError('PlanRefused', `the rows of collection "${name}" are spread over partitions by a key`, {
    remedy: 'leave out --partition, and choose rows by that key with --filter',
  });
}

function unknownPartition(info: CollectionInfo, name: string, names: readonly string[]): VtsError {
  return new VtsError('InputMissing', `collection "${info.name}" has no partition "${name}"`, {
    remedy: nearNames(name, names),
  });
}
