/** The restore of one collection of a dump. */
import { tmpdir } from 'node:os';
import type { MilvusConnection } from '../connectors/milvus/connection.ts';
import type { CollectionTemplate } from '../connectors/milvus/sink/options.ts';
import type { Dump } from '../connectors/dump/dump.ts';
import { formatMilvusUrl } from '../connectors/milvus/endpoint-url.ts';
import type { Sink, Source } from '../core/endpoint.ts';
import type { Journal } from '../core/journal.ts';
import { compileMapping } from '../core/mapping.ts';
import type { TransferSummary } from '../core/tally.ts';
import { isVtsError, VtsError } from '../errors.ts';
import { openCollectionSink } from './collection-sink.ts';
import { defined } from './defined.ts';
import { cutSizes } from './file-ends.ts';
import type { RestoreFlags } from './options/dump.ts';
import type { Report } from './report/report.ts';
import type { RestoreItem } from './restore-items.ts';
import type { Retries } from './retries.ts';
import { earlyProperties, restoreAliases, settle } from './restore-settle.ts';
import { runTransfer } from './run-transfer.ts';
import type { ServerEnd } from './server-ends.ts';
import { earlierSummary } from './summaries.ts';

/** What all collections of a restore share. */
export interface RestoreRun {
  readonly dump: Dump;
  readonly connection: MilvusConnection;
  readonly flags: RestoreFlags;
  readonly retries: Retries;
  readonly report: Report;
  readonly signal: AbortSignal;
  readonly journal: Journal;
}

/** What the journal keeps of a collection that is done. */
interface Restored {
  readonly counted: boolean;
  /** Rows that were there before this job began, and are those of the dump. */
  readonly found?: number;
}

/** What is sent again at most after a kill, for each stream. */
const PART_BYTES = 64 * 2 ** 20;

/**
 * Looks at all targets. Writes nothing but, in the journal, what an earlier run turns out to have restored.
 * @throws VtsError whatever stands in the way of one of them: PlanRefused with all reasons, OutputExists, InputMissing
 */
export async function checkRestore(run: RestoreRun, items: readonly RestoreItem[]): Promise<void> {
  const refusals: VtsError[] = [];
  const found: [Journal, Restored][] = [];
  for (const item of items) {
    const journal = journalOf(run, item);
    if (isRestored(run, item) || await isSkipped(run, item, journal)) continue;
    const source = await openRestoreSource(run, item);
    try {
      const sink = await openSink(run, item, journal);
      try {
        compileMapping(source.dataset, sink, {});
      } finally {
        await sink.close();
      }
    } catch (error) {
      if (!isVtsError(error, 'PlanRefused', 'OutputExists')) throw error;
      if (error.code === 'OutputExists' && await wasRestored(run, item, source)) {
        found.push([journal, { counted: true, found: source.dataset.rows ?? 0 }]);
        continue;
      }
      refusals.push(error);
    }
  }
  if (refusals.length === 1) throw refusals[0];
  if (refusals.length === 0) {
    for (const [journal, restored] of found) journal.record('restored', restored);
    return;
  }
  const remedies = [
    ...new Set(refusals.map(({ details }) => details.remedy).filter((text) => text !== undefined)),
  ];
  throw new VtsError(refusals[0].code, refusals.map(({ message }) => message).join('\n'), {
    remedy: remedies.join('; '),
  });
}

/**
 * Whether what is there is all that `item` would be: a run that was killed just after it had removed its journal has left no
 * other trace than the rows.
 */
async function wasRestored(
  run: RestoreRun,
  item: RestoreItem,
  source: Source,
): Promise<boolean> {
  const { flags, report } = run;
  if (!flags.resume || flags.dryRun || flags.schemaOnly) return false;
  const { isThereInFull } = await import('./restore-verify.ts');
  const end = endOf(run, item);
  if (!await isThereInFull(run, item, source, end)) return false;
  report.note(`${end.name} is there already, row by row as it is in the dump: nothing is left to do for it`);
  return true;
}

/** Whether an earlier run restored all of `item`. */
export function isRestored(run: RestoreRun, item: RestoreItem): boolean {
  return journalOf(run, item).fact('restored') !== undefined;
}

/** Restores `item`, or what an earlier run left of it; `undefined` when it is there already and is to be skipped. */
export async function restoreCollection(
  run: RestoreRun,
  item: RestoreItem,
): Promise<TransferSummary | undefined> {
  const { report, flags, retries, signal } = run;
  const journal = journalOf(run, item);
  const restored = journal.fact('restored') as Restored | undefined;
  if (restored !== undefined) return summaryOf(restored, journal);
  if (await isSkipped(run, item, journal)) {
    report.note(`${endOf(run, item).name} is there already and is skipped`);
    return undefined;
  }
  await ensureDatabase(run, item);
  const source = await openRestoreSource(run, item);
  const sink = await openSink(run, item, journal);
  try {
    const summary = await runTransfer({
      command: 'restore',
      source,
      sink,
      mapping: {},
      options: {
        ...defined({ rate: flags.rateLimit }),
        ...cutSizes(PART_BYTES, flags.batchBytes),
        parallel: flags.parallel,
        journal,
        signal,
      },
      conclude: async () => {
        if (flags.verify) {
          const { verifyRestored } = await import('./restore-verify.ts');
          await verifyRestored(run, item, source, endOf(run, item));
        }
        const { created } = journal.fact('target') as { readonly created: boolean };
        if (created) await settle(run, item);
        await restoreAliases(run, item);
      },
      facts: () => ({ toServer: true, retries: retries.count() }),
    }, report);
    journal.record('restored', { counted: summary.rowsCounted !== undefined } satisfies Restored);
    return summary;
  } finally {
    await sink.close();
  }
}

function summaryOf({ counted, found }: Restored, journal: Journal): TransferSummary {
  if (found === undefined) return earlierSummary(journal, counted);
  const rows = { rowsRead: found, rowsWritten: found, rowsCounted: found, rowsResumed: found };
  return { ...rows, bytesWritten: 0, parts: 0 };
}

function journalOf({ journal }: RestoreRun, { collection }: RestoreItem): Journal {
  return journal.scoped(`${encodeURIComponent(collection.database)}/${encodeURIComponent(collection.name)}`);
}

/** Whether the collection is there, and not by an earlier run of this restore. */
async function isSkipped(run: RestoreRun, { target }: RestoreItem, journal: Journal): Promise<boolean> {
  if (run.flags.mode !== 'skip' || journal.fact('target') !== undefined) return false;
  const { findCollection } = await import('../connectors/milvus/metadata.ts');
  return await findCollection(run.connection, target, run.retries.policy) !== undefined;
}

async function ensureDatabase(
  { connection, dump, retries: { policy } }: RestoreRun,
  item: RestoreItem,
): Promise<void> {
  const { createDatabase, listDatabases } = await import('../connectors/milvus/metadata.ts');
  const { database } = item.target;
  if ((await listDatabases(connection, policy)).includes(database)) return;
  await createDatabase(connection, database, policy);
  const kept = dump.manifest.databases.find(({ name }) => name === item.collection.database);
  if (kept === undefined || Object.keys(kept.properties).length === 0) return;
  const { alterDatabase } = await import('../connectors/milvus/metadata-properties.ts');
  await alterDatabase(connection, database, kept.properties, policy);
}

/** The rows of `item` as they are in the dump. */
export async function openRestoreSource(
  { dump, flags }: Pick<RestoreRun, 'dump' | 'flags'>,
  item: RestoreItem,
): Promise<Source> {
  const [{ openDumpSource }, { FORMATS }] = await Promise.all([
    import('../connectors/dump/dump-source.ts'),
    import('../formats/registry.ts'),
  ]);
  const { collection, description, partitions } = item;
  const source = openDumpSource({
    dump,
    collection,
    description,
    ...(partitions === undefined ? {} : { partitions }),
    parquet: await FORMATS.find((format) => format.name === 'parquet')!.load(),
    parallel: flags.parallel,
    tempDir: flags.tempDir ?? tmpdir(),
  });
  return flags.schemaOnly
    ? { ...source, dataset: { ...source.dataset, rows: 0 }, plan: () => Promise.resolve([]) }
    : source;
}

function endOf({ connection }: RestoreRun, { target: { database, name } }: RestoreItem): ServerEnd {
  const { host, port, tls } = connection.url;
  return {
    connection,
    database,
    collection: name,
    name: formatMilvusUrl({ host, port, tls, database, collection: name }),
  };
}

async function openSink(run: RestoreRun, item: RestoreItem, journal: Journal): Promise<Sink> {
  const { flags, retries, signal } = run;
  const { mode } = flags;
  const { collection, indexes } = item.description;
  // Ids that no server made are kept whatever the flag says.
  const made = collection.schema.fields.some((field) => field.autoId);
  const sinkFlags = {
    ...defined({
      autoId: made ? flags.autoId : undefined,
      noLoad: flags.noLoad,
      redoUncertain: flags.redoUncertain,
      tempDir: flags.tempDir,
    }),
    ...(mode === undefined || mode === 'skip' ? {} : { mode }),
    noIndex: flags.noIndex === true || indexes.length === 0,
    inFlight: flags.inFlight,
    onError: 'stop' as const,
  };
  const resumed = journal.fact('target') !== undefined;
  return await openCollectionSink(
    endOf(run, item),
    sinkFlags,
    { resumed, retry: retries.policy, signal },
    templateOf(item),
  );
}

/** What a new collection is to equal. */
function templateOf({ description, partitions }: RestoreItem): CollectionTemplate {
  const { collection, indexes, load } = description;
  return {
    ...collection,
    replicas: load.replicas,
    properties: earlyProperties(collection),
    indexes: indexes.map((index) => ({ ...index, state: '', indexedRows: 0, totalRows: 0, failReason: '' })),
    ...(collection.partitionCount > 0 ? {} : { partitions: partitions ?? description.partitions }),
  };
}
