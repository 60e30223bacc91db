/** A step of a job as the command that does it: its verb, and its flags checked and set as a command line would. */
import { type Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { parseMilvusUrl } from '../connectors/milvus/endpoint-url.ts';
import { isVtsError } from '../errors.ts';
import { type FlagValue, type Step, STEP_VERBS, type StepVerb } from '../jobs/job.ts';
import type { Problems } from '../jobs/problems.ts';
import { placeOf } from '../jobs/read-job.ts';
import { checkFlags as refuseContradictions } from './collection-sink.ts';
import { isServer, requireVerb } from './endpoints.ts';
import { lists } from './options/parse.ts';
import { verbOf } from './plan.ts';

/** The commands of all verbs, each made anew. */
export type StepVerbs = Readonly<Record<StepVerb, () => Command>>;

/** A step that is understood. */
export interface CheckedStep extends Step {
  readonly verb: StepVerb;
  /** Values of flags under the names that commander gives them, as their parsers return them. */
  readonly values: Readonly<Record<string, unknown>>;
}

type Option = Command['options'][number];

/** What is said to `vts run`, and holds for all steps. */
const OF_THE_RUN = ['json', 'quiet', 'verbose', 'progress', 'color', 'dry-run', 'help'];

/** Flags of a target that a step may leave out. */
const DEFAULTS = { onError: 'stop', inFlight: 1 } as const;

/** Between the halves of a pair, by flag. */
const PAIRS: Readonly<Record<string, string>> = {
  rename: '=',
  'database-map': '=',
  cast: ':',
  index: ':',
  add: '=',
  set: '{',
};

/** Checks `steps`; all that is wrong becomes problems. */
export function checkSteps(steps: readonly Step[], verbs: StepVerbs, problems: Problems): CheckedStep[] {
  const dumps = new Set<string>();
  const known = problems.known();
  return steps.flatMap((step) => {
    // What is known to be wrong is not looked at again: one mistake is one problem.
    if (known(step.at)) return [];
    const verb = step.verb ?? guessVerb(step, verbs, dumps);
    if (verb === undefined) {
      problems.add(step.at, 'it is not clear what the step does', `add verb: ${STEP_VERBS.join('|')}`);
      return [];
    }
    if (verb === 'dump') dumps.add(step.to!);
    checkEnds(step, verb, problems);
    const flags = Object.entries(step.flags).filter(([flag]) => !known(placeOf(step, flag)));
    const values = checkFlags({ ...step, flags: Object.fromEntries(flags) }, verb, verbs[verb](), problems);
    if (verb === 'import' || verb === 'copy') {
      attempt(step, 'mode', problems, () => refuseContradictions({ ...DEFAULTS, ...values }));
    }
    return [{ ...step, verb, values }];
  });
}

/** The first verb that goes from the one end to the other and has all flags of `step`. */
function guessVerb(step: Step, verbs: StepVerbs, dumps: ReadonlySet<string>): StepVerb | undefined {
  const { from, to, flags } = step;
  if (to === undefined) return 'verify';
  const known = (verb: StepVerb) => {
    const options = verbs[verb]().options;
    return Object.keys(flags).every((flag) => options.some(({ long }) => long === `--${flag}`));
  };
  if (from.length === 1 && isServer(to) && dumps.has(from[0])) return 'restore';
  const meant = verbOf([...from, to]);
  if (meant === 'dump') return known('dump') || !known('export') ? 'dump' : 'export';
  return meant;
}

/** What `action` throws becomes a problem of `flag`. */
function attempt(step: Step, flag: string, problems: Problems, action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!isVtsError(error)) throw error;
    problems.add(placeOf(step, flag), error.message, error.details.remedy ?? error.details.expected);
  }
}

function checkEnds(step: Step, verb: StepVerb, problems: Problems): void {
  for (const address of step.from.filter(isServer)) {
    attempt(step, 'from', problems, () => parseMilvusUrl(address));
  }
  if (step.to === undefined) {
    if (verb !== 'verify') problems.add(step.at, `vts ${verb} needs "to"`);
    return;
  }
  if (isServer(step.to)) attempt(step, 'to', problems, () => parseMilvusUrl(step.to!));
  if (verb === 'dump' || verb === 'restore' || verb === 'verify') return;
  attempt(step, 'to', problems, () => requireVerb(verb, step.from, step.to!));
}

function checkFlags(
  step: Step,
  verb: StepVerb,
  command: Command,
  problems: Problems,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [flag, value] of Object.entries(step.flags)) {
    const at = placeOf(step, flag);
    const option = command.options.find(({ long }) => long === `--${flag}`);
    if (OF_THE_RUN.includes(flag)) {
      problems.add(at, `"${flag}" is said to vts run, for all steps`, `vts run --${flag}`);
    } else if (option === undefined) {
      problems.add(
        at,
        `vts ${verb} has no flag "${flag}"`,
        `vts help ${verb} lists them${near(flag, command)}`,
      );
    } else {
      try {
        const parsed = parseValue(option, flag, value);
        if (parsed !== undefined) values[option.attributeName()] = parsed;
      } catch (error) {
        if (!(error instanceof InvalidArgumentError)) throw error;
        problems.add(at, `"${flag}": ${error.message}`);
      }
    }
  }
  return values;
}

/** A flag with nearly the name of `flag`. */
function near(flag: string, { options }: Command): string {
  const bare = (name: string) => name.toLowerCase().replaceAll(/[^a-z]/g, '');
  const found = options.find(({ long }) => bare(long!) === bare(flag) || bare(long!).startsWith(bare(flag)));
  return found === undefined ? '' : `; is it ${found.long!.slice(2)}?`;
}

/** What the flag's own parser makes of `value`; undefined for a switch that is off. */
function parseValue(option: Option, flag: string, value: FlagValue): unknown {
  const parse = option.parseArg as ((text: string, before?: unknown) => unknown) | undefined;
  if (option.isBoolean()) {
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return undefined;
    throw new InvalidArgumentError('It is a switch: write true or false.');
  }
  if (typeof value === 'boolean') throw new InvalidArgumentError(`It takes a value: ${option.flags}.`);
  const texts = textsOf(flag, value);
  if (texts === undefined) throw new InvalidArgumentError('It takes one value, not names and values.');
  if (parse === undefined) {
    if (texts.length === 1) return texts[0];
    throw new InvalidArgumentError('It takes one value.');
  }
  // Of a list, items may hold commas, which separate them on a command line.
  if (Array.isArray(value) && parse !== lists && !(flag in PAIRS)) {
    return parse(texts.map(escaped).join(','), undefined);
  }
  return texts.reduce<unknown>(
    (before, text) => parse(Array.isArray(value) && parse === lists ? escaped(text) : text, before),
    undefined,
  );
}

function textsOf(flag: string, value: Exclude<FlagValue, boolean>): readonly string[] | undefined {
  if (Array.isArray(value)) return value as string[];
  if (typeof value !== 'object') return [String(value)];
  const separator = PAIRS[flag];
  if (separator === undefined) return undefined;
  const inner = (text: string) => flag === 'index' ? text : escaped(text);
  return Object.entries(value).map(([name, text]) => `${inner(name)}${separator}${inner(text)}`);
}

function escaped(text: string): string {
  return text.replaceAll(',', '\\,');
}
