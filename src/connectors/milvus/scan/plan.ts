/** The ranges of a scan: each partition, cut by keys where that lets several parts be read at the same time. */
import { keyAt, keysOf } from './key-column.ts';
import { keySpace } from './key-space.ts';
import { type Key, type KeyRange, rangeExpression } from './keys.ts';
import type { ScanPartition } from './partitions.ts';
import type { ReadTime } from './read-time.ts';
import { askPage, countRows, type PageRequest, type ScanTarget } from './query.ts';
import type { ScanRange } from './scan-range.ts';
import { type CountedRange, splitKeys } from './split.ts';

/** How to cut. */
export interface PlanRequest {
  readonly partitions: readonly ScanPartition[];
  readonly time: ReadTime | undefined;
  /** Ranges that will be read at the same time. */
  readonly parallel: number;
  /** Partitions with fewer rows are read in one piece. */
  readonly splitRows: number;
}

/** More ranges than readers, so that a slow one does not hold up the end. */
const RANGES_PER_READER = 3;
/** Questions in all. Each makes the server visit every key of a partition. */
const PROBES = 64;
/** Keys from which the characters of text keys are learnt. */
const SAMPLE_KEYS = 1000;

/** The ranges in the order of partitions and keys. */
export async function planRanges(target: ScanTarget, request: PlanRequest): Promise<ScanRange[]> {
  const { partitions, time } = request;
  const total = partitions.reduce((sum, { rows = 0 }) => sum + rows, 0);
  const ranges: ScanRange[] = [];
  for (const { name, rows } of partitions) {
    const where = {
      ...(name === undefined ? {} : { partition: name }),
      ...time,
    };
    const share = rows === undefined || total === 0 ? 0 : rows / total;
    for (const { rows: planned, ...keys } of await cut(target, where, rows, share, request)) {
      ranges.push({ ...where, ...keys, ...(planned === undefined ? {} : { planned }) });
    }
  }
  return ranges;
}

async function cut(
  target: ScanTarget,
  where: Pick<ScanRange, 'partition' | 'timestamp'>,
  rows: number | undefined,
  share: number,
  { parallel, splitRows }: PlanRequest,
): Promise<readonly (KeyRange & Partial<CountedRange>)[]> {
  if (rows === undefined) return [{}];
  const wanted = Math.min(Math.round(parallel * RANGES_PER_READER * share), Math.floor(4 * rows / splitRows));
  if (parallel <= 1 || rows < splitRows || wanted <= 1) return [{ rows }];
  const { key, keyKind, filter } = target;
  const page = async (range: KeyRange, limit: number) => {
    const expression = rangeExpression(key.name, range, filter);
    const question: PageRequest = { ...where, expression, fields: [key], limit };
    return (await askPage(target, question)).keys;
  };
  const sample = keyKind === 'VarChar' ? keysOf(await page({}, SAMPLE_KEYS)) : [];
  const probe = {
    countUpTo: (to: Key) =>
      countRows(target, { ...where, expression: rangeExpression(key.name, { to }, filter) }),
    firstAbove: async (from: Key | undefined) => {
      const keys = await page(from === undefined ? {} : { from }, 1);
      return keys.length === 0 ? undefined : keyAt(keys, 0);
    },
  };
  const space = keySpace(keyKind, sample);
  return await splitKeys(probe, { space, rows, ranges: wanted, probes: Math.ceil(PROBES * share) });
}
