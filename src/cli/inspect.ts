/** `vts inspect`: what is in a file or on a server. */
import { Command } from '@commander-js/extra-typings';
import type { Context } from './context.ts';
import { defaultServer, isServer } from './endpoints.ts';
import { formatExamples, INSPECT_EXAMPLES, INSPECT_SERVER_EXAMPLES } from './examples.ts';
import { type ColumnFlags, type FileFlags } from './file-ends.ts';
import { openInputs } from './open-inputs.ts';
import { columns, input, talk, work } from './options/common.ts';
import { connection, type ConnectionFlags } from './options/connection.ts';
import { addAll } from './options/group.ts';

type InspectFlags = FileFlags & Pick<ColumnFlags, 'id' | 'vector'> & ConnectionFlags;

/** The command. */
export function inspectCommand(context: Context) {
  const command = new Command('inspect')
    .summary('what is in a file, a dump or on a server: schema, rows, sizes, indexes, sample rows')
    .description('Shows what is in files, in a dump, or on a Milvus server, without changing anything.')
    .argument(
      '[endpoints...]',
      'files, directories, globs, FILE::INSIDE for HDF5, - for stdin; a dump; or milvus://HOST[/DATABASE[/COLLECTION]]',
    )
    .addOption(input.from).addOption(input.schema).addOption(columns.id).addOption(columns.vector)
    .addOption(work.tempDir).addOption(talk.json).addOption(talk.verbose).addOption(talk.color);
  return addAll(command as unknown as Command, connection)
    .addHelpText('after', formatExamples([...INSPECT_EXAMPLES, ...INSPECT_SERVER_EXAMPLES]))
    .action(() => inspect(command.args, command.opts() as InspectFlags, context));
}

async function inspect(endpoints: readonly string[], flags: InspectFlags, context: Context): Promise<void> {
  const report = context.report({ ...flags, quiet: false, progress: 'never', dataOnStdout: false });
  if (endpoints.length === 0 || endpoints.some(isServer)) {
    const { inspectServer } = await import('./inspect-server.ts');
    return report.inspection(
      await inspectServer(endpoints.length === 0 ? [defaultServer()] : endpoints, flags, report, context),
    );
  }
  if (endpoints.length === 1) {
    const { inspectDump } = await import('./inspect-dump.ts');
    const dump = inspectDump(endpoints[0]);
    if (dump !== undefined) return report.inspection(dump);
  }
  const { inspectFile } = await import('./inspect-file.ts');
  const source = await openInputs(endpoints, undefined, { ...flags, inspectOnly: true, allowLossy: true });
  try {
    report.inspection(await inspectFile(source));
  } finally {
    await source.close();
  }
}
