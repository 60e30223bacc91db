/** Events for programs: one JSON object a line, each with a `type`. Fields may be added, never changed. */
import { isVtsError } from '../../errors.ts';
import { print } from './print.ts';
import type { Report, ReportOptions } from './report.ts';

const PROGRESS_INTERVAL_MS = 1000;

/** A report to stdout, or to stderr when the data have stdout. */
export function jsonReport(options: ReportOptions): Report {
  const stream = options.dataOnStdout ? 2 : 1;
  let last = performance.now();
  let stage: string | undefined;
  const emit = (event: Record<string, unknown>) => print(stream, `${JSON.stringify(event)}\n`);
  return {
    start: (event) => emit({ type: 'start', ...event }),
    note: (text) => emit({ type: 'note', text }),
    progress(event) {
      if (options.progress === 'never' || performance.now() - last < PROGRESS_INTERVAL_MS) return;
      last = performance.now();
      emit({ type: 'progress', ...event });
    },
    stage(text, fraction) {
      if (
        options.progress === 'never' || (text === stage && performance.now() - last < PROGRESS_INTERVAL_MS)
      ) return;
      last = performance.now();
      stage = text;
      emit({ type: 'stage', text, ...(fraction === undefined ? {} : { fraction }) });
    },
    retry: ({ attempt, waitMs, error }) =>
      emit({ type: 'retry', attempt, waitMs: Math.round(waitMs), code: error.code, message: error.message }),
    done: (event) => emit({ type: 'summary', ...event }),
    inspection: (event) => print(stream, `${event.json()}\n`),
    text: (text) => emit({ type: 'text', text }),
    error(error) {
      if (!isVtsError(error)) {
        return emit({ type: 'error', code: 'Internal', exit: 1, message: error.message });
      }
      const { cause: _, ...details } = error.details;
      emit({ type: 'error', code: error.code, exit: error.exitCode, message: error.message, ...details });
    },
  };
}
