/** What `--mode` comes to for the collection that is there, or is not. */
import type { TargetJournal } from '../connectors/state/target-journal.ts';
import type { RetryPolicy } from '../core/retry.ts';
import { VtsError } from '../errors.ts';
import type { WriteMode, WritingFlags } from './options/milvus.ts';
import type { ServerEnd } from './server-ends.ts';

/** What decides. */
export interface ModeRequest {
  readonly end: ServerEnd;
  readonly flags: Pick<WritingFlags, 'mode' | 'createMissing'> & {
    readonly targetPartition?: string;
    readonly partition?: readonly string[] | string;
  };
  readonly retry: RetryPolicy;
}

/** What a sink does, or that there is nothing to do. */
export interface SettledMode {
  readonly mode: Exclude<WriteMode, 'replace-partition'>;
  /** What a user should know of it. */
  readonly note?: string;
}

/** The mode that the first run settled on. */
const FACT = 'mode';

/**
 * The mode of the sink of a job under `journal`; `replace-partition` empties the partitions.
 * @throws VtsError Usage where the flags do not go together
 */
export async function settleMode(request: ModeRequest, { journal }: TargetJournal): Promise<SettledMode> {
  const kept = journal.fact(FACT) as SettledMode['mode'] | undefined;
  if (kept !== undefined) return { mode: kept };
  const settled = await foreseeMode(request);
  const { flags, end, retry } = request;
  if (flags.mode === 'replace-partition' && settled.mode === 'append') {
    const { emptyPartitions } = await import('../connectors/milvus/sink/replace-partition.ts');
    await emptyPartitions(end.connection, nameOf(end), partitionsOf(flags), retry);
  }
  // What is there changes with the first row, so a run that goes on cannot find it out again.
  const asked = flags.mode ?? 'create';
  if (settled.mode !== asked && settled.mode !== 'skip') journal.record(FACT, settled.mode);
  return settled;
}

/** What {@linkcode settleMode} is going to say. Writes nothing. */
export async function foreseeMode(request: ModeRequest): Promise<SettledMode> {
  const { flags: { mode = 'create', createMissing } } = request;
  if (mode === 'replace-partition' || mode === 'skip') return await byWhatIsThere(request, mode);
  if (!createMissing) return { mode };
  if (mode !== 'append' && mode !== 'upsert') {
    throw new VtsError('Usage', '--create-missing goes with --mode append and --mode upsert only', {
      remedy: 'leave it out: all other modes make what is missing',
    });
  }
  return { mode: await exists(request) ? mode : 'create' };
}

async function byWhatIsThere(
  request: ModeRequest,
  mode: 'replace-partition' | 'skip',
): Promise<SettledMode> {
  const { end, flags, retry } = request;
  const partitions = partitionsOf(flags);
  if (mode === 'replace-partition' && partitions.length === 0) {
    throw new VtsError('Usage', '--mode replace-partition: which partition?', {
      remedy: 'add --partition NAME',
    });
  }
  if (!await exists(request)) return { mode: 'create' };
  const { listPartitions } = await import('../connectors/milvus/metadata.ts');
  const there = partitions.length === 0 ? [] : await listPartitions(end.connection, nameOf(end), retry);
  const found = partitions.filter((name) => there.includes(name));
  if (mode === 'replace-partition') {
    const note = `the rows that are in ${named(found)} of ${end.name} now are dropped first`;
    return { mode: 'append', ...(found.length === 0 ? {} : { note }) };
  }
  if (found.length === partitions.length) {
    const what = partitions.length === 0 ? end.name : `${named(partitions)} of ${end.name}`;
    return { mode: 'skip', note: `${what} is there already, so nothing is written (--mode skip)` };
  }
  if (found.length === 0) return { mode: 'append' };
  throw new VtsError(
    'PlanRefused',
    `${end.name} has ${named(found)} already, but not all that are asked for`,
    {
      remedy: 'leave those out of --partition',
    },
  );
}

async function exists({ end, retry }: ModeRequest): Promise<boolean> {
  const { findCollection } = await import('../connectors/milvus/metadata.ts');
  return await findCollection(end.connection, nameOf(end), retry) !== undefined;
}

function nameOf({ database, collection }: ServerEnd) {
  return { database, name: collection };
}

/** The partitions that rows go to, where the flags name them. */
function partitionsOf({ targetPartition, partition }: ModeRequest['flags']): readonly string[] {
  if (targetPartition !== undefined) return [targetPartition];
  return partition === undefined ? [] : typeof partition === 'string' ? [partition] : partition;
}

function named(partitions: readonly string[]): string {
  return `${partitions.length === 1 ? 'the partition' : 'the partitions'} ${
    partitions.map((name) => `"${name}"`).join(', ')
  }`;
}
