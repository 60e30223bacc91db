/** Jobs of the Vector Transport Service and SeaTunnel: what `read-job.ts` calls for HOCON. */
import { VtsError } from '../../errors.ts';
import type { Job, JobText } from '../job.ts';

/** The steps of `job`. @throws VtsError Usage with all that is wrong with it */
// deno-lint-ignore require-await
export async function readVtsJob(job: JobText): Promise<Job> {
  throw new VtsError('Usage', `${job.name}: HOCON jobs are not read yet`);
}
