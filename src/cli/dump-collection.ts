/** The dump of one collection. */
import type { MilvusConnection } from '../connectors/milvus/connection.ts';
import type { MilvusSource } from '../connectors/milvus/scan/milvus-source.ts';
import { formatMilvusUrl } from '../connectors/milvus/endpoint-url.ts';
import { DEFAULT_PARTITION } from '../connectors/milvus/model.ts';
import type { Description } from '../connectors/dump/description.ts';
import type { DumpDirectory } from '../connectors/dump/dump-directory.ts';
import type { Begun, CollectionName, Proven } from '../connectors/dump/dump-journal.ts';
import type { Journal } from '../core/journal.ts';
import type { RetryPolicy } from '../core/retry.ts';
import type { Range, Source } from '../core/endpoint.ts';
import { schemaToJson } from '../core/schema-json.ts';
import type { TransferSummary } from '../core/tally.ts';
import { isVtsError, VtsError } from '../errors.ts';
import { openCollectionSource } from './collection-source.ts';
import { defined } from './defined.ts';
import { cutSizes } from './file-ends.ts';
import type { DumpFlags } from './options/dump.ts';
import type { Report } from './report/report.ts';
import type { Retries } from './retries.ts';
import { runTransfer } from './run-transfer.ts';
import type { Address } from './server-ends.ts';
import { earlierSummary } from './summaries.ts';

/** What all collections of a dump share. */
export interface DumpRun {
  readonly connection: MilvusConnection;
  readonly address: Address;
  readonly target: DumpDirectory;
  readonly flags: DumpFlags;
  readonly retries: Retries;
  readonly report: Report;
  readonly signal: AbortSignal;
}

const PART_BYTES = 256 * 2 ** 20;

/** Dumps `name`, or what an earlier run left of it. */
export async function dumpCollection(run: DumpRun, name: CollectionName): Promise<TransferSummary> {
  const { collectionJournal, provenOf, recordProven } = await import('../connectors/dump/dump-journal.ts');
  const { target, report, flags, signal, retries } = run;
  const done = collectionJournal(target.journal, name);
  if (provenOf(done) !== undefined) return earlierSummary(done, true);
  const found = await describe(run, name);
  const journal = await settleChanges(run, name, found);
  const source = await openSource(run, name, found);
  try {
    const begun = await begin(run, journal, name, found, source);
    const sink = await openSink(run, journal, name);
    const summary = await runTransfer({
      command: 'dump',
      source: await atOnce(source, journal, run),
      sink,
      mapping: {},
      options: {
        ...defined({ rate: flags.rateLimit }),
        ...cutSizes(flags.partSize ?? PART_BYTES, flags.batchBytes),
        parallel: flags.parallel,
        journal,
        signal,
      },
      facts: () => ({ retries: retries.count() }),
    }, report);
    await refuseChanges(run, name, begun);
    recordProven(journal, await provenBy(journal, source));
    return summary;
  } catch (error) {
    if (!isVtsError(error, 'DiskFull')) throw error;
    const { withBytesNeeded } = await import('./dump-space.ts');
    throw withBytesNeeded(error, source, collectionJournal(target.journal, name));
  } finally {
    await source.close();
  }
}

/** The rows. Those of a collection that has none are read without loading it. */
async function openSource(
  { connection, address, flags, retries: { policy }, report, signal }: DumpRun,
  name: CollectionName,
  { collection, load }: Pick<Description, 'collection' | 'load'>,
): Promise<MilvusSource> {
  if (!load.loaded && await holdsNothing(connection, name, policy)) {
    const { emptySource } = await import('../connectors/milvus/scan/empty-source.ts');
    return emptySource(connection, collection);
  }
  const url = formatMilvusUrl({ ...address.url, database: name.database, collection: name.name });
  const end = { connection, database: name.database, collection: name.name, name: url };
  return await openCollectionSource(end, flags, policy, report, signal);
}

/** Whether a collection that is not loaded has no rows. */
export async function holdsNothing(
  connection: MilvusConnection,
  name: CollectionName,
  retry: RetryPolicy,
): Promise<boolean> {
  const { getLoadState } = await import('../connectors/milvus/metadata-load.ts');
  if (await getLoadState(connection, name, [], retry) !== 'not loaded') return false;
  const { statisticalRows } = await import('../connectors/milvus/sink/stored-rows.ts');
  return await statisticalRows(connection, name, retry) === 0;
}

/** What is to be known of a collection before it is loaded and read. */
async function describe(
  { connection, flags, retries: { policy } }: DumpRun,
  name: CollectionName,
): Promise<Omit<Description, 'columns'>> {
  const [{ describeCollection, listPartitions }, { listIndexes }, { getLoadState }, { countReplicas }] =
    await Promise
      .all([
        import('../connectors/milvus/metadata.ts'),
        import('../connectors/milvus/metadata-index.ts'),
        import('../connectors/milvus/metadata-load.ts'),
        import('../connectors/milvus/metadata-properties.ts'),
      ]);
  const collection = await describeCollection(connection, name, policy);
  if (collection.unsupported.length > 0 && !flags.dropUnsupported) {
    throw unsupported(name, collection.unsupported);
  }
  const loaded = await getLoadState(connection, name, [], policy) === 'loaded';
  const replicas = loaded ? await countReplicas(connection, name, policy) : undefined;
  return {
    collection,
    partitions: flags.partition ?? await listPartitions(connection, name, policy),
    indexes: await listIndexes(connection, name, policy),
    load: { loaded, ...defined({ replicas }) },
  };
}

function unsupported(
  { name }: CollectionName,
  fields: Description['collection']['unsupported'],
): VtsError {
  const list = fields.map((field) => `"${field.name}" (type ${field.typeNumber})`).join(', ');
  return new VtsError(
    'PlanRefused',
    `collection "${name}" has fields of types that vts does not know: ${list}`,
    {
      field: fields[0].name,
      remedy: 'add --drop-unsupported to dump the other fields, or use a newer vts',
    },
  );
}

/** The journal to go by: another one when the collection changed and the user does not mind. */
async function settleChanges(
  { target, flags, report }: DumpRun,
  name: CollectionName,
  { collection }: Pick<Description, 'collection'>,
): Promise<Journal> {
  const { beginAnew, begunOf, collectionJournal } = await import('../connectors/dump/dump-journal.ts');
  const { changedCollection, changesOf } = await import('../connectors/dump/drift.ts');
  const journal = collectionJournal(target.journal, name);
  const begun = begunOf(journal);
  if (begun === undefined) return journal;
  const changes = changesOf(begun, { id: String(collection.id), schema: schemaToJson(collection.schema) });
  if (changes.length === 0) return journal;
  if (!flags.notConsistent) throw changedCollection(`collection "${name.name}"`, changes);
  report.note(`collection "${name.name}" is dumped anew: ${changes.join('; ')}`);
  beginAnew(target.journal, name);
  return collectionJournal(target.journal, name);
}

/** Keeps what the collection is, on disk and in the journal, before its first row. */
async function begin(
  { target }: DumpRun,
  journal: Journal,
  name: CollectionName,
  found: Omit<Description, 'columns'>,
  source: MilvusSource,
): Promise<Begun> {
  const { begunOf, collectionPath, recordBegun } = await import('../connectors/dump/dump-journal.ts');
  const { DESCRIPTION, descriptionText } = await import('../connectors/dump/description.ts');
  const kept = begunOf(journal);
  if (kept !== undefined) return kept;
  const { collection } = found;
  const columns = source.dataset.schema.fields.map((field) => field.name);
  const text = descriptionText({ ...found, columns });
  const spread = collection.partitionCount > 0;
  const begun: Begun = {
    id: String(collection.id),
    schema: schemaToJson(collection.schema),
    file: await target.writeText(`${collectionPath(name)}/${DESCRIPTION}`, text),
    // Rows that a key spreads are read, and come back, without their partitions.
    partitions: spread ? [DEFAULT_PARTITION] : found.partitions,
    dropped: collection.unsupported.map((field) => field.name),
  };
  recordBegun(journal, begun);
  return begun;
}

async function openSink({ target, flags }: DumpRun, journal: Journal, { database, name }: CollectionName) {
  const [{ openDumpSink }, { loadOutputFormat }, { FORMATS }] = await Promise.all([
    import('../connectors/dump/dump-sink.ts'),
    import('../connectors/file/part-file.ts'),
    import('../formats/registry.ts'),
  ]);
  const tempDir = flags.tempDir ?? target.path;
  const compression = defined({ compression: flags.compression });
  const info = FORMATS.find((format) => format.name === 'parquet')!;
  const parquet = await loadOutputFormat(info, { overwrite: false, tempDir, ...compression });
  return openDumpSink({
    dump: target,
    database,
    collection: name,
    journal,
    parquet,
    tempDir,
    ...compression,
  });
}

/** `source` as the plan of the journal has it; its moment may be past. */
async function atOnce(
  source: MilvusSource,
  journal: Journal,
  { flags, report }: DumpRun,
): Promise<Source> {
  const plan = journal.fact('plan') as readonly Range[] | undefined;
  if (plan === undefined) return source;
  const { isPast, pastMoment, snapshotOf, withoutSnapshot } = await import(
    '../connectors/milvus/scan/snapshot.ts'
  );
  const moment = snapshotOf(plan.map(({ id }) => id));
  if (moment === undefined || !isPast(source, moment)) return source;
  if (!flags.notConsistent) {
    throw pastMoment(
      source.name,
      'add --not-consistent to read the rest as it is now, or begin in another directory',
    );
  }
  report.note(`${source.name}: the rest is read as it is now, not at the moment of the first rows`);
  journal.record('moments', 'several');
  return withoutSnapshot(source);
}

/** The collection must be at the end what it was at the beginning. */
async function refuseChanges(
  { connection, retries, flags, report }: DumpRun,
  name: CollectionName,
  begun: Begun,
): Promise<void> {
  const { findCollection } = await import('../connectors/milvus/metadata.ts');
  const { changedCollection, changesOf } = await import('../connectors/dump/drift.ts');
  const now = await findCollection(connection, name, retries.policy);
  const changes = now === undefined
    ? ['it was dropped']
    : changesOf(begun, { id: String(now.id), schema: schemaToJson(now.schema) });
  if (changes.length === 0) return;
  if (!flags.notConsistent) throw changedCollection(`collection "${name.name}"`, changes);
  report.note(`collection "${name.name}" changed during its dump: ${changes.join('; ')}`);
}

async function provenBy(journal: Journal, { dataset }: MilvusSource): Promise<Proven> {
  const { snapshotOf } = await import('../connectors/milvus/scan/snapshot.ts');
  const { GUARANTEES } = await import('../connectors/dump/manifest.ts');
  const plan = journal.fact('plan') as readonly Range[];
  const moment = snapshotOf(plan.map(({ id }) => id));
  const one = moment !== undefined && journal.fact('moments') === undefined;
  return {
    guarantee: GUARANTEES[one ? 0 : 1],
    ...(one ? { timestamp: String(moment) } : {}),
    ...defined({ counted: dataset.rows }),
  };
}
