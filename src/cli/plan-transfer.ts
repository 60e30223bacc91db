/** What one transfer would do: how much, how long, what is made, what is lost, what stands in the way. */
import { refuseFullDisk } from '../connectors/file/part-file.ts';
import type { Sink, Source } from '../core/endpoint.ts';
import { compileMapping, type MappingOptions } from '../core/mapping.ts';
import { type Dataset, estimatedRowBytes } from '../core/schema.ts';
import { formatType } from '../core/types.ts';
import { isVtsError, VtsError } from '../errors.ts';
import { defined } from './defined.ts';
import { readFirst } from './read-first.ts';
import { formatBytes, formatCount, formatSeconds } from './report/format.ts';
import type { Inspection, Report } from './report/report.ts';

/** A transfer to plan. */
export interface PlannedTransfer {
  readonly command: string;
  readonly source: Source;
  readonly to: string;
  /** Absent where it could not be looked at; the problems say why. */
  readonly target?: Pick<Sink, 'name' | 'features' | 'check' | 'notes'>;
  readonly mapping: MappingOptions;
  readonly limit?: number;
  /** Found so far. */
  readonly problems: readonly VtsError[];
  /** What has to be made for the data. */
  readonly makes: (dataset: Dataset) => readonly string[];
  /** Where files go. */
  readonly directory?: string;
  readonly signal: AbortSignal;
}

interface Plan {
  readonly command: string;
  readonly from: string;
  readonly to: string;
  readonly rows?: number;
  /** In memory; files differ by their format. */
  readonly bytes?: number;
  /** To read all rows, at the speed at which the first were read. */
  readonly seconds?: number;
  readonly rowsMeasured: number;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly makes: readonly string[];
  readonly notes: readonly string[];
  readonly problems: readonly { readonly code: string; readonly message: string; readonly remedy?: string }[];
}

/** Says what `job` would do. @throws VtsError PlanRefused, with all reasons, when something stands in the way */
export async function planTransfer(job: PlannedTransfer, report: Report): Promise<void> {
  const problems = [...job.problems];
  const attempt = async <T>(action: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await action();
    } catch (error) {
      if (!isVtsError(error) || error.code === 'Usage' || error.retryable || job.signal.aborted) throw error;
      problems.push(error);
    }
  };
  const { source, target } = job;
  const mapping = target && await attempt(() => compileMapping(source.dataset, target, job.mapping));
  const { limit, signal } = job;
  const probed = mapping &&
    await attempt(() => readFirst(source, { mapping, ...defined({ limit }), signal }));
  const rows = probed?.all ? probed.rows : source.dataset.rows ?? probed?.estimate;
  const total = rows === undefined ? job.limit : Math.min(rows, job.limit ?? Infinity);
  if (mapping !== undefined && job.directory !== undefined) {
    const { directory } = job;
    const counted = total === undefined ? {} : { rows: total };
    await attempt(() => refuseFullDisk({ ...mapping.dataset, ...counted }, directory));
  }
  const columns = mapping?.dataset ?? source.dataset;
  const measured = total === undefined || !probed?.rows ? undefined : total / probed.rows;
  const bytes = measured === undefined ? guessedBytes(columns, total) : measured * probed!.bytes;
  report.inspection(describe({
    command: job.command,
    from: source.name,
    to: job.to,
    ...(total === undefined ? {} : { rows: total }),
    ...(bytes === undefined ? {} : { bytes: Math.round(bytes) }),
    ...(measured === undefined ? {} : { seconds: measured * probed!.seconds }),
    rowsMeasured: probed?.rows ?? 0,
    columns: columns.schema.fields.map(({ name, type }) => ({
      name,
      type: formatType(type),
    })),
    makes: mapping === undefined ? [] : job.makes(mapping.dataset),
    notes: mapping?.notes ?? source.dataset.notes,
    problems: problems.map(({ code, message, details: { remedy } }) => ({
      code,
      message,
      ...(remedy === undefined ? {} : { remedy }),
    })),
  }));
  refusePlan(problems);
}

function guessedBytes({ schema }: Dataset, rows: number | undefined): number | undefined {
  if (rows === undefined) return undefined;
  return rows * schema.fields.reduce((sum, { type }) => sum + estimatedRowBytes(type), 0);
}

function describe(plan: Plan): Inspection {
  return { json: () => JSON.stringify({ type: 'plan', ...plan }), text: () => textOf(plan) };
}

function textOf(plan: Plan): string {
  const { rows, bytes, seconds, rowsMeasured, problems } = plan;
  const size = bytes === undefined ? '' : `, about ${formatBytes(bytes)} in memory`;
  const amount = rows === undefined ? 'rows unknown' : `${formatCount(rows)} ${rows === 1 ? 'row' : 'rows'}`;
  const time = seconds === undefined
    ? 'not measured, as no rows were read'
    : `${formatSeconds(seconds)} to read, as measured on ${
      formatCount(rowsMeasured)
    } rows; writing may take longer`;
  // What stands in the way follows as the error that ends the command.
  const lines: [string, string][] = [
    ['rows', `${amount}${size}`],
    ['time', time],
    ['columns', plan.columns.map(({ name, type }) => `${name} ${type}`).join(', ')],
    ...plan.makes.map((text): [string, string] => ['makes', text]),
    ...plan.notes.map((text): [string, string] => ['note', text]),
  ];
  return [
    `${plan.command} ${plan.from} -> ${plan.to}: ${
      problems.length === 0 ? 'nothing stands in the way' : 'refused'
    }; nothing was written`,
    ...lines.map(([name, text]) => `  ${`${name}:`.padEnd(8)} ${text}`),
  ].join('\n');
}

/** How long it takes, as far as reading some rows tells. */
export function timeText(seconds: number, rowsMeasured: number): string {
  return `${formatSeconds(seconds)} to read, as measured on ${
    formatCount(rowsMeasured)
  } rows; writing may take longer`;
}

/** @throws VtsError PlanRefused for all `problems` together, when there are any */
export function refusePlan(problems: readonly VtsError[]): void {
  if (problems.length === 0) return;
  const remedies = [
    ...new Set(problems.map(({ details }) => details.remedy).filter((text) => text !== undefined)),
  ];
  const [{ message, details }] = problems;
  throw new VtsError(
    'PlanRefused',
    problems.length === 1 ? message : problems.map((problem) => problem.message).join('\n'),
    {
      ...(problems.length === 1 ? details : {}),
      remedy: remedies.length === 0 ? undefined : remedies.join('; '),
    },
  );
}
