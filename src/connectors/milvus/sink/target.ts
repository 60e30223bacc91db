/** The collection that rows go to: found, or made; what must be known of it when the job is resumed is in the journal. */
import type { Journal } from '../../../core/journal.ts';
import type { Dataset } from '../../../core/schema.ts';
import { VtsError } from '../../../errors.ts';
import { createPartition, describeCollection, dropCollection, findCollection } from '../metadata.ts';
import { type CollectionName, describeName } from '../metadata-call.ts';
import { createCollection, type NewCollection } from '../metadata-create.ts';
import { type CollectionInfo, DEFAULT_PARTITION } from '../model.ts';
import type { MilvusSinkOptions } from './options.ts';
import { swapped, temporaryName } from './replace.ts';
import { type StoredRows, storedRows } from './stored-rows.ts';
import type { SchemaPlan } from './target-schema.ts';

/** What the journal keeps of the target. */
export interface TargetFact extends StoredRows {
  /** The collection that rows go to: the target, or the one that will take its place. */
  readonly name: string;
  /** Whether this job makes the collection. */
  readonly created: boolean;
  /** The server's number of it; null while it is being made. */
  readonly id: string | null;
}

/** The target, ready for rows. */
export interface Target {
  readonly fact: TargetFact;
  readonly info: CollectionInfo;
  readonly notes: readonly string[];
}

const FACT = 'target';
const NOTHING: StoredRows = { counted: 0, stored: 0 };

/** What an earlier run kept of the target. */
export function targetFact(journal: Journal): TargetFact | undefined {
  return journal.fact(FACT) as TargetFact | undefined;
}

/** Keeps what is known of the target. */
export function recordTarget(journal: Journal, fact: TargetFact): void {
  journal.record(FACT, fact);
}

/**
 * Finds or makes the target.
 * @param existing the collection under the target's name, as it was found
 * @throws VtsError JournalConflict when the collection of an earlier run is gone; PlanRefused when the server leaves out what
 *   rows need
 */
export async function prepareTarget(
  dataset: Dataset,
  journal: Journal,
  options: MilvusSinkOptions,
  schema: SchemaPlan,
  existing: CollectionInfo | undefined,
): Promise<Target> {
  const kept = targetFact(journal);
  if (kept !== undefined && (kept.id !== null || !kept.created)) {
    return await resumeTarget(kept, journal, options);
  }
  const { connection, database, collection, mode, retry } = options;
  if (existing !== undefined && mode !== 'replace' && kept === undefined) {
    const rows = await storedRows(connection, { database, name: collection }, retry);
    if (mode === 'create') refuseRows(rows, options);
    const fact = { name: collection, created: false, id: String(existing.id), ...rows };
    recordTarget(journal, fact);
    return { fact, info: existing, notes: [] };
  }
  const name = kept?.name ?? (mode === 'replace' ? temporaryName(collection) : collection);
  if (kept === undefined) recordTarget(journal, { name, created: true, id: null, ...NOTHING });
  // The run before this one ended while it was being made.
  else await dropIfThere(options, { database, name });
  const { info, notes } = await makeCollection(dataset, options, schema, { database, name });
  const fact = { name, created: true, id: String(info.id), ...NOTHING };
  recordTarget(journal, fact);
  return { fact, info, notes };
}

/** @throws VtsError OutputExists for a collection with rows, which nobody said what to do with */
export function refuseRows({ counted, stored }: StoredRows, options: MilvusSinkOptions): void {
  const rows = counted ?? stored ?? 0;
  if (rows === 0) return;
  const { connection, database, collection } = options;
  throw new VtsError(
    'OutputExists',
    `${describeName(connection, { database, name: collection })} has ${rows} rows already`,
    {
      remedy:
        'add --mode append (keep them), --mode upsert (replace rows of the same key) or --mode replace (drop them), ' +
        'or name another collection',
    },
  );
}

async function resumeTarget(fact: TargetFact, journal: Journal, options: MilvusSinkOptions): Promise<Target> {
  const { connection, database, collection, retry } = options;
  // Within the last steps of a replacement the collection has one name, then the other.
  const names = swapped(journal) ? [fact.name, collection] : [fact.name];
  for (const name of names) {
    const info = await findCollection(connection, { database, name }, retry);
    if (info !== undefined && String(info.id) === fact.id) {
      return { fact: { ...fact, name }, info, notes: [] };
    }
  }
  throw new VtsError(
    'JournalConflict',
    `${describeName(connection, { database, name: fact.name })} is not the one that the job began to write`,
    {
      expected: 'the collection as the earlier run left it; it was dropped, or made anew, since then',
      remedy: 'add --restart instead of --resume to begin anew',
    },
  );
}

async function dropIfThere({ connection, retry }: MilvusSinkOptions, name: CollectionName): Promise<void> {
  if (await findCollection(connection, name, retry) !== undefined) {
    await dropCollection(connection, name, retry);
  }
}

async function makeCollection(
  dataset: Dataset,
  { connection, create, retry }: MilvusSinkOptions,
  { fields, dynamic, functions }: SchemaPlan,
  name: CollectionName,
): Promise<{ info: CollectionInfo; notes: string[] }> {
  const { like } = create;
  const description = dataset.schema.description;
  const wanted: NewCollection = {
    ...name,
    schema: { fields, ...(description === undefined ? {} : { description }) },
    dynamic,
    functions,
    properties: like?.properties,
    shards: create.shards ?? like?.shards,
    partitionCount: fields.some((f) => f.partitionKey) ? like?.partitionCount : undefined,
    consistency: create.consistency ?? like?.consistency,
    rawSchema: like?.rawSchema,
  };
  const { differences } = await createCollection(connection, wanted, retry);
  const lost = differences.filter((difference) => difference.lossy);
  if (lost.length > 0) {
    await dropCollection(connection, name, retry);
    throw new VtsError(
      'PlanRefused',
      [
        `${describeName(connection, name)} would not be what was asked for, so it was dropped again:`,
        ...lost.map(({ field, message }) => `  ${field === undefined ? '' : `"${field}": `}${message}`),
      ].join('\n'),
      { remedy: 'leave these columns out with --fields, or use a newer server' },
    );
  }
  const spread = fields.some((f) => f.partitionKey);
  for (const partition of spread ? [] : like?.partitions ?? []) {
    if (partition !== DEFAULT_PARTITION) await createPartition(connection, name, partition, retry);
  }
  return {
    info: await describeCollection(connection, name, retry),
    notes: differences.map(({ field, message }) => `${field === undefined ? '' : `"${field}": `}${message}`),
  };
}
