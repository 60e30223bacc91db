/**
 * Replacing a collection: the new rows are in a collection of another name, which takes the place of the old one when they are
 * proven. Renaming is quick, and the steps are such that after each of them the names alone tell which comes next, so that a
 * run that is killed anywhere can be finished by the next one.
 */
import { randomBytes } from 'node:crypto';
import type { Journal } from '../../../core/journal.ts';
import type { RetryPolicy } from '../../../core/retry.ts';
import { VtsError } from '../../../errors.ts';
import type { MilvusConnection } from '../connection.ts';
import { changeAlias, dropCollection, findCollection, listAliases, renameCollection } from '../metadata.ts';
import { type CollectionName, describeName } from '../metadata-call.ts';

/** Between the name of a collection and the number of the job that replaces it. */
const MARK = '__vts_';
/** Names in Milvus have 255 characters at most. */
const LONGEST = 255;

/** What the journal keeps of the last steps. */
interface Swap {
  /** Aliases of the old collection. */
  readonly aliases: readonly string[];
  /** The name of the new collection until it takes the place of the old one. */
  readonly filled: string;
  /** The name that the old collection has until it is dropped. */
  readonly old: string;
}

const FACT = 'swap';

/** The name of a collection that is filled to replace `name`. */
export function temporaryName(name: string): string {
  const suffix = `${MARK}${randomBytes(4).toString('hex')}`;
  return `${name.slice(0, LONGEST - suffix.length - 4)}${suffix}`;
}

/** Whether the last steps have begun. */
export function swapped(journal: Journal): boolean {
  return journal.fact(FACT) !== undefined;
}

/** Puts collection `name` in the place of `target`, with its aliases, and drops the one that was there. */
export async function replaceCollection(
  connection: MilvusConnection,
  target: CollectionName,
  name: string,
  journal: Journal,
  retry: RetryPolicy,
): Promise<void> {
  const { database } = target;
  const at = (other: string): CollectionName => ({ database, name: other });
  const there = async (other: string) => await findCollection(connection, at(other), retry) !== undefined;
  const swap = await beginSwap(connection, target, name, journal, retry);
  const { filled } = swap;
  if (await there(filled)) {
    if (await there(target.name)) {
      if (await there(swap.old)) {
        throw new VtsError(
          'JournalConflict',
          `${describeName(connection, target)} was made anew while it was being replaced`,
          {
            remedy:
              `the old rows are in "${swap.old}", the new ones in "${filled}": rename the one that you want`,
          },
        );
      }
      await renameCollection(connection, target, swap.old, retry);
    }
    await renameCollection(connection, at(filled), target.name, retry);
  }
  const known = new Set(await listAliases(connection, at(''), retry).catch(() => swap.aliases));
  for (const alias of swap.aliases) {
    await changeAlias(connection, known.has(alias) ? 'alter' : 'create', alias, target, retry);
  }
  if (await there(swap.old)) await dropCollection(connection, at(swap.old), retry);
}

async function beginSwap(
  connection: MilvusConnection,
  target: CollectionName,
  filled: string,
  journal: Journal,
  retry: RetryPolicy,
): Promise<Swap> {
  const kept = journal.fact(FACT) as Swap | undefined;
  if (kept !== undefined) return kept;
  const old = await findCollection(connection, target, retry);
  const aliases = old === undefined ? [] : await listAliases(connection, target, retry);
  const swap = { aliases, filled, old: `${filled}_old` };
  journal.record(FACT, swap);
  return swap;
}
