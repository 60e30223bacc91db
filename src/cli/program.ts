/** The command line: commands, help and how errors become exit codes. */
import { Command, CommanderError } from '@commander-js/extra-typings';
import { VtsError } from '../errors.ts';
import { ClosedPipe } from '../stores/stdio.ts';
import config from '../../deno.json' with { type: 'json' };
import type { Context } from './context.ts';
import type { StepVerbs } from './job-step.ts';
import { refuseMissingValues } from './options/missing-value.ts';
import type { Verbs } from './plan.ts';
import { jsonReport } from './report/json.ts';
import { DEFAULT_REPORT, type Report, type ReportOptions } from './report/report.ts';
import { textReport } from './report/text.ts';
import { formatTable } from './report/format.ts';
import { startEarly } from './start-early.ts';
import type { Topics } from './topics.ts';

/** Runs `vts` with `args` and returns its exit code. */
export async function runProgram(args: readonly string[], signal: AbortSignal): Promise<number> {
  const options: ReportOptions = {
    ...DEFAULT_REPORT,
    json: args.includes('--json'),
    verbose: args.includes('--verbose'),
  };
  let report: Report = options.json ? jsonReport(options) : textReport(options);
  const context: Context = {
    signal,
    report(chosen) {
      const merged = { ...DEFAULT_REPORT, ...chosen } as ReportOptions;
      report = merged.json ? jsonReport(merged) : textReport(merged);
      return report;
    },
  };
  startEarly(args);
  try {
    const program = await buildProgram(args[0], context, () => report);
    const command = program.commands.find((candidate) => candidate.name() === args[0]);
    if (command !== undefined) refuseMissingValues(args, command as Command);
    await program.parseAsync(args.length === 0 ? ['--help'] : args, { from: 'user' });
    return 0;
  } catch (error) {
    return exitCodeOf(error, report);
  }
}

function exitCodeOf(error: unknown, report: Report): number {
  if (error instanceof ClosedPipe) return 0;
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    // An option that is not known may be one for a secret, mistyped.
    const message = error.message.replace(/^error: /, '').replace(
      /(unknown option '-[^=']*=)[^']*'/,
      "$1...'",
    );
    report.error(new VtsError('Usage', message, { remedy: 'vts --help, or vts help COMMAND' }));
    return 2;
  }
  report.error(error as Error);
  return error instanceof VtsError ? error.exitCode : 1;
}

/** Only the command that is called is loaded, so that `vts --version` is quick. */
async function buildProgram(
  name: string | undefined,
  context: Context,
  report: () => Report,
): Promise<Command> {
  const program = new Command('vts')
    .description(
      'Moves vector collections between Milvus, Parquet, JSON lines, CSV, HDF5 and Faiss, exactly and in flat memory.',
    )
    .version(config.version, '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .showSuggestionAfterError()
    .configureOutput({
      writeErr: () => {},
      outputError: () => {},
      writeOut: (text) => report().text(text.trimEnd()),
    })
    .exitOverride();
  if (name !== '--version') await addCommands(program as Command, context, report);
  return program as Command;
}

async function addCommands(program: Command, context: Context, report: () => Report): Promise<void> {
  const [
    convert,
    exporting,
    importing,
    copy,
    dump,
    restore,
    verify,
    plan,
    inspect,
    running,
    explain,
    { TOPICS },
    {
      unsetFalseSwitches,
    },
  ] = await Promise
    .all([
      import('./convert.ts'),
      import('./export.ts'),
      import('./import.ts'),
      import('./copy.ts'),
      import('./dump.ts'),
      import('./restore.ts'),
      import('./verify.ts'),
      import('./plan.ts'),
      import('./inspect.ts'),
      import('./run.ts'),
      import('./explain.ts'),
      import('./topics.ts'),
      import('./options/all.ts'),
    ]);
  const ready = (command: unknown) => (command as Command).exitOverride().copyInheritedSettings(program);
  // For steps of a job, which speak through a context of their own.
  const verbs = (of: Context): StepVerbs & Verbs => ({
    convert: () => ready(convert.convertCommand(of)),
    export: () => ready(exporting.exportCommand(of)),
    import: () => ready(importing.importCommand(of)),
    copy: () => ready(copy.copyCommand(of)),
    dump: () => ready(dump.dumpCommand(of)),
    restore: () => ready(restore.restoreCommand(of)),
    verify: () => ready(verify.verifyCommand(of)),
  });
  const commands = [
    exporting.exportCommand(context),
    importing.importCommand(context),
    copy.copyCommand(context),
    dump.dumpCommand(context),
    restore.restoreCommand(context),
    verify.verifyCommand(context),
    plan.planCommand(verbs(context)),
    convert.convertCommand(context),
    inspect.inspectCommand(context),
    running.runCommand(context, verbs),
    explain.explainCommand(context),
  ];
  unsetFalseSwitches(process.env);
  for (const command of commands) program.addCommand(ready(command));
  addHelp(program, TOPICS, report);
}

/** `vts help`, of commands and of topics. */
function addHelp(program: Command, topics: Topics, report: () => Report): void {
  program.command('help').argument('[topic]', 'a command or a topic').description('the manual')
    .action(async (topic) => {
      if (topic === undefined) return program.help();
      const found = Object.hasOwn(topics, topic) ? await topics[topic].text() : undefined;
      if (found !== undefined) return report().text(found);
      const command = program.commands.find((candidate) => candidate.name() === topic);
      if (command === undefined) {
        throw new VtsError('Usage', `There is no help on "${topic}"`, {
          expected: [...program.commands.map((c) => c.name()), ...Object.keys(topics)].join(', '),
        });
      }
      command.help();
    });
  const table = formatTable(Object.entries(topics).map(([topic, { about }]) => [topic, about]));
  program.addHelpText('after', `\nTopics (vts help TOPIC):\n${table}`);
}
