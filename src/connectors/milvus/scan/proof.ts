/** Compares what was read with what the server counts, and finds out why where they differ. */
import { VtsError } from '../../../errors.ts';
import { concurrently } from './concurrently.ts';
import { type Examination, examine } from './examine.ts';
import { rangeExpression, showKey, showRange } from './keys.ts';
import { countRows, type ScanTarget } from './query.ts';
import type { ScanRange } from './scan-range.ts';

/** A range and the rows that were read of it. */
export interface ReadRange {
  readonly range: ScanRange;
  readonly read: number;
}

/** A range and the rows that the server counts in it. */
interface Counted extends ReadRange {
  readonly counted: number;
}

/** A range of which fewer rows were read than the server counts. */
interface Gap extends Counted {
  readonly why: Examination;
}

/** Ranges that an error names. */
const NAMED_RANGES = 5;

/**
 * Holds the rows that were read of each range against `count(*)`.
 * @returns what a user should know
 * @throws VtsError RowsMissing
 */
export async function proveRanges(
  target: ScanTarget,
  name: string,
  ranges: readonly ReadRange[],
): Promise<string[]> {
  const counted = await concurrently(ranges, async ({ range, read }) => {
    const { partition, timestamp } = range;
    const expression = rangeExpression(target.key.name, range, target.filter);
    return { range, read, counted: await countRows(target, { expression, partition, timestamp }) };
  });
  const short = counted.filter((one) => one.counted > one.read);
  const gaps = await concurrently(short, async (one) => ({ ...one, why: await examine(target, one.range) }));
  const surplus = counted.reduce((sum, one) => sum + Math.max(0, one.read - one.counted), 0);
  const missing = gaps.filter((gap) => missingRows(gap) > 0);
  if (missing.length > 0) throw rowsMissing(name, missing);
  const vanished = counted.filter((one) => vanishedRows(one) > 0);
  if (vanished.length > 0 && !expires(target)) throw rowsVanished(name, vanished);
  return [...gapNotes(gaps), ...surplusNotes(surplus)];
}

/** Rows that nothing explains. */
function missingRows({ range, read, counted, why }: Gap): number {
  const missing = why.distinct - read + why.unexplained;
  // Rows that came during the scan may be missing, unless it had a snapshot.
  const came = range.snapshot ? 0 : Math.max(0, counted - (range.planned ?? counted));
  return missing - came;
}

/**
 * Rows that a snapshot had when it was planned and that nobody gives out any more: they were replaced or deleted by others, and the
 * server removed them for good although it was still being read at their time.
 */
function vanishedRows({ range, read, counted }: Counted): number {
  return range.snapshot ? Math.max(0, (range.planned ?? 0) - Math.max(read, counted)) : 0;
}

/** Whether rows of the collection are removed because of their age. */
function expires({ info }: ScanTarget): boolean {
  return Number(info.properties['collection.ttl.seconds'] ?? 0) > 0;
}

function gapNotes(gaps: readonly Gap[]): string[] {
  const notes: string[] = [];
  const sum = (of: (gap: Gap) => number) => gaps.reduce((total, gap) => total + of(gap), 0);
  const duplicates = sum(({ why }) => why.duplicates);
  if (duplicates > 0) {
    const example = gaps.find(({ why }) => why.duplicateKey !== undefined)?.why.duplicateKey;
    const such = example === undefined ? '' : ` (key ${showKey(example)}, for one)`;
    notes.push(
      `count(*) is ${
        many(duplicates)
      } larger than the number of distinct keys: some keys were inserted more than once${such}; the server gives out one row for each key, and that one was read`,
    );
  }
  const unreturned = sum(({ why }) => why.unreturned);
  if (unreturned > 0) {
    notes.push(
      `${
        many(unreturned)
      } with the key 9223372036854775807: this server counts it and does not give it out, so it was not read`,
    );
  }
  const came = sum(({ read, why }) => Math.max(0, why.distinct - read + why.unexplained));
  if (came > 0) {
    notes.push(
      `${many(came)} came while the collection was read, without a snapshot, and may not have been read`,
    );
  }
  return notes;
}

function surplusNotes(surplus: number): string[] {
  if (surplus === 0) return [];
  const were = surplus === 1 ? 'was' : 'were';
  return [
    `${
      many(surplus)
    } ${were} read that the server no longer counts: deleted or expired while the collection was read`,
  ];
}

function rowsMissing(name: string, gaps: readonly Gap[]): VtsError {
  const lines = gaps.slice(0, NAMED_RANGES).map((gap) => {
    const { range, read, counted, why } = gap;
    const where = range.partition === undefined ? '' : `partition "${range.partition}", `;
    const example = why.missingKey === undefined ? '' : ` (key ${showKey(why.missingKey)} is missing)`;
    return `${where}${
      showRange(range)
    }: read ${read}, counted ${counted}, distinct keys ${why.distinct}${example}`;
  });
  if (gaps.length > NAMED_RANGES) lines.push(`and ${gaps.length - NAMED_RANGES} more ranges`);
  const missing = gaps.reduce((sum, gap) => sum + missingRows(gap), 0);
  return new VtsError(
    'RowsMissing',
    `${many(missing)} of ${name} ${missing === 1 ? 'was' : 'were'} not read`,
    {
      expected: lines.join('; '),
      remedy:
        'the server counts rows that its queries do not return: try again, compact or reload the collection, and do not rely on the output',
    },
  );
}

function rowsVanished(name: string, ranges: readonly Counted[]): VtsError {
  const vanished = ranges.reduce((sum, one) => sum + vanishedRows(one), 0);
  return new VtsError(
    'RowsMissing',
    `${many(vanished)} of ${name} could not be read any more as they were when reading began`,
    {
      expected: ranges.slice(0, NAMED_RANGES).map(({ range, read }) =>
        `${showRange(range)}: read ${read}, counted ${range.planned} at the beginning`
      ).join('; '),
      remedy:
        'others changed them meanwhile, and the server has compacted the old ones away: begin anew, best while nobody writes',
    },
  );
}

function many(rows: number): string {
  return `${rows.toLocaleString('en-US')} ${rows === 1 ? 'row' : 'rows'}`;
}
