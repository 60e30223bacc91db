/** `vts restore`: a dump, or some of it, into a server. */
import { Command } from '@commander-js/extra-typings';
import { resolve } from 'node:path';
import type { Dump } from '../connectors/dump/dump.ts';
import type { TargetJournal } from '../connectors/state/target-journal.ts';
import type { MilvusConnection } from '../connectors/milvus/connection.ts';
import type { TransferSummary } from '../core/transfer.ts';
import { isVtsError, VtsError } from '../errors.ts';
import type { Context } from './context.ts';
import { defaultServer, isServer } from './endpoints.ts';
import { formatExamples, RESTORE_EXAMPLES } from './examples.ts';
import { jobOf } from './job.ts';
import { output, talk, work } from './options/common.ts';
import { connectionFlags } from './options/connection.ts';
import { dryRun, manyConnection, type RestoreFlags, restoring } from './options/dump.ts';
import { addAll, type AnyOption } from './options/group.ts';
import { server } from './options/milvus.ts';
import type { Report } from './report/report.ts';
import { checkRestore, isRestored, restoreCollection, type RestoreRun } from './restore-collection.ts';
import { planRestore, type RestoreItem } from './restore-items.ts';
import { countedRetries } from './retries.ts';
import { warnOfSecrets } from './secrets.ts';
import { addressOf, connect } from './server-ends.ts';
import { addSummaries } from './summaries.ts';
import { withWayOn } from './way-on.ts';

/** The command. */
export function restoreCommand(context: Context) {
  const command = new Command('restore')
    .summary('a dump, or some of it, into a Milvus server')
    .description(
      'Makes the collections of a dump again: schema, partitions, rows, indexes, load state, aliases.',
    )
    .usage('[options] <directory> [milvus]')
    .argument('<endpoints...>', 'the directory of a dump, then milvus://HOST[:PORT][/DATABASE[/COLLECTION]]');
  addAll(
    command as unknown as Command,
    restoring,
    [output.resume, output.breakLock] as unknown as AnyOption[],
    [dryRun],
    server,
    manyConnection,
    [work.batchBytes, work.tempDir, ...Object.values(talk)] as unknown as AnyOption[],
  );
  return command.addHelpText('after', formatExamples(RESTORE_EXAMPLES))
    .action((endpoints) => run(endpoints, command as unknown as Command, context));
}

async function run(
  endpoints: readonly string[],
  command: Command,
  { report: speak, signal }: Context,
): Promise<void> {
  const flags = command.opts() as RestoreFlags;
  const report = speak({ ...flags, dataOnStdout: false });
  const { directory, to } = endsOf(endpoints);
  if (flags.resume && flags.restart) {
    throw new VtsError('Usage', '--resume and --restart contradict each other', {
      remedy: 'leave one of them out; VTS_RESUME and VTS_RESTART of the environment count too',
    });
  }
  if (flags.verify) (await import('./restore-verify.ts')).checkVerifyFlags(flags);
  warnOfSecrets(command, report);
  const { openDump } = await import('../connectors/dump/dump.ts');
  const dump = openDump(directory);
  const { collection: _, ...others } = flags;
  const address = addressOf(to, connectionFlags(others));
  const items = await planRestore(dump, address.url, flags);
  const retries = countedRetries(flags.retryMaxTime, report, signal);
  const connection = await connect(address, report, signal);
  try {
    const restore = { dump, connection, flags, retries, report, signal };
    if (flags.dryRun) {
      const { dryRestore } = await import('./restore-plan.ts');
      return await dryRestore(restore, items);
    }
    await restoreAll(restore, items);
  } finally {
    await connection.close();
  }
}

function endsOf(endpoints: readonly string[]): { directory: string; to: string } {
  const [directory, to = defaultServer(), ...more] = endpoints;
  if (more.length === 0 && isServer(to) && !isServer(directory)) return { directory, to };
  throw new VtsError('Usage', 'vts restore goes from a directory into a server', {
    expected: 'vts restore DIRECTORY milvus://HOST[/DATABASE[/COLLECTION]]',
  });
}

async function restoreAll(run: Omit<RestoreRun, 'journal'>, items: readonly RestoreItem[]): Promise<void> {
  const { dump, connection, flags, report, retries } = run;
  const began = performance.now();
  const journal = await openRestoreJournal(dump, connection, flags, report);
  let done = false;
  try {
    const full = { ...run, journal: journal.journal };
    // All that stands in the way is said before anything is made.
    await checkRestore(full, items);
    const summaries: TransferSummary[] = [];
    let reported = 0;
    for (const item of items) {
      if (!isRestored(full, item)) reported++;
      const summary = await restoreCollection(full, item);
      if (summary !== undefined) summaries.push(summary);
    }
    done = true;
    if (items.length !== 1 || reported === 0 || summaries.length === 0) {
      report.done({
        command: 'restore',
        from: dump.path,
        to: connection.name,
        ...addSummaries(summaries),
        seconds: (performance.now() - began) / 1000,
        toServer: true,
        retries: retries.count(),
      });
    }
  } catch (error) {
    throw withWayOn(error, flags);
  } finally {
    journal.close(done);
  }
}

/** The journal stands beside the dump, or in the state directory where nothing can be written there. */
async function openRestoreJournal(
  { path, manifest }: Dump,
  { name }: MilvusConnection,
  flags: RestoreFlags,
  report: Report,
): Promise<TargetJournal> {
  const { defaultStateDirectory, openTargetJournal } = await import('../connectors/state/target-journal.ts');
  const { manifestText } = await import('../connectors/dump/manifest.ts');
  const sha256 = JSON.parse(manifestText(manifest)).sha256 as string;
  const open = (directory: string, tidy = false) =>
    openTargetJournal({
      directory,
      tidy,
      target: `${name} from ${sha256}`,
      shown: `${name} from ${path}`,
      job: jobOf({ command: 'restore', dump: sha256, target: name, ...choiceOf(flags) }, flags),
      resume: flags.resume ?? false,
      restart: flags.restart ?? false,
      breakLock: flags.breakLock ?? false,
    });
  if (flags.state !== undefined) return open(flags.state);
  try {
    return open(`${resolve(path)}.restore`, true);
  } catch (error) {
    if (!isVtsError(error, 'OutputUnwritable')) throw error;
    const directory = defaultStateDirectory();
    report.note(`nothing can be written beside ${path}: the journal of this restore is kept in ${directory}`);
    return open(directory);
  }
}

/** Flags that other commands leave to the address, and that shape a restore. */
function choiceOf({ collection, database }: RestoreFlags): Record<string, string> {
  return {
    ...(collection === undefined ? {} : { collections: JSON.stringify(collection) }),
    ...(database === undefined ? {} : { intoDatabase: JSON.stringify(database) }),
  };
}
