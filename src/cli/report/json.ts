/** Events for programs: one JSON object a line, each with a `type`. Fields may be added, never changed. */
import { isVtsError } from '../../errors.ts';
import { inspectionJson } from '../inspect.ts';
import { print } from './print.ts';
import type { Report, ReportOptions } from './report.ts';

const PROGRESS_INTERVAL_MS = 1000;

/** A report to stdout, or to stderr when the data have stdout. */
export function jsonReport(options: ReportOptions): Report {
  const stream = options.dataOnStdout ? 2 : 1;
  let last = performance.now();
  const emit = (event: Record<string, unknown>) => print(stream, `${JSON.stringify(event)}\n`);
  return {
    start: (event) => emit({ type: 'start', ...event }),
    note: (text) => emit({ type: 'note', text }),
    progress(event) {
      if (options.progress === 'never' || performance.now() - last < PROGRESS_INTERVAL_MS) return;
      last = performance.now();
      emit({ type: 'progress', ...event });
    },
    done: (event) => emit({ type: 'summary', ...event }),
    inspection: (event) => print(stream, `${inspectionJson(event)}\n`),
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
