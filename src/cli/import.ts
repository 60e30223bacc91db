/** `vts import`: files into a collection. */
import { Command } from '@commander-js/extra-typings';
import type { FileSource } from '../connectors/file/file-source.ts';
import { REJECT_COLUMN } from '../connectors/milvus/sink/reject-column.ts';
import type { Schema } from '../core/schema.ts';
import { checkFlags, type CollectionSinkFlags } from './collection-sink.ts';
import { withPartitionColumn } from './collection-source.ts';
import type { Context } from './context.ts';
import { defined } from './defined.ts';
import { defaultServer, isServer, requireVerb } from './endpoints.ts';
import { formatExamples, IMPORT_EXAMPLES } from './examples.ts';
import { type ColumnFlags, type FileFlags, mappingOf } from './file-ends.ts';
import { castsTo, typesOfTarget } from './fit-target.ts';
import { transferInto } from './into-collection.ts';
import { openInputs } from './open-inputs.ts';
import { columns, input, output, talk, work } from './options/common.ts';
import { connection, type ConnectionFlags, connectionFlags } from './options/connection.ts';
import { addAll, type AnyOption } from './options/group.ts';
import { partitionColumn, server, type ServerFlags, targetPartition, writing } from './options/milvus.ts';
import type { Report } from './report/report.ts';
import { countedRetries } from './retries.ts';
import { warnOfSecrets } from './secrets.ts';
import { addressOf, openServerEnd, type ServerEnd } from './server-ends.ts';

type ImportFlags =
  & FileFlags
  & ColumnFlags
  & ConnectionFlags
  & CollectionSinkFlags
  & ServerFlags
  & { readonly partition?: string };

/** The command. */
export function importCommand(context: Context) {
  const command = new Command('import')
    .summary('files into a collection of a Milvus server')
    .description(
      'Imports files into one collection, which is made from the data and the flags if it is not there.',
    )
    .usage('[options] <input...> [milvus]')
    .argument(
      '<endpoints...>',
      'files, directories, globs, FILE::INSIDE for HDF5, - for stdin; last milvus://HOST[:PORT]/DATABASE/COLLECTION',
    );
  addAll(
    command as unknown as Command,
    Object.values(input) as unknown as AnyOption[],
    Object.values(columns) as unknown as AnyOption[],
    [targetPartition, partitionColumn],
    writing,
    [output.partSize, output.resume, output.breakLock, output.dryRun] as unknown as AnyOption[],
    server,
    connection,
    [work.batchBytes, work.tempDir, ...Object.values(talk)] as unknown as AnyOption[],
  );
  return command.addHelpText('after', formatExamples(IMPORT_EXAMPLES))
    .action((endpoints) => run(endpoints, command as unknown as Command, context));
}

async function run(
  endpoints: readonly string[],
  command: Command,
  { report: speak, signal }: Context,
): Promise<void> {
  const flags = command.opts() as ImportFlags;
  const report = speak({ ...flags, dataOnStdout: false });
  const last = endpoints[endpoints.length - 1];
  const named = isServer(last) || flags.collection === undefined;
  const [inputs, target] = named ? [endpoints.slice(0, -1), last] : [endpoints, defaultServer()];
  requireVerb('import', inputs, target);
  checkFlags(flags);
  warnOfSecrets(command, report);
  const end = await openServerEnd(addressOf(target, connectionFlags(flags)), report, signal);
  try {
    const { source, casts } = await openFitting(inputs, flags, end, signal);
    try {
      const { partition } = flags;
      await transferInto({
        command: 'import',
        source,
        end,
        flags: { ...flags, ...defined({ targetPartition: partition }) },
        mapping: {
          ...mappingOf(flags),
          ...defined({ fields: fieldsOf(source.dataset.schema, flags, report), casts }),
        },
        retries: countedRetries(flags.retryMaxTime, report, signal),
        report,
        signal,
      });
    } finally {
      await source.close();
    }
  } finally {
    await end.connection.close();
  }
}

/**
 * The inputs; of files that say no types, numbers and lists become what the collection has, where that is there already.
 */
async function openFitting(
  inputs: readonly string[],
  flags: ImportFlags,
  end: ServerEnd,
  signal: AbortSignal,
): Promise<{ readonly source: FileSource; readonly casts?: Readonly<Record<string, string>> }> {
  const source = await openInputs(inputs, undefined, flags, 'join');
  // Standard input can be read once only.
  if (source.format.untyped !== true || flags.schema !== undefined || inputs.includes('-')) {
    return { source, ...defined({ casts: flags.cast }) };
  }
  await source.close();
  const types = await typesOfTarget(end, signal);
  const wanted = { ...types, ...flags.cast };
  const fitting = await openInputs(inputs, undefined, { ...flags, cast: wanted }, 'join');
  return { source: fitting, casts: { ...castsTo(types, fitting.dataset.schema), ...flags.cast } };
}

/** The columns to import: a reject file imports again as it is, without the reasons in it. */
function fieldsOf({ fields }: Schema, flags: ImportFlags, report: Report): readonly string[] | undefined {
  if (flags.fields !== undefined) return withPartitionColumn(flags.fields, flags.partitionColumn);
  if (!fields.some((field) => field.name === REJECT_COLUMN)) return undefined;
  report.note(`"${REJECT_COLUMN}", which says why rows were refused, is left out`);
  return fields.map((field) => field.name).filter((name) => name !== REJECT_COLUMN);
}
