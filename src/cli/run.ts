/** `vts run`: the steps of a job file, one after the other. */
import { Command, Option } from '@commander-js/extra-typings';
import { readFileSync } from 'node:fs';
import { defaultStateDirectory } from '../connectors/state/target-journal.ts';
import { VtsError } from '../errors.ts';
import type { Job, JobText } from '../jobs/job.ts';
import { Problems } from '../jobs/problems.ts';
import { readJob } from '../jobs/read-job.ts';
import { statInput } from '../stores/file.ts';
import type { Context } from './context.ts';
import { formatExamples, RUN_EXAMPLES } from './examples.ts';
import { checkSteps, type StepVerbs } from './job-step.ts';
import { openJobState } from './job-state.ts';
import { output, talk } from './options/common.ts';
import { addAll, type AnyOption } from './options/group.ts';
import { writing } from './options/milvus.ts';
import type { Report } from './report/report.ts';
import { planSteps } from './run-plan.ts';
import { runSteps } from './run-steps.ts';

/** What the flags of `vts run` say. */
export interface RunFlags {
  readonly print?: boolean;
  readonly dryRun?: boolean;
  readonly resume?: boolean;
  readonly restart?: boolean;
  readonly overwrite?: boolean;
  readonly state?: string;
}

/** The command; `verbs` are those that steps name. */
export function runCommand(context: Context, verbs: (context: Context) => StepVerbs) {
  const command = new Command('run')
    .summary('a job file: of vts, of MilvusDM, or of the Vector Transport Service')
    .description(
      "Runs the steps of a job, each as the command line of its verb would. Takes vts' own YAML, MilvusDM's YAML and the " +
        'HOCON of the Vector Transport Service (SeaTunnel) as they are; all that is wrong with a job is said before anything runs.',
    )
    .usage('[options] <job>')
    .argument('<job>', 'the file of the job, or - for stdin (see vts help jobs)')
    .addOption(new Option('--print', 'print the job in the form of vts, secrets left out, and do nothing'));
  const ofWriting = writing.filter(({ long }) => long === '--state' || long === '--restart');
  addAll(
    command as unknown as Command,
    [output.dryRun, output.resume] as unknown as AnyOption[],
    ofWriting,
    [output.overwrite, ...Object.values(talk)] as unknown as AnyOption[],
  );
  return command.addHelpText('after', formatExamples(RUN_EXAMPLES))
    .action((name) => run(name, command as unknown as Command, context, verbs));
}

async function run(
  name: string,
  command: Command,
  context: Context,
  verbs: (context: Context) => StepVerbs,
): Promise<void> {
  const flags = command.opts() as RunFlags;
  const report = context.report({ ...flags, dataOnStdout: false });
  if (flags.resume && flags.restart) {
    throw new VtsError('Usage', '--resume and --restart contradict each other', {
      remedy: 'leave one of them out',
    });
  }
  const title = name === '-' ? 'stdin' : name;
  const problems = new Problems(title);
  const job = await readSurveyed(
    { name: title, text: readText(name), variables: process.env },
    flags.resume ?? false,
    report,
    context,
    problems,
  );
  const steps = checkSteps(job.steps, verbs(context), problems);
  problems.throwIfAny();
  const understood: Job = { ...job, steps };
  if (flags.print) {
    const { writeOwnJob } = await import('../jobs/own/write.ts');
    return report.text(writeOwnJob(understood).trimEnd());
  }
  const dataOnStdout = steps.some(({ to }) => to === '-');
  const spoken = context.report({ ...flags, dataOnStdout });
  for (const note of job.notes) spoken.note(note);
  const shared = { name: title, steps, verbs, flags, context, report: spoken, dataOnStdout };
  const { dryRun = false, resume = false, restart = false } = flags;
  if (dryRun && restart) return await planSteps(shared);
  const state = openJobState({
    name,
    directory: flags.state ?? defaultStateDirectory(),
    steps,
    resume,
    restart,
  });
  await (dryRun ? planSteps(shared, state) : runSteps(shared, state));
}

/** Reads `job`; of HOCON servers and files are asked what they have. */
async function readSurveyed(
  job: JobText,
  resume: boolean,
  report: Report,
  { signal }: Context,
  problems: Problems,
): Promise<Job> {
  const { openSurvey } = await import('./job-survey.ts');
  const { survey, close } = openSurvey(resume, report, signal);
  try {
    return await readJob(job, survey, problems);
  } finally {
    await close();
  }
}

/** No job is as large: a file of vectors given by mistake is not read whole. */
const LARGEST = 4 * 2 ** 20;

function readText(name: string): string {
  if (name !== '-' && statInput(name).size > LARGEST) {
    throw new VtsError('Usage', `${name} is no job: it has more than ${LARGEST} bytes`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(name === '-' ? 0 : name));
  } catch (cause) {
    const message = cause instanceof TypeError ? 'it is no text in UTF-8' : (cause as Error).message;
    throw new VtsError('InputUnreadable', `Cannot read ${name}: ${message}`, { file: name, cause });
  }
}
