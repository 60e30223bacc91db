/** What a restore would do. */
import { forgetfulJournal } from '../core/journal.ts';
import { isVtsError, type VtsError } from '../errors.ts';
import { refusePlan, timeText } from './plan-transfer.ts';
import { type FirstRows, readFirst } from './read-first.ts';
import { formatBytes, formatMany, formatTable } from './report/format.ts';
import type { Inspection } from './report/report.ts';
import { checkRestore, openRestoreSource, type RestoreRun } from './restore-collection.ts';
import type { RestoreItem } from './restore-items.ts';

/** A collection as it would be restored. */
interface Planned {
  readonly from: string;
  readonly to: string;
  readonly rows: number;
  readonly bytes: number;
  /** What is there now. */
  readonly there: boolean;
  /** What stands in the way. */
  readonly problem?: string;
  readonly notes: readonly string[];
}

/** Says what a restore would do. Writes nothing. @throws VtsError PlanRefused when something stands in the way */
export async function dryRestore(
  run: Omit<RestoreRun, 'journal'>,
  items: readonly RestoreItem[],
): Promise<void> {
  const refusals: VtsError[] = [];
  const collections = await lookAtTargets(run, items, refusals);
  const measured = refusals.length > 0 || run.flags.schemaOnly ? undefined : await measure(run, items);
  run.report.inspection(describe(run, collections, measured));
  refusePlan(refusals);
}

/** Reads the first rows of the largest collection. */
async function measure(
  run: Omit<RestoreRun, 'journal'>,
  items: readonly RestoreItem[],
): Promise<FirstRows | undefined> {
  const [largest] = items.toSorted((a, b) => b.collection.rows - a.collection.rows);
  if (largest === undefined || largest.collection.rows === 0) return undefined;
  const source = await openRestoreSource(run, largest);
  try {
    return await readFirst(source, { signal: run.signal });
  } finally {
    await source.close();
  }
}

async function lookAtTargets(
  run: Omit<RestoreRun, 'journal'>,
  items: readonly RestoreItem[],
  refusals: VtsError[],
): Promise<Planned[]> {
  const { findCollection } = await import('../connectors/milvus/metadata.ts');
  const collections: Planned[] = [];
  for (const item of items) {
    const { collection, target } = item;
    const parts = collection.partitions.filter(({ name }) => item.partitions?.includes(name) ?? true)
      .flatMap((partition) => partition.parts);
    const there = await findCollection(run.connection, target, run.retries.policy) !== undefined;
    const problem = await problemOf(run, item);
    if (problem !== undefined) refusals.push(problem);
    collections.push({
      from: `${collection.database}/${collection.name}`,
      to: `${target.database}/${target.name}`,
      rows: run.flags.schemaOnly ? 0 : parts.reduce((sum, part) => sum + part.rows, 0),
      bytes: run.flags.schemaOnly ? 0 : parts.reduce((sum, part) => sum + part.bytes, 0),
      there,
      ...(problem === undefined ? {} : { problem: textOf(problem) }),
      notes: (collection.dropped ?? []).map((name) => `the field "${name}" is not in the dump`),
    });
  }
  return collections;
}

function describe(
  { dump, connection }: Omit<RestoreRun, 'journal'>,
  collections: readonly Planned[],
  measured: FirstRows | undefined,
): Inspection {
  const sum = (of: (one: Planned) => number) => collections.reduce((total, one) => total + of(one), 0);
  const [rows, bytes] = [sum((one) => one.rows), sum((one) => one.bytes)];
  const seconds = measured === undefined || measured.rows === 0
    ? undefined
    : rows / measured.rows * measured.seconds;
  return {
    json: () =>
      JSON.stringify({
        type: 'plan',
        command: 'restore',
        from: dump.path,
        to: connection.name,
        rows,
        bytes,
        ...(seconds === undefined ? {} : { seconds, rowsMeasured: measured!.rows }),
        collections,
      }),
    text: () =>
      [
        `${dump.path}: ${formatMany(collections.length, 'collection')}, ${formatMany(rows, 'row')}, ${
          formatBytes(bytes)
        }; nothing was written`,
        ...seconds === undefined ? [] : [`  time: ${timeText(seconds, measured!.rows)}`],
        ...collections.length === 0 ? [] : [formatTable(collections.map((one) => [
          one.from === one.to ? one.to : `${one.from} -> ${one.to}`,
          formatMany(one.rows, 'row'),
          formatBytes(one.bytes),
          one.there ? 'is there already' : 'is made',
        ]))],
        ...collections.flatMap((one) =>
          [...one.notes, ...one.problem === undefined ? [] : [one.problem]].map((text) =>
            `  ${one.to}: ${text}`
          )
        ),
      ].join('\n'),
  };
}

async function problemOf(run: Omit<RestoreRun, 'journal'>, item: RestoreItem): Promise<VtsError | undefined> {
  try {
    await checkRestore({ ...run, journal: forgetfulJournal() }, [item]);
    return undefined;
  } catch (error) {
    if (!isVtsError(error)) throw error;
    return error;
  }
}

function textOf({ message, details: { remedy } }: VtsError): string {
  return remedy === undefined ? message : `${message} (${remedy})`;
}
