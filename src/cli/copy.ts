/** `vts copy`: a collection of one server into a collection of the same or another one. */
import { Command } from '@commander-js/extra-typings';
import type { CollectionInfo } from '../connectors/milvus/model.ts';
import type { CollectionTemplate } from '../connectors/milvus/sink/options.ts';
import { VtsError } from '../errors.ts';
import { checkFlags, type CollectionSinkFlags } from './collection-sink.ts';
import { openCollectionSource } from './collection-source.ts';
import type { Context } from './context.ts';
import { requireVerb } from './endpoints.ts';
import { COPY_EXAMPLES, formatExamples } from './examples.ts';
import { type ColumnFlags, type FileFlags, mappingOf } from './file-ends.ts';
import { transferInto } from './into-collection.ts';
import { columns, output, talk, work } from './options/common.ts';
import {
  connection,
  type ConnectionFlags,
  connectionFlags,
  targetConnection,
  type TargetFlags,
  targetFlags,
} from './options/connection.ts';
import { addAll, type AnyOption } from './options/group.ts';
import { reading, type ReadingFlags, server, type ServerFlags, writing } from './options/milvus.ts';
import type { Report } from './report/report.ts';
import { countedRetries } from './retries.ts';
import { warnOfSecrets } from './secrets.ts';
import { addressOf, ofTarget, openServerEnd, type ServerEnd, targetAddress } from './server-ends.ts';

type CopyFlags =
  & Pick<FileFlags, 'batchBytes' | 'partSize'>
  & ColumnFlags
  & ConnectionFlags
  & TargetFlags
  & ReadingFlags
  & CollectionSinkFlags
  & ServerFlags
  & { readonly fields?: readonly string[] };

/** The command. */
export function copyCommand(context: Context) {
  const command = new Command('copy')
    .summary('a collection of one Milvus server into another collection, here or there')
    .description('Copies rows, schema and indexes of a collection, partition by partition.')
    .usage('[options] <from> <to>')
    .argument('<endpoints...>', 'milvus://HOST[:PORT]/DATABASE/COLLECTION, twice');
  addAll(
    command as unknown as Command,
    reading,
    Object.values(columns) as unknown as AnyOption[],
    writing,
    [output.partSize, output.resume, output.breakLock, output.dryRun] as unknown as AnyOption[],
    server,
    connection,
    targetConnection,
    [work.batchBytes, work.tempDir, ...Object.values(talk)] as unknown as AnyOption[],
  );
  return command.addHelpText('after', formatExamples(COPY_EXAMPLES))
    .action((endpoints) => run(endpoints, command as unknown as Command, context));
}

async function run(
  endpoints: readonly string[],
  command: Command,
  { report: speak, signal }: Context,
): Promise<void> {
  const flags = command.opts() as CopyFlags;
  const report = speak({ ...flags, dataOnStdout: false });
  if (endpoints.length !== 2) {
    throw new VtsError('Usage', `vts copy takes two addresses, not ${endpoints.length}`, {
      expected: 'vts copy milvus://HOST/DATABASE/COLLECTION milvus://HOST/DATABASE/COLLECTION',
    });
  }
  requireVerb('copy', endpoints.slice(0, 1), endpoints[1]);
  checkFlags(flags);
  warnOfSecrets(command, report);
  const fromAddress = addressOf(endpoints[0], connectionFlags(flags));
  const toAddress = targetAddress(endpoints[1], targetFlags(flags), fromAddress);
  const from = await openServerEnd(fromAddress, report, signal);
  try {
    const to = await openServerEnd(toAddress, report, signal).catch((error) => {
      throw ofTarget(error);
    });
    try {
      if (from.name === to.name) {
        throw new VtsError('Usage', `${from.name} cannot be copied into itself`, {
          remedy: 'give the copy another name',
        });
      }
      await copy(from, to, flags, report, signal);
    } finally {
      await to.connection.close();
    }
  } finally {
    await from.connection.close();
  }
}

async function copy(
  from: ServerEnd,
  end: ServerEnd,
  flags: CopyFlags,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const retries = countedRetries(flags.retryMaxTime, report, signal);
  const source = await openCollectionSource(from, flags, retries.policy, report, signal);
  try {
    const mapping = mappingOf(flags);
    await transferInto({
      command: 'copy',
      source,
      end,
      flags,
      mapping,
      like: await like(from, source.collection, flags),
      retries,
      report,
      signal,
    });
  } finally {
    await source.close();
  }
}

/** What a new collection is to equal; of its partitions those that are copied. */
async function like(
  { connection }: ServerEnd,
  info: CollectionInfo,
  { partition }: ReadingFlags,
): Promise<CollectionTemplate> {
  const { templateOf } = await import('../connectors/milvus/sink/template.ts');
  const template = await templateOf(connection, info);
  return partition === undefined ? template : { ...template, partitions: partition };
}
