/** `vts export`: a collection into files. */
import { Command } from '@commander-js/extra-typings';
import type { MilvusSource } from '../connectors/milvus/scan/milvus-source.ts';
import { VtsError } from '../errors.ts';
import { openCollectionSource, withPartitionColumn } from './collection-source.ts';
import type { Context } from './context.ts';
import { defined } from './defined.ts';
import { defaultServer, isServer, requireVerb } from './endpoints.ts';
import { EXPORT_EXAMPLES, formatExamples } from './examples.ts';
import { type ColumnFlags, type FileFlags, mappingOf, openOutputs } from './file-ends.ts';
import { jobOf } from './job.ts';
import { columns, output, talk, work } from './options/common.ts';
import { connection, type ConnectionFlags, connectionFlags } from './options/connection.ts';
import { addAll, type AnyOption } from './options/group.ts';
import { partitionColumn, reading, type ReadingFlags, server, type ServerFlags } from './options/milvus.ts';
import type { Report } from './report/report.ts';
import { countedRetries, type Retries } from './retries.ts';
import { fieldsByRole } from './role-fields.ts';
import { runTransfer } from './run-transfer.ts';
import { warnOfSecrets } from './secrets.ts';
import { addressOf, openServerEnd, type ServerEnd } from './server-ends.ts';

type ExportFlags =
  & FileFlags
  & ColumnFlags
  & ConnectionFlags
  & ReadingFlags
  & ServerFlags
  & {
    readonly fields?: readonly string[];
    readonly partitionColumn?: string;
    readonly dryRun?: boolean;
    readonly recipe?: string;
  };

/** The command. */
export function exportCommand(context: Context) {
  const { to, overwrite, parents, compression, layout, faissIndex, recipe } = output;
  const { partSize, resume, breakLock, dryRun } = output;
  const command = new Command('export')
    .summary('a collection of a Milvus server into files')
    .description('Exports one collection. The last name is the output; its format is told by extension.')
    .usage('[options] [milvus] <output>')
    .argument(
      '<endpoints...>',
      'milvus://HOST[:PORT]/DATABASE/COLLECTION, then the output: a file, a directory or -',
    );
  addAll(
    command as unknown as Command,
    reading,
    [partitionColumn],
    Object.values(columns) as unknown as AnyOption[],
    [to, overwrite, parents, compression, layout, faissIndex, recipe] as unknown as AnyOption[],
    [partSize, resume, breakLock, dryRun] as unknown as AnyOption[],
    server,
    connection,
    [work.batchBytes, work.tempDir, ...Object.values(talk)] as unknown as AnyOption[],
  );
  return command.addHelpText('after', formatExamples(EXPORT_EXAMPLES))
    .action((endpoints) => run(endpoints, command as unknown as Command, context));
}

async function run(
  endpoints: readonly string[],
  command: Command,
  { report: speak, signal }: Context,
): Promise<void> {
  const asked = command.opts() as ExportFlags;
  const target = endpoints[endpoints.length - 1];
  const report = speak({ ...asked, dataOnStdout: target === '-' });
  if (endpoints.length === 1 && isServer(target)) {
    throw new VtsError('Usage', 'The output is missing', { expected: 'vts export MILVUS OUTPUT' });
  }
  const inputs = endpoints.length === 1 ? [defaultServer()] : endpoints.slice(0, -1);
  requireVerb('export', inputs, target);
  if (asked.recipe !== undefined && asked.layout !== 'milvusdm') {
    throw new VtsError('Usage', '--recipe writes a job for outputs of --layout milvusdm', {
      remedy: 'add --layout milvusdm, or leave out --recipe',
    });
  }
  warnOfSecrets(command, report);
  const retries = countedRetries(asked.retryMaxTime, report, signal);
  const end = await openServerEnd(addressOf(inputs[0], connectionFlags(asked)), report, signal);
  try {
    const flags = { ...asked, ...defined({ fields: await fieldsByRole(end, asked.fields) }) };
    const source = await openCollectionSource(end, flags, retries.policy, report, signal);
    try {
      if (source.placementNote !== undefined) report.note(source.placementNote);
      await exportRows({ source, end, target, flags, retries, report, signal });
    } finally {
      await source.close();
    }
  } finally {
    await end.connection.close();
  }
}

/** What an export is about. */
interface Export {
  readonly source: MilvusSource;
  readonly end: ServerEnd;
  readonly target: string;
  readonly flags: ExportFlags;
  readonly retries: Retries;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/** Writes the rows, or with `--dry-run` says what would be written. */
async function exportRows({ source, end, target, flags, retries, report, signal }: Export): Promise<void> {
  const fields = withPartitionColumn(flags.fields, flags.partitionColumn);
  const mapping = { ...mappingOf(flags), ...defined({ fields }) };
  if (flags.dryRun) {
    const { planIntoFiles } = await import('./plan-into.ts');
    return await planIntoFiles({ command: 'export', source, output: target, flags, mapping, report, signal });
  }
  const job = jobOf({ command: 'export', source: source.fingerprint }, flags);
  const { sink, journal, sizes } = await openOutputs(target, flags, job);
  try {
    await runTransfer({
      command: 'export',
      source,
      sink,
      mapping,
      options: {
        ...defined({ limit: flags.limit, rate: flags.rateLimit }),
        ...sizes,
        parallel: flags.parallel,
        journal,
        signal,
      },
      facts: () => ({ retries: retries.count() }),
    }, report);
    if (flags.recipe === undefined) return;
    const { writeRecipe } = await import('./recipe.ts');
    const file = writeRecipe(flags.recipe, { end, source, output: target, flags });
    report.note(`${file} is the job that imports ${target} again: vts run ${file}`);
  } finally {
    await sink.close();
  }
}
