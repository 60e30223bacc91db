/** `vts run --dry-run`: each step as its verb with `--dry-run` says it. */
import { isVtsError, type VtsError } from '../errors.ts';
import { refusePlan } from './plan-transfer.ts';
import type { JobState } from './job-state.ts';
import { commandOf, ofTheRun, type Run, stepContext, titleOf } from './run-steps.ts';

/** Plans all steps that are not done by `state`. @throws VtsError PlanRefused with all that stands in the way of any of them */
export async function planSteps(run: Run, state?: JobState): Promise<void> {
  const { steps, report, verbs, flags } = run;
  const made = new Set<string>();
  const problems: VtsError[] = [];
  for (const [index, step] of steps.entries()) {
    const title = `step ${index + 1} of ${steps.length}: ${titleOf(step)}`;
    const needs = step.from.find((end) => made.has(end));
    const done = state?.done(index) !== undefined;
    const why = done
      ? 'done by an earlier run'
      : needs !== undefined
      ? `it reads what an earlier step makes (${needs}), so it can be planned when that is there`
      : step.verb === 'verify'
      ? 'it compares what is there when the job runs'
      : undefined;
    report.note(why === undefined ? title : `${title}: ${why}`);
    if (step.to !== undefined && !done) made.add(step.to);
    if (why !== undefined) continue;
    try {
      await commandOf(step, verbs(stepContext(run, () => {})), {
        ...ofTheRun(step, flags),
        dryRun: true,
      });
    } catch (error) {
      if (!isVtsError(error, 'PlanRefused', 'OutputExists', 'InputMissing', 'NotLoaded')) throw error;
      problems.push(error);
    }
  }
  refusePlan(problems);
}
