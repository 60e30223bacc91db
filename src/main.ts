/** The entry point: arguments in, exit code out, signals in between. */
import { runProgram } from './cli/program.ts';
import { ERRORS, VtsError } from './errors.ts';

const controller = new AbortController();

const SIGNALS = [['SIGINT', 'Interrupted'], ['SIGTERM', 'Terminated'], ['SIGHUP', 'HungUp']] as const;

for (const [signal, code] of SIGNALS) {
  process.on(signal, () => {
    if (controller.signal.aborted) process.exit(ERRORS[code].exit);
    controller.abort(
      new VtsError(code, 'Stopped before the end; nothing half-written was left', {
        remedy:
          'run the same command again; with --resume it goes on after the last whole part (vts help resume)',
      }),
    );
  });
}

process.exitCode = await runProgram(process.argv.slice(2), controller.signal);
