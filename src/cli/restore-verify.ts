/** Rows that were restored, or were there already, against those of the dump, one by one. */
import type { Source } from '../core/endpoint.ts';
import { isVtsError, VtsError } from '../errors.ts';
import { type ComparedPair, comparisonText } from './compare-text.ts';
import { openCollectionSource } from './collection-source.ts';
import { defined } from './defined.ts';
import { openDifferences } from './differences-file.ts';
import type { RestoreFlags } from './options/dump.ts';
import { formatCount } from './report/format.ts';
import type { Report } from './report/report.ts';
import type { RestoreRun } from './restore-collection.ts';
import type { RestoreItem } from './restore-items.ts';
import type { ServerEnd } from './server-ends.ts';
import { shellQuote } from '../core/shell.ts';

/** @throws VtsError Usage for flags under which rows cannot be compared */
export function checkVerifyFlags({ verify, schemaOnly, noIndex, noLoad }: RestoreFlags): void {
  if (!verify) return;
  const other = schemaOnly ? '--schema-only' : noIndex ? '--no-index' : noLoad ? '--no-load' : undefined;
  if (other === undefined) return;
  throw new VtsError('Usage', `--verify and ${other} contradict each other`, {
    expected: 'rows in a collection that is loaded, as others cannot be read',
    remedy: 'leave one of them out',
  });
}

/** Compares all rows of `source` with those of `end`. @throws VtsError Differs */
export async function verifyRestored(
  run: RestoreRun,
  item: RestoreItem,
  source: Source,
  end: ServerEnd,
): Promise<void> {
  const { flags, report } = run;
  if (flags.autoId === 'new' && item.description.collection.schema.fields.some((field) => field.autoId)) {
    report.note(`${end.name}: its rows have new ids, so they are counted, not compared`);
    return;
  }
  const found = await compareWith(run, item, source, end);
  // What was there before is nothing that the dump knows of.
  const added = flags.mode === 'append' || flags.mode === 'upsert';
  if (found.onlyA + found.differ + found.schema.length === 0 && (added || found.onlyB === 0)) {
    report.note(`${end.name}: ${formatCount(found.equal)} rows are equal to those of the dump, one by one`);
    return;
  }
  throw new VtsError('Differs', `${end.name} is not equal to ${source.name}`, {
    expected: `no differences; found ${comparisonText(found)}`,
    remedy: `vts verify ${
      shellQuote(run.dump.path)
    } ${end.name} --differences FILE lists the keys of all rows that differ`,
  });
}

/** Whether a collection that is there holds the rows of the dump and no others: an earlier run may have ended unseen. */
export async function isThereInFull(
  run: RestoreRun,
  item: RestoreItem,
  source: Source,
  end: ServerEnd,
): Promise<boolean> {
  try {
    const { equal, onlyA, onlyB, differ, schema } = await compareWith(run, item, source, end);
    return equal > 0 && onlyA + onlyB + differ + schema.length === 0;
  } catch (error) {
    if (isVtsError(error, 'NotLoaded', 'PlanRefused', 'ServerRefused')) return false;
    throw error;
  }
}

async function compareWith(
  { flags, retries, report, signal }: RestoreRun,
  { description, partitions }: RestoreItem,
  source: Source,
  end: ServerEnd,
): Promise<ComparedPair> {
  const { compareOpened } = await import('./verify-rows.ts');
  const chosen = description.collection.partitionCount > 0 ? undefined : partitions;
  const reading = { parallel: flags.parallel, retryMaxTime: flags.retryMaxTime, load: true };
  const there = await openCollectionSource(
    end,
    { ...reading, ...defined({ partition: chosen }) },
    retries.policy,
    silent(report),
    signal,
  );
  const differences = openDifferences(undefined, false);
  try {
    const { parallel, batchBytes, tempDir } = flags;
    const shared = { parallel, ...defined({ batchBytes, tempDir }) };
    return await compareOpened(source, there, { flags: shared, report, signal, differences, several: false });
  } finally {
    await differences.abort();
    await there.close();
  }
}

/** What reading a collection says of itself was said of the restore. */
function silent(report: Report): Report {
  return { ...report, note: () => {} };
}
