/** Events for people: results on stdout, everything else on stderr. */
import type { Progress } from '../../core/transfer.ts';
import { describePlace, isVtsError } from '../../errors.ts';
import { formatBytes, formatCount, formatSeconds } from './format.ts';
import { print } from './print.ts';
import type { Done, Report, ReportOptions, Start } from './report.ts';

const TERMINAL_INTERVAL_MS = 100;
const PLAIN_INTERVAL_MS = 10_000;

/** A report to the terminal, or to a log file in plain lines. */
export function textReport(options: ReportOptions): Report {
  const terminal = process.stderr.isTTY === true && process.env.TERM !== 'dumb';
  const color = options.color === 'always' ||
    (options.color === 'auto' && terminal && !process.env.NO_COLOR);
  const paint = (code: number, text: string) => color ? `\x1b[${code}m${text}\x1b[0m` : text;
  const line = progressLine(options, terminal);
  const say = (text: string) => {
    line.clear();
    if (!options.quiet) print(2, `${text}\n`);
  };
  // Of many collections much the same is to be said.
  const said = new Set<string>();
  return {
    start: (event) => line.start(event),
    note(text) {
      if (!said.has(text)) say(`${paint(2, 'note:')} ${text}`);
      said.add(text);
    },
    progress: (event) => line.update(event),
    stage: (text, fraction) => line.stage(text, fraction),
    retry: ({ waitMs, error }) =>
      say(`${paint(33, 'retry:')} ${error.message}; trying again in ${formatSeconds(waitMs / 1000)}`),
    done: (event) => say(doneText(event)),
    inspection(event) {
      line.clear();
      print(1, `${event.text()}\n`);
    },
    text: (text) => print(1, `${text}\n`),
    error(error) {
      line.clear();
      print(2, `${paint(31, 'error:')} ${errorText(error, options.verbose)}\n`);
    },
  };
}

/** The result, and the proof of it. */
export function doneText(event: Done): string {
  const { rowsWritten, bytesWritten, seconds, to, rowsResumed, rowsRejected = 0, retries = 0 } = event;
  // A server goes on when it has all rows: flushing, indexing and loading say nothing of how fast rows move.
  const moving = event.toServer === true ? event.rowSeconds ?? seconds : seconds;
  const speed = `${formatCount((rowsWritten + rowsRejected - rowsResumed) / Math.max(moving, 0.001))} rows/s`;
  const rate = event.toServer === true ? `, rows in ${formatSeconds(moving)}, ${speed}` : `, ${speed}`;
  const resumed = rowsResumed === 0 ? '' : ` (${formatCount(rowsResumed)} of them by earlier runs)`;
  const again = retries === 0 ? '' : `, ${formatCount(retries)} ${retries === 1 ? 'retry' : 'retries'}`;
  return `${to}: ${formatCount(rowsWritten)} ${rowsWritten === 1 ? 'row' : 'rows'}${resumed}, ${
    formatBytes(bytesWritten)
  } in ${formatSeconds(seconds)}${rate}${again}\n` +
    `rows: ${proof(event)}${
      event.lossy === undefined ? '' : `\nlossy: vectors were decoded from ${event.lossy}`
    }`;
}

function proof({ rowsRead, rowsWritten, rowsRejected, rowsCounted, toServer, rejectFile }: Done): string {
  const written = `${toServer ? 'accepted' : 'written'} ${formatCount(rowsWritten)}`;
  const rejected = rowsRejected === undefined
    ? ''
    : ` + rejected ${formatCount(rowsRejected)}${rejectFile === undefined ? '' : ` (in ${rejectFile})`}`;
  const counted = rowsCounted === undefined
    ? toServer ? '; not counted (the collection is not loaded)' : ''
    : rowsRejected === undefined
    ? ` = counted in the ${toServer ? 'target' : 'output'} ${formatCount(rowsCounted)}`
    : `; counted in the target ${formatCount(rowsCounted)}`;
  return `read ${formatCount(rowsRead)} = ${written}${rejected}${counted}`;
}

/** An error as people read it: what, where, what was expected, what to do. */
export function errorText(error: Error, verbose: boolean): string {
  if (!isVtsError(error)) {
    const stack = verbose ? `\n${error.stack}` : ' (--verbose prints where)';
    return `this is a bug in vts: ${error.message}${stack}`;
  }
  const lines = [error.message];
  const place = describePlace(error.details);
  // Of a command line, the message says all of the place there is.
  if (place !== '' && error.code !== 'Usage' && !error.message.includes(place)) {
    lines.push(`  where:    ${place}`);
  }
  if (error.details.expected !== undefined) lines.push(`  expected: ${error.details.expected}`);
  if (error.details.remedy !== undefined) lines.push(`  remedy:   ${error.details.remedy}`);
  if (verbose && error.cause !== undefined) {
    lines.push(`  cause:    ${(error.cause as Error).stack ?? error.cause}`);
  }
  return lines.join('\n');
}

/** One line that is rewritten on a terminal; a plain line now and then elsewhere. */
function progressLine(options: ReportOptions, terminal: boolean) {
  const shown = !options.quiet && (options.progress === 'always' || (options.progress === 'auto'));
  let start: Start | undefined;
  let began = 0;
  let last = 0;
  let drawn = false;
  let stage: string | undefined;
  const draw = (text: string) => {
    if (!terminal) return print(2, `${text}\n`);
    const width = process.stderr.columns || 80;
    print(2, `\r\x1b[2K${text.slice(0, Math.max(1, width - 1))}`);
    drawn = true;
  };
  const due = (now: number) => now - last >= (terminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS);
  return {
    start(event: Start) {
      start = event;
      began = last = performance.now();
    },
    update(progress: Progress) {
      const now = performance.now();
      if (!shown || !due(now)) return;
      last = now;
      draw(progressText(progress, start?.rows, (now - began) / 1000));
    },
    stage(text: string, fraction?: number) {
      const now = performance.now();
      // Off a terminal, a step is said when it begins, then now and then.
      if (!shown || (!due(now) && text === stage)) return;
      last = now;
      stage = text;
      draw(fraction === undefined || fraction === 0 ? text : `${text} ${Math.floor(fraction * 100)}%`);
    },
    clear() {
      if (drawn) print(2, '\r\x1b[2K');
      drawn = false;
    },
  };
}

/** Progress in one line: share, rows, rates, time left. */
export function progressText(progress: Progress, total: number | undefined, seconds: number): string {
  const { rows, rowsResumed, bytes } = progress;
  const elapsed = Math.max(seconds, 0.001);
  const speed = `${formatCount(rows)} rows  ${formatCount((rows - rowsResumed) / elapsed)} rows/s  ${
    formatBytes(Math.round(bytes / elapsed))
  }/s`;
  const share = Math.min(1, total === undefined ? progress.fraction ?? 0 : rows / total);
  if (!(share > 0)) return speed;
  const percent = `${String(Math.floor(share * 100)).padStart(3)}%`;
  const before = total === undefined ? 0 : rowsResumed / total;
  return `${percent}  ${speed}  ETA ${formatSeconds(elapsed * (1 - share) / Math.max(share - before, 1e-9))}`;
}
