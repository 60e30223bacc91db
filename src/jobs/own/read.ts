/**
 * Jobs in vts' own form:
 *
 *     steps:
 *       - from: vectors.parquet            # or a list of files
 *         to: milvus://localhost/default/docs
 *         id: id                           # and all other flags of the command line, without their dashes
 *         rename: {vector: embedding}
 *       - verb: verify                     # where the two ends do not tell
 *         from: vectors.parquet
 *         to: milvus://localhost/default/docs
 *
 * `--from` and `--to`, the formats, are written `from-format` and `to-format`.
 */
import { type FlagValue, type Job, type Step, STEP_VERBS, type StepVerb } from '../job.ts';
import type { Position, Problems } from '../problems.ts';
import type { Entry, Tree, TreeMap } from '../yaml-tree.ts';

/** The flags whose names the two ends of a step have. */
const FORMATS: Readonly<Record<string, string>> = { 'from-format': 'from', 'to-format': 'to' };

/** The steps of the documents `trees`; what is wrong with them becomes problems. */
export function readOwnJob(trees: readonly Tree[], problems: Problems): Job {
  const steps = trees.flatMap((tree) => {
    if (tree.kind !== 'map') {
      problems.add(tree.at, 'a job is a map with "steps:"');
      return [];
    }
    return tree.entries.flatMap((entry) => {
      if (entry.key === 'steps') return readSteps(entry, problems);
      problems.add(entry.at, `a job has no "${entry.key}"`, 'a job holds "steps:", and each step its flags');
      return [];
    });
  });
  if (steps.length === 0) {
    problems.add({ line: 1, column: 1 }, 'there are no steps', 'write steps:, and below it - from: A, to: B');
  }
  return { steps, notes: [] };
}

function readSteps({ value }: Entry, problems: Problems): Step[] {
  if (value.kind !== 'list') {
    problems.add(value.at, '"steps" is a list', 'begin each step with a dash: - from: A');
    return [];
  }
  return value.items.flatMap((item) => {
    if (item.kind === 'map') return readStep(item, problems);
    problems.add(item.at, 'a step is a map with "from" and "to"');
    return [];
  });
}

function readStep({ at, entries }: TreeMap, problems: Problems): Step[] {
  const flags: [flag: string, value: FlagValue][] = [];
  const places: [key: string, at: Position][] = [];
  let verb: StepVerb | undefined;
  let from: readonly string[] = [];
  let to: string | undefined;
  for (const { key, value } of entries) {
    if (key === 'verb') verb = readVerb(value, problems);
    else if (key === 'from') from = textsOf(key, value, problems);
    else if (key === 'to') to = textsOf(key, value, problems)[0];
    else {
      const found = flagValue(key, value, problems);
      if (found !== undefined) flags.push([FORMATS[key] ?? key, found]);
    }
    places.push([key, value.at]);
  }
  for (const end of ['from', 'to']) {
    if (!places.some(([key]) => key === end) && !(end === 'to' && verb === 'verify')) {
      problems.add(
        at,
        `the step has no "${end}"`,
        `add ${end}: a file, or milvus://HOST/DATABASE/COLLECTION`,
      );
    }
  }
  if (from.length === 0) return [];
  return [{
    ...(verb === undefined ? {} : { verb }),
    from,
    ...(to === undefined ? {} : { to }),
    flags: Object.fromEntries(flags),
    at,
    places: Object.fromEntries(places),
  }];
}

function readVerb(value: Tree, problems: Problems): StepVerb | undefined {
  const found = value.kind === 'text' ? STEP_VERBS.find((verb) => verb === value.text) : undefined;
  if (found === undefined) problems.add(value.at, 'there is no such verb', `one of ${STEP_VERBS.join(', ')}`);
  return found;
}

/** One text or a list of them; of "to" one only. */
function textsOf(key: 'from' | 'to', value: Tree, problems: Problems): readonly string[] {
  const items = value.kind === 'list' && key === 'from' ? value.items : [value];
  return items.flatMap((item) => {
    if (item.kind === 'text' && item.text !== '') return [item.text];
    problems.add(
      item.at,
      `"${key}" is a file or the address of a server${key === 'from' ? ', or a list of files' : ''}`,
    );
    return [];
  });
}

function flagValue(key: string, value: Tree, problems: Problems): FlagValue | undefined {
  const textOf = (tree: Tree): string => {
    if (tree.kind === 'text' && tree.type !== 'null') return tree.text;
    problems.add(
      tree.at,
      `"${key}" ${tree.kind === 'text' ? 'says nothing' : 'holds more than names and values'}`,
    );
    return '';
  };
  if (value.kind === 'list') return value.items.map(textOf);
  if (value.kind === 'map') {
    return Object.fromEntries(value.entries.map((entry) => [entry.key, textOf(entry.value)]));
  }
  if (value.type === 'boolean') return value.text === 'true';
  return textOf(value);
}
