/** Summaries of several transfers, and of those that earlier runs did. */
import type { Journal } from '../core/journal.ts';
import { Tally } from '../core/tally.ts';
import type { TransferSummary } from '../core/transfer.ts';

/** What earlier runs did and proved, by the journal of the transfer. */
export function earlierSummary(journal: Journal, counted: boolean): TransferSummary {
  const summary = new Tally(journal).summary();
  return counted ? { ...summary, rowsCounted: summary.rowsWritten } : summary;
}

/** The sum of `summaries`; rows are counted only where all were. */
export function addSummaries(summaries: readonly TransferSummary[]): TransferSummary {
  const sum = (of: (summary: TransferSummary) => number) =>
    summaries.reduce((total, summary) => total + of(summary), 0);
  const counted = summaries.every(({ rowsCounted }) => rowsCounted !== undefined);
  return {
    rowsRead: sum(({ rowsRead }) => rowsRead),
    rowsWritten: sum(({ rowsWritten }) => rowsWritten),
    ...(counted ? { rowsCounted: sum(({ rowsCounted }) => rowsCounted!) } : {}),
    rowsResumed: sum(({ rowsResumed }) => rowsResumed),
    bytesWritten: sum(({ bytesWritten }) => bytesWritten),
    parts: sum(({ parts }) => parts),
  };
}
