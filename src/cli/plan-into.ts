/** `--dry-run`: what a transfer would do, found without writing anything. */
import { defaultStateDirectory, isUnfinished } from '../connectors/state/target-journal.ts';
import { lookAtOutput } from '../connectors/file/look-at-output.ts';
import type { Source } from '../core/endpoint.ts';
import type { MappingOptions } from '../core/mapping.ts';
import { isVtsError, VtsError } from '../errors.ts';
import { openCollectionSink } from './collection-sink.ts';
import { defined } from './defined.ts';
import { type ColumnFlags, type FileFlags, outputOptions } from './file-ends.ts';
import type { IntoCollection } from './into-collection.ts';
import { planTransfer } from './plan-transfer.ts';
import type { Report } from './report/report.ts';
import { foreseeMode } from './target-mode.ts';

/** A transfer into files that is only planned. */
export interface IntoFiles {
  readonly command: 'convert' | 'export';
  readonly source: Source;
  readonly output: string;
  readonly flags: FileFlags & Pick<ColumnFlags, 'limit'>;
  readonly mapping: MappingOptions;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/** Plans a transfer into files. @throws VtsError PlanRefused when something stands in the way */
export async function planIntoFiles(job: IntoFiles): Promise<void> {
  const { output, flags, report } = job;
  const sight = await lookAtOutput(output, outputOptions(output, flags, {}));
  await planTransfer({
    ...job,
    ...sight,
    to: sight.target.name,
    makes: () => sight.makes,
    ...defined({ limit: flags.limit, batchBytes: flags.batchBytes }),
  }, report);
}

/** Plans a transfer into a collection. @throws VtsError PlanRefused when something stands in the way */
export async function planIntoCollection(job: IntoCollection): Promise<void> {
  const { end, flags, retries, report, signal } = job;
  const problems: VtsError[] = [];
  if (!flags.resume && !flags.restart && isUnfinished(flags.state ?? defaultStateDirectory(), end.name)) {
    problems.push(
      new VtsError('JournalConflict', `An earlier job into ${end.name} was not finished`, {
        remedy: 'add --resume to go on with it, or --restart to forget it and begin anew',
      }),
    );
  }
  const { mode, note } = await foreseeMode({ end, flags, retry: retries.policy });
  if (note !== undefined) report.note(note);
  if (mode === 'skip') return;
  const run = { resumed: flags.resume ?? false, retry: retries.policy, signal };
  const sink = await openCollectionSink(end, { ...flags, mode }, run, job.like).catch((error) => {
    if (!isVtsError(error, 'OutputExists', 'PlanRefused', 'InputMissing')) throw error;
    problems.push(error);
  });
  try {
    await planTransfer({
      ...job,
      to: end.name,
      problems,
      ...(sink === undefined ? {} : { target: sink }),
      makes: (dataset) => sink?.makes(dataset) ?? [],
      ...defined({ limit: flags.limit, batchBytes: flags.batchBytes }),
    }, report);
  } finally {
    await sink?.close();
  }
}
