/** Moves rows from any source to any sink and reports on it: the common half of every verb that transfers. */
import type { Sink, Source } from '../core/endpoint.ts';
import { compileMapping, type MappingOptions } from '../core/mapping.ts';
import { transfer, type TransferOptions, type TransferSummary } from '../core/transfer.ts';
import { vectorField } from '../core/schema.ts';
import { VtsError } from '../errors.ts';
import { defined } from './defined.ts';
import type { Done, Report } from './report/report.ts';

/** A transfer that a command asks for. */
export interface Job {
  readonly command: string;
  readonly source: Source;
  readonly sink: Sink;
  readonly mapping: MappingOptions;
  readonly options: TransferOptions;
  /** What is left to do once the rows are proven; the summary comes after it. */
  readonly conclude?: () => Promise<void>;
  /** What the summary says beside the counts; asked for at the end. */
  readonly facts?: () => Pick<Done, 'toServer' | 'retries' | 'rejectFile'>;
}

/** Runs `job`. @throws VtsError whatever the plan or the transfer raises */
export async function runTransfer(
  { command, source, sink, mapping: asked, options, conclude, facts }: Job,
  report: Report,
): Promise<TransferSummary> {
  const began = performance.now();
  const mapping = compileMapping(source.dataset, sink, asked);
  for (const note of mapping.notes) report.note(note);
  const { rows } = source.dataset;
  const total = rows === undefined ? options.limit : Math.min(rows, options.limit ?? Infinity);
  const ends = { command, from: source.name, to: sink.name };
  report.start({ ...ends, ...(total === undefined ? {} : { rows: total }) });
  let lastRow = began;
  const summary = await transfer(source, sink, mapping, {
    ...options,
    onProgress(progress) {
      lastRow = performance.now();
      report.progress(progress);
    },
    onStage: report.stage,
    onNote: report.note,
  });
  await conclude?.();
  report.done({
    ...ends,
    ...summary,
    ...(vectorField(mapping.dataset) === undefined ? {} : defined({ lossy: mapping.dataset.lossy })),
    ...facts?.(),
    seconds: (performance.now() - began) / 1000,
    rowSeconds: (lastRow - began) / 1000,
  });
  return summary;
}

/** @throws VtsError RowsRejected when `summary` has rows that were put aside: the job is done, but not all of it */
export function refuseRejected({ rowsRejected = 0 }: TransferSummary, rejectFile: string | undefined): void {
  if (rowsRejected === 0) return;
  const file = rejectFile ?? 'the reject file';
  throw new VtsError(
    'RowsRejected',
    `${rowsRejected} ${rowsRejected === 1 ? 'row was' : 'rows were'} refused`,
    {
      ...(rejectFile === undefined ? {} : { file: rejectFile }),
      remedy: `${file} says why, row by row; mend the rows and import it as it is`,
    },
  );
}
