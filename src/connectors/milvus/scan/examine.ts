/** Looks closely at a range whose count is larger than the number of rows that were read. */
import { keysOf } from './key-column.ts';
import { INT64_MAX, type Key, keysExpression, rangeExpression } from './keys.ts';
import { readPages } from './pages.ts';
import { askPage, countRows, type ScanTarget } from './query.ts';
import type { ScanRange } from './scan-range.ts';

/** What makes up the count of a range. */
export interface Examination {
  /** Keys that queries return. */
  readonly distinct: number;
  /** Further rows of these keys. */
  readonly duplicates: number;
  readonly duplicateKey?: Key | undefined;
  /** Rows with the largest key of all, which some servers count and never return. */
  readonly unreturned: number;
  /** Rows of other keys: counted, but not in the pages. */
  readonly unexplained: number;
  /** Such a key, where another way of asking returns it. */
  readonly missingKey?: Key | undefined;
}

type Sums = { -readonly [Name in keyof Examination]: Examination[Name] };

/** Keys in one question: an expression of some ten thousand bytes. */
const KEYS_PER_QUESTION = 2000;
/** Keys a page. */
const PAGE_BYTES = 256 * 1024;

/** Reads the keys of `range` again, and counts the rows of these keys. */
export async function examine(target: ScanTarget, range: ScanRange): Promise<Examination> {
  const { key, keyKind } = target;
  const sums: Sums = { distinct: 0, duplicates: 0, unreturned: 0, unexplained: 0 };
  let from = range.from;
  for await (const page of readPages(target, range, { fields: [key], pageBytes: PAGE_BYTES, rowBytes: 64 })) {
    const part = { ...range, ...(from === undefined ? {} : { from }), to: page.last };
    await examinePage(target, part, keysOf(page.columns[0]), sums);
    from = page.last;
  }
  if (from === INT64_MAX) return sums;
  const rest = await countIn(target, { ...range, ...(from === undefined ? {} : { from }) });
  if (rest > 0 && keyKind === 'Int64' && range.to === undefined) {
    sums.unreturned = await countIn(target, { ...range, from: INT64_MAX - 1n });
  }
  sums.unexplained += Math.max(0, rest - sums.unreturned);
  return sums;
}

/** `range` is what the page of `keys` covers. */
async function examinePage(
  target: ScanTarget,
  range: ScanRange,
  keys: readonly Key[],
  sums: Sums,
): Promise<void> {
  sums.distinct += keys.length;
  const counted = await countIn(target, range);
  if (counted <= keys.length) return;
  let known = 0;
  for (let i = 0; i < keys.length; i += KEYS_PER_QUESTION) {
    const some = keys.slice(i, i + KEYS_PER_QUESTION);
    const rows = await countKeys(target, range, some);
    if (rows > some.length) sums.duplicateKey ??= await findDuplicate(target, range, some);
    known += rows;
  }
  sums.duplicates += Math.max(0, known - keys.length);
  if (counted <= known) return;
  sums.unexplained += counted - known;
  sums.missingKey ??= await findMissing(target, range, keys);
}

/** One of `keys` that has more than one row, found by halving. */
async function findDuplicate(target: ScanTarget, range: ScanRange, keys: readonly Key[]): Promise<Key> {
  let some = keys;
  while (some.length > 1) {
    const half = some.slice(0, some.length >> 1);
    some = await countKeys(target, range, half) > half.length ? half : some.slice(half.length);
  }
  return some[0];
}

/** A key of `range` that is none of `keys`, asked for in another way: all at once and in no order. */
async function findMissing(
  target: ScanTarget,
  range: ScanRange,
  keys: readonly Key[],
): Promise<Key | undefined> {
  const { key, filter } = target;
  const { partition, timestamp } = range;
  const expression = rangeExpression(key.name, range, filter);
  const page = await askPage(target, { expression, partition, timestamp, fields: [key], unordered: true });
  const known = new Set(keys);
  return keysOf(page.keys).find((found) => !known.has(found));
}

function countKeys(
  target: ScanTarget,
  { partition, timestamp }: ScanRange,
  keys: readonly Key[],
): Promise<number> {
  const expression = keysExpression(target.key.name, keys, target.filter);
  return countRows(target, { expression, partition, timestamp });
}

function countIn(target: ScanTarget, range: ScanRange): Promise<number> {
  const { partition, timestamp } = range;
  return countRows(target, {
    expression: rangeExpression(target.key.name, range, target.filter),
    partition,
    timestamp,
  });
}
