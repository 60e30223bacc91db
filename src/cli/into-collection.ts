/** Moves rows of any source into a collection: what import and copy have in common. */
import type { CollectionTemplate } from '../connectors/milvus/sink/options.ts';
import type { Source } from '../core/endpoint.ts';
import type { MappingOptions } from '../core/mapping.ts';
import type { TransferSummary } from '../core/transfer.ts';
import { type CollectionSinkFlags, openCollectionSink, openJournalOf } from './collection-sink.ts';
import { defined } from './defined.ts';
import { cutSizes } from './file-ends.ts';
import type { ServerFlags } from './options/milvus.ts';
import type { Report } from './report/report.ts';
import type { Retries } from './retries.ts';
import { refuseRejected, runTransfer } from './run-transfer.ts';
import type { ServerEnd } from './server-ends.ts';
import { settleMode } from './target-mode.ts';

/** Parts of a target that is a server: what is sent again at most after a kill. */
const PART_BYTES = 64 * 2 ** 20;

/** The summary of a transfer that is left out. */
const NOTHING: TransferSummary = {
  rowsRead: 0,
  rowsWritten: 0,
  rowsCounted: 0,
  rowsResumed: 0,
  bytesWritten: 0,
  parts: 0,
};

/** A transfer into a collection. */
export interface IntoCollection {
  readonly command: 'import' | 'copy';
  readonly source: Source;
  readonly end: ServerEnd;
  readonly flags: CollectionSinkFlags & ServerFlags & {
    readonly limit?: number | undefined;
    /** Of the source, of a copy. */
    readonly partition?: readonly string[] | string;
    readonly partSize?: number | undefined;
    readonly batchBytes?: number | undefined;
    readonly dryRun?: boolean;
  };
  readonly mapping: MappingOptions;
  /** The collection that a new one is to equal. */
  readonly like?: CollectionTemplate;
  readonly retries: Retries;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/** Runs `job` under its journal. @throws VtsError RowsRejected when it is done but for rows that were put aside */
export async function transferInto(job: IntoCollection): Promise<void> {
  if (job.flags.dryRun) return await (await import('./plan-into.ts')).planIntoCollection(job);
  const { command, source, end, flags: asked, mapping, retries, report, signal } = job;
  const journal = openJournalOf(command, source, end, asked);
  let done = false;
  try {
    const settled = await settleMode({ end, flags: asked, retry: retries.policy }, journal);
    if (settled.note !== undefined) report.note(settled.note);
    if (settled.mode === 'skip') {
      done = true;
      return report.done({
        command,
        from: source.name,
        to: end.name,
        ...NOTHING,
        seconds: 0,
        toServer: true,
      });
    }
    const flags = { ...asked, mode: settled.mode };
    const run = { resumed: journal.begun, retry: retries.policy, signal };
    const sink = await openCollectionSink(end, flags, run, job.like);
    try {
      const summary = await runTransfer({
        command,
        source,
        sink,
        mapping,
        options: {
          ...defined({ limit: flags.limit, rate: flags.rateLimit }),
          ...cutSizes(flags.partSize ?? PART_BYTES, flags.batchBytes),
          parallel: flags.parallel,
          journal: journal.journal,
          signal,
        },
        facts: () => ({
          toServer: true,
          retries: retries.count(),
          ...defined({ rejectFile: flags.rejectFile }),
        }),
      }, report);
      done = true;
      refuseRejected(summary, flags.rejectFile);
    } finally {
      await sink.close();
    }
  } finally {
    journal.close(done);
  }
}
