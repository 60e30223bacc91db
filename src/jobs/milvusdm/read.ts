/**
 * MilvusDM's jobs (pymilvusdm 2.0): F2M, H2M, M2M and M2H, with all their keys. The keys and what they mean are those of
 * its README and its code; several tasks in one file, which it lacks, run one after the other.
 */
import type { Job, Step } from '../job.ts';
import type { Problems } from '../problems.ts';
import type { Survey } from '../survey.ts';
import type { Entry, Tree } from '../yaml-tree.ts';
import { byPartition, readM2h, readM2m, type WholeExport } from './collections.ts';
import { Remarks } from './remarks.ts';
import { Section } from './section.ts';
import { readF2m, readH2m } from './vectors.ts';

const TASKS = { F2M: readF2m, H2M: readH2m, M2M: readM2m, M2H: readM2h } as const;

/**
 * The steps of the documents `trees`; `survey` finds the partitions of collections.
 * @throws VtsError Usage with all that is wrong with them
 */
export async function readMilvusdmJob(
  trees: readonly Tree[],
  problems: Problems,
  survey: Survey,
): Promise<Job> {
  const remarks = new Remarks();
  const steps = trees.flatMap((tree) =>
    (tree.kind === 'list' ? tree.items : [tree]).flatMap((item) => {
      if (item.kind === 'map') return item.entries.flatMap((entry) => readTask(entry, remarks, problems));
      problems.add(item.at, 'a task is a map', 'write F2M:, H2M:, M2M: or M2H: and its keys below it');
      return [];
    })
  );
  problems.throwIfAny();
  return { steps: await byPartition(steps, survey), notes: remarks.all() };
}

function readTask(
  { key, at, value }: Entry,
  remarks: Remarks,
  problems: Problems,
): readonly (Step | WholeExport)[] {
  if (!Object.hasOwn(TASKS, key)) {
    problems.add(at, `there is no task "${key}"`, `one of ${Object.keys(TASKS).join(', ')}`);
    return [];
  }
  const jobs = value.kind === 'list' ? value.items : [value];
  return jobs.flatMap((job) => {
    if (job.kind === 'map') {
      return TASKS[key as keyof typeof TASKS](new Section(key, job, problems), remarks, problems);
    }
    problems.add(job.at, `${key} has no keys`, 'indent its keys below it');
    return [];
  });
}
