/** What one run of `bun test` came to, read from what it printed on stderr: counts, and what failed with its text. */

/** One run. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
}

/** A test that failed, a file that did not load, or a run that broke off. */
export interface Failure {
  readonly file: string;
  readonly name: string;
  /** What was printed about it. */
  readonly text: readonly string[];
}

const FILE = /^(?:::group::)?(\S.*\.test\.[jt]sx?):$/;
const RESULT = /^\((pass|fail|skip|todo)\) (.*?)(?: \[[\d.]+ms\])?$/;
/** Behind the result of a test that took too long. */
const REMARK = /^ {2}\^ /;
/** Begins an error that belongs to no test; it stands between two rules. */
const OUTSIDE = '# Unhandled error between tests';
const RULE = /^-{20,}$/;
/** Begins a list that repeats results. */
const REPEATED = /^\d+ tests? (failed|skipped|todo):$/;
const END = /^Ran \d+ tests? across \d+ files?\./;
/** For the pages of a CI; what they say stands in other lines too. */
const ANNOTATION = /^::(error|warning|group|endgroup)/;

/** Lines of text that are shown of one failure. */
const SHOWN = 60;

/** The outcome of a run over `paths` that printed `stderr`, without colours, and ended with `status`: an exit code, or a signal's name. */
export function outcomeOf(stderr: string, status: number | string, paths: readonly string[]): Outcome {
  const lines = stderr.split(/\r?\n/);
  const isWhole = lines.some((line) => END.test(line));
  // Of lines that look like a count the last is the one, as tests may run others. A run that broke off has none.
  const count = (word: string) => {
    if (!isWhole) return lines.filter((line) => line.startsWith(`(${word}) `)).length;
    const pattern = new RegExp(`^ *\\d+ ${word}$`);
    return parseInt(lines.findLast((line) => pattern.test(line)) ?? '0');
  };
  const [passed, skipped] = [count('pass'), count('skip')];
  if (status === 0) return { passed, failed: 0, skipped, failures: [] };
  const { failures, lastFile, rest } = readFailures(lines);
  if (!isWhole || failures.length === 0) {
    const how = typeof status === 'number' ? `exit code ${status}` : status;
    failures.push({ file: lastFile ?? paths.join(' '), name: `the run broke off: ${how}`, text: rest });
  }
  return { passed, failed: isWhole ? Math.max(count('fail'), 1) : failures.length, skipped, failures };
}

/** All failures in `lines`, the file that was run last, and what was printed since its last result. */
function readFailures(lines: readonly string[]) {
  const failures: Failure[] = [];
  let lastFile: string | undefined;
  let text: string[] = [];
  let inList = false;
  const fail = (name: string) => failures.push({ file: lastFile ?? '', name, text });
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at];
    const file = FILE.exec(line)?.[1];
    const [, result, name] = RESULT.exec(line) ?? [];
    if (file !== undefined) [lastFile, text, inList] = [file, [], false];
    else if (REPEATED.test(line)) inList = true;
    else if (result !== undefined && !inList) {
      if (REMARK.test(lines[at + 1])) text.push(lines[++at]);
      if (result === 'fail') fail(name);
      text = [];
    } else if (line === OUTSIDE) {
      const end = lines.findIndex((later, i) => i > at + 1 && RULE.test(later));
      text = lines.slice(at + 2, end);
      fail('an error outside of all tests');
      [text, at] = [[], Math.max(at, end)];
    } else if (!ANNOTATION.test(line)) text.push(line);
  }
  return { failures, lastFile, rest: text };
}

/** The names of all `failures` with what was printed about them, in lines; the middle of a long text is left out. */
export function failureReport(failures: readonly Failure[]): string[] {
  return failures.flatMap(({ file, name, text }) => {
    const lines = text.filter((line) => line.trim() !== '');
    const half = SHOWN / 2;
    const shown = lines.length <= SHOWN
      ? lines
      : [...lines.slice(0, half), `... (${lines.length - SHOWN} lines)`, ...lines.slice(-half)];
    return [`FAILED ${file}: ${name}`, ...shown.map((line) => `    ${line}`), ''];
  });
}
