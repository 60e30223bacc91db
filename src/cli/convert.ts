/** `vts convert`: between file formats. */
import { Command } from '@commander-js/extra-typings';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { type FileSource, openFileSource } from '../connectors/file/file-source.ts';
import { isDirectoryOutput, openOutput } from '../connectors/file/open-output.ts';
import { DEFAULT_BATCH_BYTES } from '../core/batch.ts';
import { VtsError } from '../errors.ts';
import type { Context } from './context.ts';
import { defined } from './defined.ts';
import { CONVERT_EXAMPLES, formatExamples } from './examples.ts';
import { columns, input, output, talk, work } from './options.ts';
import { runTransfer } from './run-transfer.ts';
import { readSchemaFile } from './schema-file.ts';

function define() {
  return new Command('convert')
    .summary('between file formats')
    .description('Converts files of vectors. The last name is the output; formats are told by extension.')
    .usage('[options] <input...> <output>')
    .argument(
      '<endpoints...>',
      'inputs: files, directories, globs, FILE::INSIDE for HDF5, - for stdin; last the output, - for stdout',
    )
    .addOption(input.from).addOption(output.to).addOption(input.schema)
    .addOption(columns.fields).addOption(columns.rename).addOption(columns.cast)
    .addOption(columns.id).addOption(columns.vector).addOption(columns.metric).addOption(columns.limit)
    .addOption(input.order).addOption(output.overwrite).addOption(output.compression).addOption(output.layout)
    .addOption(output.partSize).addOption(output.resume)
    .addOption(work.batchBytes).addOption(work.tempDir)
    .addOption(talk.json).addOption(talk.quiet).addOption(talk.verbose).addOption(talk.progress).addOption(
      talk.color,
    )
    .addHelpText('after', formatExamples(CONVERT_EXAMPLES));
}

type ConvertOptions = ReturnType<ReturnType<typeof define>['opts']>;

/** The command. */
export function convertCommand(context: Context) {
  return define().action((endpoints, options) => convert(endpoints, options, context));
}

async function convert(
  endpoints: readonly string[],
  options: ConvertOptions,
  context: Context,
): Promise<void> {
  const target = endpoints[endpoints.length - 1];
  const report = context.report({ ...options, dataOnStdout: target === '-' });
  if (endpoints.length < 2) {
    throw new VtsError('Usage', 'The output is missing', { expected: `vts convert ${target} OUTPUT` });
  }
  const tempDir = options.tempDir ?? (target === '-' ? tmpdir() : dirname(target));
  const { from, fields, rename: renames, cast: casts, metric, limit } = options;
  const roles = defined({ id: options.id, vector: options.vector });
  const schema = options.schema === undefined ? undefined : readSchemaFile(options.schema);
  const source = await openFileSource(endpoints.slice(0, -1), {
    ...defined({ format: from, schema, metric, casts }),
    output: target,
    roles: oldNames(roles, renames ?? {}),
    order: options.order,
    tempDir,
  });
  try {
    const parts = options.partSize !== undefined || isDirectoryOutput(target);
    const { sink, journal } = await openOutput(target, {
      ...defined({ format: options.to, compression: options.compression, layout: options.layout }),
      overwrite: options.overwrite ?? false,
      resume: options.resume ?? false,
      parts,
      tempDir,
      job: jobOf(source, options),
    });
    const partBytes = parts ? options.partSize ?? DEFAULT_PART_BYTES : undefined;
    const batchBytes = options.batchBytes ?? (partBytes === undefined ? undefined : batchBytesFor(partBytes));
    try {
      await runTransfer({
        command: 'convert',
        source,
        sink,
        mapping: defined({ fields, renames, casts, metric, roles }),
        options: { ...defined({ limit, batchBytes, partBytes }), journal, signal: context.signal },
      }, report);
    } finally {
      await sink.close();
    }
  } finally {
    await source.close();
  }
}

const DEFAULT_PART_BYTES = 256 * 2 ** 20;

/** Batches small enough that parts come near the size asked for. */
function batchBytesFor(partBytes: number): number {
  return Math.min(DEFAULT_BATCH_BYTES, Math.ceil(partBytes / 8));
}

/** What must be the same when a job is resumed: the input and all that shapes rows and files. */
function jobOf(source: FileSource, options: ConvertOptions): Record<string, string> {
  const { from, to, fields, rename, cast, id, vector, metric, schema, order, limit, compression, layout } =
    options;
  const shaping = {
    from,
    to,
    fields,
    rename,
    cast,
    id,
    vector,
    metric,
    schema,
    order,
    limit,
    compression,
    layout,
  };
  const texts = Object.entries(defined(shaping)).map(([name, value]) => [name, JSON.stringify(value)]);
  return { source: source.fingerprint, ...Object.fromEntries(texts) };
}

/** Roles by the source's names, where a user gave the new name of a column. */
function oldNames(
  roles: { id?: string; vector?: string },
  renames: Readonly<Record<string, string>>,
): { id?: string; vector?: string } {
  const pairs = Object.entries(renames);
  return Object.fromEntries(
    Object.entries(roles).map(([role, name]) => [role, pairs.find(([, to]) => to === name)?.[0] ?? name]),
  );
}
