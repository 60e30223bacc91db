/** `vts explain CODE`: what an error of vts, or of the tool before it, means and what to do. */
import { Command } from '@commander-js/extra-typings';
import { type ErrorCode, ERRORS, VtsError } from '../errors.ts';
import type { Context } from './context.ts';
import { EXPLAIN_EXAMPLES, formatExamples } from './examples.ts';
import { MILVUS_CODES } from './milvus-codes.ts';
import { talk } from './options/common.ts';
import { formatTable } from './report/format.ts';
import type { Inspection } from './report/report.ts';
import { REMEDIES } from './remedies.ts';

/** What is known of a code. */
interface Explanation {
  readonly code: string;
  readonly means: string;
  /** What vts does in that case; for codes of the other tool. */
  readonly vts?: string;
  readonly remedy: string;
  /** For codes of vts. */
  readonly exit?: number;
}

/** The command. */
export function explainCommand(context: Context) {
  return new Command('explain')
    .summary('what an error code means, and what to do')
    .description(
      'Explains an error code: MILVUS-01 to MILVUS-28 of the Vector Transport Service, or a code of vts. Lists all without one.',
    )
    .usage('[options] [code]')
    .argument('[code]', 'MILVUS-17, 17, or a code of vts such as JournalConflict')
    .addOption(talk.json)
    .addHelpText('after', formatExamples(EXPLAIN_EXAMPLES))
    .action((code, options) => {
      const report = context.report({ ...options, dataOnStdout: false });
      report.inspection(code === undefined ? listAll() : describe(find(code)));
    });
}

function all(): readonly Explanation[] {
  return [
    ...MILVUS_CODES.map(([means, vts, remedy], i) => ({ code: codeOf(i + 1), means, vts, remedy })),
    ...(Object.keys(ERRORS) as ErrorCode[]).map((code) => ({
      code,
      means: ERRORS[code].meaning,
      remedy: REMEDIES[code],
      exit: ERRORS[code].exit,
    })),
  ];
}

/** The explanation of `text`. @throws VtsError Usage for a code that nobody knows */
function find(text: string): Explanation {
  const number = /^(?:milvus-)?0*(\d{1,3})$/i.exec(text.trim())?.[1];
  const name = number === undefined ? text.trim() : codeOf(Number(number));
  const found = all().find(({ code }) => code.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  throw new VtsError('Usage', `There is no error code "${text}"`, {
    expected: `MILVUS-01 to ${codeOf(MILVUS_CODES.length)}, or one of ${Object.keys(ERRORS).join(', ')}`,
    remedy: 'vts explain lists all codes; vts help exit-codes the exit codes',
  });
}

function codeOf(number: number): string {
  return `MILVUS-${String(number).padStart(2, '0')}`;
}

function describe({ code, means, vts, remedy, exit }: Explanation): Inspection {
  const lines = [
    ['', exit === undefined ? `of the Vector Transport Service: ${means}` : `${means} (exit code ${exit})`],
    ...(vts === undefined ? [] : [['vts:', vts]]),
    ['do:', remedy],
  ];
  return {
    json: () => JSON.stringify({ type: 'explanation', code, means, vts, remedy, exit }),
    text: () => `${code}\n${formatTable(lines)}`,
  };
}

function listAll(): Inspection {
  const known = all();
  return {
    json: () => JSON.stringify({ type: 'explanations', codes: known }),
    text: () =>
      `Of the Vector Transport Service:\n${
        formatTable(known.filter(({ exit }) => exit === undefined).map(({ code, means }) => [code, means]))
      }\n\nOf vts, with exit codes:\n${
        formatTable(
          known.filter(({ exit }) => exit !== undefined).map((
            { code, means, exit },
          ) => [code, String(exit), means]),
        )
      }\n\nvts explain CODE says what to do.`,
  };
}
