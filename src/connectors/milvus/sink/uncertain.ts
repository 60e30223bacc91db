/**
 * Rows whose ids the server makes cannot be sent twice. So a part that an earlier run began and did not finish is looked into: what
 * the collection holds beyond the finished parts are rows of it.
 */
import type { Journal } from '../../../core/journal.ts';
import { VtsError } from '../../../errors.ts';
import { describeName, request } from '../metadata-call.ts';
import { countRows } from '../metadata-rows.ts';
import { INT64_MAX } from '../scan/keys.ts';
import type { MilvusSinkOptions } from './options.ts';
import type { Mark } from './part-writer.ts';
import { countIfLoaded, statisticalRows } from './stored-rows.ts';
import { recordTarget, type Target, type TargetFact } from './target.ts';

/** The name under which the highest id is kept that was there before the job. */
const FIRST_MARK = 'ids-before';

/** Keeps the highest id of a collection that has rows already. It can be found in a loaded one only. */
export async function recordIdsBefore(
  target: Target,
  journal: Journal,
  options: MilvusSinkOptions,
): Promise<void> {
  const { fact: { name, created, counted }, info } = target;
  if (journal.fact(FIRST_MARK) !== undefined) return;
  const key = info.schema.fields.find((f) => f.primaryKey)!;
  if (created || counted === 0) journal.record(FIRST_MARK, '0');
  else if (counted !== null && key.type.kind === 'Int64') {
    journal.record(FIRST_MARK, String(await highestId(name, key.name, options)));
  }
}

async function highestId(
  name: string,
  key: string,
  { connection, database, retry }: MilvusSinkOptions,
): Promise<bigint> {
  let [low, high] = [0n, INT64_MAX];
  while (low < high) {
    const middle = (low + high) / 2n;
    const above = await countRows(connection, { database, name }, { expr: `${key} > ${middle}` }, retry);
    if (above > 0) low = middle + 1n;
    else high = middle;
  }
  return low;
}

/**
 * Makes sure that the collection holds rows of finished parts only.
 * @param load makes the collection readable, for what has to be deleted
 * @throws VtsError JournalConflict when it holds more, and the user did not say that they may be deleted
 */
export async function settleUncertain(
  target: Target,
  journal: Journal,
  options: MilvusSinkOptions,
  load: () => Promise<void>,
): Promise<void> {
  const { connection, database, retry } = options;
  const { fact, info } = target;
  const collection = { database, name: fact.name };
  const extra = await extraRows(fact, journal, options);
  if (extra === 0) return;
  const what = describeName(connection, collection);
  const mark = highestMark(journal);
  const key = info.schema.fields.find((f) => f.primaryKey)!;
  if (extra === undefined || extra < 0 || mark === undefined || key.type.kind !== 'Int64') {
    throw new VtsError(
      'JournalConflict',
      `it cannot be told which rows of ${what} the interrupted run wrote`,
      {
        expected: extra !== undefined && extra < 0
          ? `at least the rows that were there and those of finished parts; ${-extra} of them are gone`
          : 'a collection that is loaded now, and was when the job began',
        remedy: 'delete what the job wrote, and begin anew with --restart',
      },
    );
  }
  if (!options.redoUncertain) {
    throw new VtsError(
      'JournalConflict',
      `${what} holds ${extra} rows that the interrupted run sent and never saw acknowledged`,
      {
        expected:
          `none with an id above ${mark}; the server makes the ids, so to send them again would store them twice`,
        remedy: `add --redo-uncertain to delete the rows with ids above ${mark} and write them again`,
      },
    );
  }
  await load();
  const expr = `${key.name} > ${mark}`;
  const message = { db_name: database, collection_name: fact.name, expr };
  await request(connection, 'Delete', message, { action: `delete rows of ${what}` }, retry);
  const left = await countRows(connection, collection, { expr }, retry);
  if (left > 0) {
    throw new VtsError(
      'JournalConflict',
      `${left} rows of ${what} with ids above ${mark} could not be deleted`,
    );
  }
  const stored = await statisticalRows(connection, collection, retry);
  // The statistics of some servers count what was deleted.
  recordTarget(journal, { ...fact, stored: stored - committedRows(journal) });
}

/** Rows beyond those that were there and those of finished parts; undefined when that cannot be told. */
async function extraRows(
  { name, counted, stored }: TargetFact,
  journal: Journal,
  { connection, database, retry }: MilvusSinkOptions,
): Promise<number | undefined> {
  const collection = { database, name };
  const now = counted === null ? null : await countIfLoaded(connection, collection, retry);
  if (counted !== null && now !== null) return now - counted - committedRows(journal);
  if (stored === null) return undefined;
  return await statisticalRows(connection, collection, retry) - stored - committedRows(journal);
}

function committedRows(journal: Journal): number {
  return journal.parts.reduce((sum, part) => sum + part.rows, 0);
}

/** The highest id of finished parts, or that was there before; undefined when that is not known. */
function highestMark(journal: Journal): bigint | undefined {
  const first = journal.fact(FIRST_MARK) as string | undefined;
  const marks = journal.parts.flatMap(({ mark }) => {
    const { id } = mark === undefined ? {} as Mark : JSON.parse(mark) as Mark;
    return id === undefined ? [] : [BigInt(id)];
  });
  if (marks.length === 0) return first === undefined ? undefined : BigInt(first);
  return marks.reduce((a, b) => a > b ? a : b);
}
