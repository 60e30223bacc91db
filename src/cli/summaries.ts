/** Several transfers as one. */
import type { TransferSummary } from '../core/transfer.ts';

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
