/** `vts convert`: between file formats. */
import { Command } from '@commander-js/extra-typings';
import { VtsError } from '../errors.ts';
import type { Context } from './context.ts';
import { defined } from './defined.ts';
import { requireVerb } from './endpoints.ts';
import { CONVERT_EXAMPLES, formatExamples } from './examples.ts';
import { mappingOf, openOutputs } from './file-ends.ts';
import { jobOf } from './job.ts';
import { openInputs } from './open-inputs.ts';
import { columns, input, output, talk, work } from './options/common.ts';
import { runTransfer } from './run-transfer.ts';

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
    .addOption(columns.add).addOption(columns.set).addOption(columns.geometry)
    .addOption(columns.id).addOption(columns.vector).addOption(columns.metric).addOption(columns.normalize)
    .addOption(columns.limit)
    .addOption(input.order).addOption(input.rowIds).addOption(output.overwrite).addOption(output.parents)
    .addOption(output.compression).addOption(output.layout)
    .addOption(output.faissIndex).addOption(input.allowLossy).addOption(input.ids)
    .addOption(input.documents).addOption(input.noDocuments)
    .addOption(output.partSize).addOption(output.resume).addOption(output.breakLock).addOption(output.dryRun)
    .addOption(work.parallel).addOption(work.batchBytes).addOption(work.tempDir)
    .addOption(talk.json).addOption(talk.quiet).addOption(talk.verbose).addOption(talk.progress)
    .addOption(talk.color)
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
  const [inputs, target] = [endpoints.slice(0, -1), endpoints[endpoints.length - 1]];
  const report = context.report({ ...options, dataOnStdout: target === '-' });
  if (inputs.length === 0) {
    throw new VtsError('Usage', 'The output is missing', { expected: `vts convert ${target} OUTPUT` });
  }
  requireVerb('convert', inputs, target);
  const source = await openInputs(inputs, target, options, 'join');
  try {
    if (options.dryRun) {
      const { planIntoFiles } = await import('./plan-into.ts');
      const { signal } = context;
      const [flags, mapping] = [options, mappingOf(options)];
      return await planIntoFiles({
        command: 'convert',
        source,
        output: target,
        flags,
        mapping,
        report,
        signal,
      });
    }
    const job = jobOf({ source: source.fingerprint }, options);
    const { sink, journal, sizes } = await openOutputs(target, options, job);
    try {
      await runTransfer({
        command: 'convert',
        source,
        sink,
        mapping: mappingOf(options),
        options: { ...defined({ limit: options.limit }), ...sizes, journal, signal: context.signal },
      }, report);
    } finally {
      await sink.close();
    }
  } finally {
    await source.close();
  }
}
