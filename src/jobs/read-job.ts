/** Reads a job in any of the forms that vts takes. */
import { VtsError } from '../errors.ts';
import type { Job, JobText } from './job.ts';
import { type Position, Problems } from './problems.ts';
import { NO_SURVEY, type Survey } from './survey.ts';

/** A larger file is no job. */
const LARGEST = 2 ** 20;

const TASKS = /^(?:-\s+)?['"]?(?:F2M|H2M|M2M|M2H)['"]?\s*:/m;
const BLOCKS = /^[\s{]*["']?(?:env|source|transform|sink)["']?\s*[{=:]/m;

/**
 * Translates `job` into steps; `survey` looks up what servers and files have.
 * @param collected takes what is wrong where the rest can be understood, so that the caller finds more before it throws
 * @throws VtsError Usage with all that is wrong with it
 */
export async function readJob(
  job: JobText,
  survey: Survey = NO_SURVEY,
  collected?: Problems,
): Promise<Job> {
  if (job.text.length > LARGEST) {
    throw new VtsError('Usage', `${job.name} is no job: it has more than ${LARGEST} characters`);
  }
  if (isHocon(job)) return await (await import('./vts/read.ts')).readVtsJob(job, survey);
  const [{ parseYaml }, { readOwnJob }, { readMilvusdmJob }] = await Promise.all([
    import('./yaml-tree.ts'),
    import('./own/read.ts'),
    import('./milvusdm/read.ts'),
  ]);
  const problems = collected ?? new Problems(job.name);
  const trees = parseYaml(job, problems);
  if (TASKS.test(job.text)) return await readMilvusdmJob(trees, problems, survey);
  const own = readOwnJob(trees, problems);
  if (collected === undefined) problems.throwIfAny();
  return own;
}

function isHocon({ name, text }: JobText): boolean {
  if (/\.(conf|hocon)$/i.test(name)) return true;
  if (/\.ya?ml$/i.test(name) || TASKS.test(text) || /^\s*["']?steps["']?\s*:/m.test(text)) return false;
  return BLOCKS.test(text);
}

/** Where in `step` the value of `flag` is, or the step itself. */
export function placeOf(step: Job['steps'][number], flag: string): Position {
  return step.places?.[flag] ?? step.at;
}
