/** Runs the steps of a job by the commands of their verbs. */
import type { Command } from '@commander-js/extra-typings';
import { isDirectoryOutput } from '../connectors/file/open-output.ts';
import { redactUrl } from '../connectors/milvus/endpoint-url.ts';
import type { TransferSummary } from '../core/transfer.ts';
import { isVtsError } from '../errors.ts';
import type { Context } from './context.ts';
import { isServer } from './endpoints.ts';
import type { JobState } from './job-state.ts';
import type { CheckedStep, StepVerbs } from './job-step.ts';
import type { Done, Report } from './report/report.ts';
import type { RunFlags } from './run.ts';
import { refuseRejected } from './run-transfer.ts';
import { addSummaries } from './summaries.ts';

/** A job that is understood, and whom it speaks to. */
export interface Run {
  readonly name: string;
  readonly steps: readonly CheckedStep[];
  readonly verbs: (context: Context) => StepVerbs;
  readonly flags: RunFlags;
  readonly context: Context;
  readonly report: Report;
  /** Whether the rows of any step go to standard output. */
  readonly dataOnStdout: boolean;
}

/** Where the journal of a transfer is gone as soon as it is done, so that the job has to know first. */
const KNOWN_BEFORE: readonly string[] = ['convert', 'export', 'import', 'copy'];

/** Runs all steps that are not done. @throws VtsError RowsRejected when all are done but for rows that were put aside */
export async function runSteps(run: Run, state: JobState): Promise<void> {
  const { steps, report, name } = run;
  const began = performance.now();
  const summaries: TransferSummary[] = [];
  for (const [index, step] of steps.entries()) {
    const earlier = state.done(index);
    if (steps.length > 1 || earlier !== undefined) {
      report.note(
        `step ${index + 1} of ${steps.length}: ${titleOf(step)}${
          earlier === undefined ? '' : ': done by an earlier run'
        }`,
      );
    }
    const summary = earlier ?? await runStep(run, state, index).catch((error) => {
      if (steps.length > 1) report.note(stoppedText(run, state, index));
      throw error;
    });
    if (summary !== undefined) summaries.push(summary);
  }
  state.end();
  const rejected = summaries.reduce((sum, { rowsRejected = 0 }) => sum + rowsRejected, 0);
  const summary = { ...addSummaries(summaries), ...(rejected === 0 ? {} : { rowsRejected: rejected }) };
  if (steps.length > 1 && summaries.length > 0) {
    report.done({
      command: 'run',
      from: name,
      to: `all ${steps.length} steps of ${name}`,
      ...summary,
      seconds: (performance.now() - began) / 1000,
      toServer: steps.some(({ to }) => to !== undefined && isServer(to)),
    });
  }
  refuseRejected(summary, undefined);
}

/** `import a.h5 -> milvus://...`. */
export function titleOf({ verb, from, to }: CheckedStep): string {
  const shown = (end: string) => isServer(end) ? redactUrl(end) : end;
  return `${verb} ${from.map(shown).join(' ')}${to === undefined ? '' : ` -> ${shown(to)}`}`;
}

function stoppedText({ steps, name }: Run, state: JobState, index: number): string {
  const done = steps.filter((_, i) => state.done(i) !== undefined).length;
  const at = `stopped at step ${index + 1} of ${steps.length} (line ${steps[index].at.line} of ${name})`;
  return done === 0 ? at : `${at}; vts run ${name === 'stdin' ? '-' : name} --resume goes on there`;
}

async function runStep(run: Run, state: JobState, index: number): Promise<TransferSummary | undefined> {
  const step = run.steps[index];
  let last: Done | undefined;
  const context = stepContext(run, (event) => {
    last = event;
    if (KNOWN_BEFORE.includes(step.verb)) state.record(index, summaryOf(event));
  });
  try {
    await commandOf(step, run.verbs(context), ofTheRun(step, run.flags));
  } catch (error) {
    // The step is done; what was put aside ends the job when all steps are.
    if (!isVtsError(error, 'RowsRejected') || last === undefined) throw error;
    run.report.note(error.message);
  }
  const summary = last === undefined ? undefined : summaryOf(last);
  if (summary !== undefined) state.record(index, summary);
  return summary;
}

/** The command of `step`, run with `more` flags set. */
export async function commandOf(
  step: CheckedStep,
  verbs: StepVerbs,
  more: Readonly<Record<string, unknown>>,
): Promise<void> {
  const command = verbs[step.verb]();
  for (const [name, value] of Object.entries({ ...step.values, ...more })) {
    if (!command.options.some((option) => option.attributeName() === name)) continue;
    // A source of its own: the environment does not go before it, and secrets of it are on no command line.
    (command as Command).setOptionValueWithSource(name, value, 'job');
  }
  const ends = [...step.from, ...(step.to === undefined ? [] : [step.to])];
  await command.parseAsync(['--', ...ends], { from: 'user' });
}

/** A context whose reports speak as `vts run` was told to. */
export function stepContext({ context, flags, dataOnStdout }: Run, onDone: (event: Done) => void): Context {
  return {
    signal: context.signal,
    report() {
      const report = context.report({ ...flags, dataOnStdout });
      return {
        ...report,
        done(event) {
          onDone(event);
          report.done(event);
        },
      };
    },
  };
}

/** Flags of `vts run` that hold for `step`. A single file is whole or not there, so it cannot be resumed, but made again. */
export function ofTheRun(step: CheckedStep, flags: RunFlags): Record<string, unknown> {
  const { resume, restart, overwrite, state } = flags;
  const single = (step.verb === 'convert' || step.verb === 'export') && step.values.partSize === undefined &&
    !isDirectoryOutput(step.to!);
  return {
    // Said in any case, as VTS_RESUME would say it for steps that cannot.
    resume: (resume === true || step.values.resume === true) && !single,
    ...(restart ? { restart } : {}),
    ...(overwrite ? { overwrite } : {}),
    ...(state === undefined || step.values.state !== undefined ? {} : { state }),
  };
}

function summaryOf(event: Done): TransferSummary {
  const { rowsRead, rowsWritten, rowsCounted, rowsRejected, rowsResumed, bytesWritten, parts } = event;
  return {
    rowsRead,
    rowsWritten,
    rowsResumed,
    bytesWritten,
    parts,
    ...(rowsCounted === undefined ? {} : { rowsCounted }),
    ...(rowsRejected === undefined ? {} : { rowsRejected }),
  };
}
