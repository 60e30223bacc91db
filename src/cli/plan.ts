/** `vts plan A B`: what the verb that goes from A to B would do, as that verb with `--dry-run` says it. */
import { Command } from '@commander-js/extra-typings';
import { dumpKind } from '../connectors/dump/dump.ts';
import { formatByExtension } from '../formats/registry.ts';
import { VtsError } from '../errors.ts';
import { isServer } from './endpoints.ts';
import { formatExamples, PLAN_EXAMPLES } from './examples.ts';
import { refuseMissingValues } from './options/missing-value.ts';

/** The verbs that can be planned, each made anew. */
export type Verbs = Readonly<Record<PlannedVerb, () => Command>>;

type PlannedVerb = 'convert' | 'export' | 'import' | 'copy' | 'dump' | 'restore';

/** The command. */
export function planCommand(verbs: Verbs) {
  return new Command('plan')
    .summary('what would be done and what would be lost; writes nothing')
    .description(
      'Says what the verb that goes from A to B would do: convert, export, import, copy, dump or restore, whose flags it takes. ' +
        'The same as that verb with --dry-run.',
    )
    .usage('[options] <endpoints...>')
    .argument('<endpoints...>', 'A, then B, as for the verb; and its options')
    .allowUnknownOption()
    .addHelpText('after', formatExamples(PLAN_EXAMPLES))
    .action(async (args) => {
      const verb = verbs[chooseVerb(args, verbs)]();
      refuseMissingValues(args, verb);
      await verb.parseAsync([...args, '--dry-run'], { from: 'user' });
    });
}

/** The verb that takes all of `args`, and that its endpoints stand for. */
function chooseVerb(args: readonly string[], verbs: Verbs): PlannedVerb {
  const names = Object.keys(verbs) as PlannedVerb[];
  const fitting = names.find((name) => {
    const { operands, unknown } = verbs[name]().parseOptions([...args]);
    return unknown.length === 0 && verbOf(operands) === name;
  });
  // Where no verb takes them all, the one that is meant says what is wrong.
  const guessed = fitting ?? verbOf(args.filter((arg) => !arg.startsWith('-')));
  if (guessed !== undefined) return guessed;
  throw new VtsError('Usage', 'vts plan takes two ends', {
    expected: 'vts plan A B: files, directories, dumps, milvus://HOST[/DATABASE[/COLLECTION]]',
  });
}

/** The verb that goes from the first of `endpoints` to the last one. */
export function verbOf(endpoints: readonly string[]): PlannedVerb | undefined {
  const [first, last] = [endpoints[0], endpoints[endpoints.length - 1]];
  if (endpoints.length < 2) return undefined;
  if (isServer(first)) return isServer(last) ? 'copy' : isDumpDirectory(last) ? 'dump' : 'export';
  if (!isServer(last)) return 'convert';
  return endpoints.length === 2 && dumpKind(first) !== undefined ? 'restore' : 'import';
}

/** Whether a dump would be made of this name, rather than a file or parts in a format. */
function isDumpDirectory(path: string): boolean {
  return path !== '-' && formatByExtension(path.replace(/\/+$/, '')) === undefined;
}
