/** The entry point: arguments in, exit code out, signals in between. */
import { runProgram } from './cli/program.ts';
import { VtsError } from './errors.ts';

const controller = new AbortController();

for (const [signal, code] of [['SIGINT', 'Interrupted'], ['SIGTERM', 'Terminated']] as const) {
  process.on(signal, () => {
    if (controller.signal.aborted) process.exit(code === 'Interrupted' ? 130 : 143);
    controller.abort(
      new VtsError(code, 'Stopped before the end; no output was left under its final name', {
        remedy:
          'run the same command again; with --resume it goes on after the last whole part of a directory',
      }),
    );
  });
}

process.exitCode = await runProgram(process.argv.slice(2), controller.signal);
