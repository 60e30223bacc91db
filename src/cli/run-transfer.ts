/** Moves rows from any source to any sink and reports on it: the common half of every verb that transfers. */
import type { Sink, Source } from '../core/endpoint.ts';
import { compileMapping, type MappingOptions } from '../core/mapping.ts';
import { transfer, type TransferOptions } from '../core/transfer.ts';
import type { Report } from './report/report.ts';

/** A transfer that a command asks for. */
export interface Job {
  readonly command: string;
  readonly source: Source;
  readonly sink: Sink;
  readonly mapping: MappingOptions;
  readonly options: TransferOptions;
}

/** Runs `job`. @throws VtsError whatever the plan or the transfer raises */
export async function runTransfer(
  { command, source, sink, mapping: asked, options }: Job,
  report: Report,
): Promise<void> {
  const began = performance.now();
  const mapping = compileMapping(source.dataset, sink, asked);
  for (const note of mapping.notes) report.note(note);
  const { rows } = source.dataset;
  const total = rows === undefined ? options.limit : Math.min(rows, options.limit ?? Infinity);
  const ends = { command, from: source.name, to: sink.name };
  report.start({ ...ends, ...(total === undefined ? {} : { rows: total }) });
  const summary = await transfer(source, sink, mapping, { ...options, onProgress: report.progress });
  report.done({ ...ends, ...summary, seconds: (performance.now() - began) / 1000 });
}
