/** `vts dump`: databases and collections of a server into a directory. */
import { Command } from '@commander-js/extra-typings';
import type { MilvusConnection } from '../connectors/milvus/connection.ts';
import { formatMilvusUrl } from '../connectors/milvus/endpoint-url.ts';
import type { DumpDirectory } from '../connectors/dump/dump-directory.ts';
import type { CollectionName } from '../connectors/dump/dump-journal.ts';
import type { DumpDatabase, Manifest } from '../connectors/dump/manifest.ts';
import type { JournalHeader } from '../core/journal.ts';
import type { TransferSummary } from '../core/transfer.ts';
import { VtsError } from '../errors.ts';
import config from '../../deno.json' with { type: 'json' };
import type { Context } from './context.ts';
import { chosenCollections, havePartitions } from './dump-collections.ts';
import { dumpCollection, holdsNothing } from './dump-collection.ts';
import { defaultServer, isServer } from './endpoints.ts';
import { DUMP_EXAMPLES, formatExamples } from './examples.ts';
import { jobOf } from './job.ts';
import { output, talk, work } from './options/common.ts';
import { connectionFlags } from './options/connection.ts';
import { collections, dryRun, type DumpFlags, dumping, manyConnection } from './options/dump.ts';
import { addAll, type AnyOption } from './options/group.ts';
import { reading, server } from './options/milvus.ts';
import { canAsk } from './report/ask.ts';
import type { Report } from './report/report.ts';
import { countedRetries, type Retries } from './retries.ts';
import { warnOfSecrets } from './secrets.ts';
import { type Address, addressOf, connect } from './server-ends.ts';
import { addSummaries } from './summaries.ts';
import { withWayOn } from './way-on.ts';

/** The command. */
export function dumpCommand(context: Context) {
  const { compression, partSize, resume, breakLock } = output;
  const command = new Command('dump')
    .summary('databases or collections of a Milvus server into a directory, to be restored')
    .description(
      'Dumps all collections of a server or database, or those chosen, with all that rebuilds them, into a directory of ' +
        'Parquet files with checksums (vts help dump-format).',
    )
    .usage('[options] [milvus] <directory>')
    .argument('<endpoints...>', 'milvus://HOST[:PORT][/DATABASE[/COLLECTION]], then the directory');
  addAll(
    command as unknown as Command,
    [collections],
    reading,
    dumping,
    [compression, partSize, resume, breakLock] as unknown as AnyOption[],
    [dryRun],
    server,
    manyConnection,
    [work.batchBytes, work.tempDir, ...Object.values(talk)] as unknown as AnyOption[],
  );
  return command.addHelpText('after', formatExamples(DUMP_EXAMPLES))
    .action((endpoints) => run(endpoints, command as unknown as Command, context));
}

async function run(
  endpoints: readonly string[],
  command: Command,
  { report: speak, signal }: Context,
): Promise<void> {
  const flags = command.opts() as DumpFlags;
  const report = speak({ ...flags, dataOnStdout: false });
  const { from, directory } = endsOf(endpoints);
  warnOfSecrets(command, report);
  const { collection: patterns, ...others } = flags;
  const address = addressOf(from, connectionFlags(others));
  const retries = countedRetries(flags.retryMaxTime, report, signal);
  const connection = await connect(address, report, signal);
  try {
    const names = async () => {
      const found = await chosenCollections(connection, address.url, patterns, retries.policy);
      if (flags.partition !== undefined) {
        await havePartitions(connection, found, flags.partition, retries.policy);
      }
      return found;
    };
    if (flags.dryRun) {
      const { planDump } = await import('./dump-plan.ts');
      return await planDump(
        { connection, address, directory, flags, retries, report, signal },
        await names(),
      );
    }
    await dump({ connection, address, directory, flags, retries, report, signal }, names);
  } finally {
    await connection.close();
  }
}

function endsOf(endpoints: readonly string[]): { from: string; directory: string } {
  const directory = endpoints[endpoints.length - 1];
  const from = endpoints.length === 1 ? defaultServer() : endpoints[0];
  if (endpoints.length <= 2 && isServer(from) && !isServer(directory) && directory !== '-') {
    return { from, directory };
  }
  throw new VtsError('Usage', 'vts dump goes from a server into a directory', {
    expected: 'vts dump milvus://HOST[/DATABASE[/COLLECTION]] DIRECTORY',
  });
}

/** A dump that is asked for. */
export interface DumpJob {
  readonly connection: MilvusConnection;
  readonly address: Address;
  readonly directory: string;
  readonly flags: DumpFlags;
  readonly retries: Retries;
  readonly report: Report;
  readonly signal: AbortSignal;
}

async function dump(job: DumpJob, choose: () => Promise<readonly CollectionName[]>): Promise<void> {
  const { connection, address, directory, flags, retries, report } = job;
  const { openDumpDirectory } = await import('../connectors/dump/dump-directory.ts');
  const { collectionJournal, filesSoFar, provenOf } = await import('../connectors/dump/dump-journal.ts');
  // Before anything is made: a name that is not there leaves no directory behind.
  const chosen = await choose();
  const source = formatMilvusUrl(address.url);
  const ends = { command: 'dump', from: source, to: directory };
  const shape = jobOf(
    { command: 'dump', source, collections: JSON.stringify(flags.collection ?? ['*']) },
    flags,
  );
  const target = openDumpDirectory(directory, shape, flags);
  try {
    if (target.complete !== undefined) {
      report.note(`${directory} is complete: there is nothing left to do`);
      return report.done({ ...ends, ...summaryOf(target.complete), seconds: 0 });
    }
    const { names } = await keptFacts(target, connection, chosen, retries);
    const known = names.flatMap((name) => filesSoFar(collectionJournal(target.journal, name)));
    target.requireFiles(known);
    target.removeStrays(new Set(known.map(({ path }) => path)));
    const began = performance.now();
    const summaries: TransferSummary[] = [];
    const rest = names.filter((name) => provenOf(collectionJournal(target.journal, name)) === undefined);
    await refuseUnloaded(job, rest);
    for (const name of names) summaries.push(await dumpCollection({ ...job, target }, name));
    await finish(target, names, connection, shape);
    if (names.length !== 1 || rest.length === 0) {
      report.done({
        ...ends,
        ...addSummaries(summaries),
        seconds: (performance.now() - began) / 1000,
        retries: retries.count(),
      });
    }
  } catch (error) {
    throw withWayOn(error, flags);
  } finally {
    target.close();
  }
}

/** Where nobody may load or can be asked, all that is not loaded is said at once, not one after an hour. */
async function refuseUnloaded(
  { connection, flags, retries: { policy } }: DumpJob,
  names: readonly CollectionName[],
): Promise<void> {
  if (flags.load || (!flags.requireLoaded && canAsk())) return;
  const { getLoadState } = await import('../connectors/milvus/metadata-load.ts');
  const unloaded: string[] = [];
  for (const name of names) {
    if (await getLoadState(connection, name, [], policy) !== 'not loaded') continue;
    if (!await holdsNothing(connection, name, policy)) unloaded.push(`${name.database}/${name.name}`);
  }
  if (unloaded.length === 0) return;
  const some = unloaded.slice(0, 10).join(', ');
  throw new VtsError(
    'NotLoaded',
    `${unloaded.length} of ${names.length} collections are not loaded, so their rows cannot be read`,
    {
      expected: `loaded collections; ${some}${unloaded.length > 10 ? ', ...' : ''} ${
        unloaded.length === 1 ? 'is' : 'are'
      } not`,
      remedy: flags.requireLoaded
        ? 'load them on the server, or give --load instead of --require-loaded'
        : 'add --load to load one at a time and to release it afterwards, or choose others with --collection',
    },
  );
}

/** What is dumped: what the first run chose. */
async function keptFacts(
  { journal }: DumpDirectory,
  connection: MilvusConnection,
  chosen: readonly CollectionName[],
  { policy }: Retries,
): Promise<{ names: readonly CollectionName[] }> {
  const kept = journal.fact('collections') as readonly CollectionName[] | undefined;
  if (kept !== undefined) return { names: kept };
  const { databaseProperties } = await import('../connectors/milvus/metadata-properties.ts');
  const databases: DumpDatabase[] = [];
  for (const name of new Set(chosen.map(({ database }) => database))) {
    databases.push({ name, properties: await databaseProperties(connection, name, policy) });
  }
  journal.record('began', new Date().toISOString());
  journal.record('databases', databases);
  journal.record('collections', chosen);
  return { names: chosen };
}

/** What a complete dump holds, as the summary of the runs that made it. */
function summaryOf({ collections }: Manifest): TransferSummary {
  const parts = collections.flatMap(({ partitions }) => partitions.flatMap((partition) => partition.parts));
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  return {
    rowsRead: rows,
    rowsWritten: rows,
    rowsCounted: rows,
    rowsResumed: rows,
    bytesWritten: parts.reduce((sum, part) => sum + part.bytes, 0),
    parts: parts.length,
  };
}

async function finish(
  target: DumpDirectory,
  names: readonly CollectionName[],
  { version }: MilvusConnection,
  job: JournalHeader['job'],
): Promise<void> {
  const { collectionJournal, manifestEntry } = await import('../connectors/dump/dump-journal.ts');
  const { DUMP_VERSION } = await import('../connectors/dump/manifest.ts');
  const { journal } = target;
  await target.finish({
    format: 'vts-dump',
    version: DUMP_VERSION,
    vts: config.version,
    source: job.source,
    serverVersion: version,
    began: journal.fact('began') as string,
    ended: new Date().toISOString(),
    job,
    databases: journal.fact('databases') as DumpDatabase[],
    collections: names.map((name) => manifestEntry(collectionJournal(journal, name), name)),
  });
}
