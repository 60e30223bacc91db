/**
 * A network, or a proxy in it, may deliver a request twice. Then a collection that this job made holds more rows than it was sent,
 * some of them twice under one key. They are found by counting, key range by key range, and written again by upsert, which leaves
 * one of each.
 */
import { type Batch, makeBatch } from '../../../core/batch.ts';
import { estimatedRowBytes } from '../../../core/schema.ts';
import { type Key, rangeExpression } from '../scan/keys.ts';
import { readPages } from '../scan/pages.ts';
import { countRows, type ScanTarget } from '../scan/query.ts';
import type { ScanRange } from '../scan/scan-range.ts';

/** Keys that are counted at once. */
const KEYS_AT_ONCE = 4096;
const PAGE_BYTES = 4 * 1024 * 1024;

/**
 * Writes rows of keys that are there more than once by `upsert`.
 * @param partitions names, or `undefined` for all together
 * @returns how many rows there were too many
 */
export async function mendDuplicates(
  target: ScanTarget,
  partitions: readonly (string | undefined)[],
  upsert: (batch: Batch, partition: string | undefined) => Promise<void>,
): Promise<number> {
  let surplus = 0;
  for (const partition of partitions) {
    const where = partition === undefined ? {} : { partition };
    const keys = { fields: [target.key], pageBytes: 8 * KEYS_AT_ONCE, rowBytes: 8 };
    let from: Key | undefined;
    for await (const { rows, last } of readPages(target, where, keys)) {
      const range: ScanRange = { ...where, ...(from === undefined ? {} : { from }), to: last };
      const expression = rangeExpression(target.key.name, range, undefined);
      const counted = await countRows(target, { expression, ...where });
      if (counted > rows) await writeAgain(target, range, upsert);
      surplus += counted - rows;
      from = last;
    }
  }
  return surplus;
}

async function writeAgain(
  target: ScanTarget,
  range: ScanRange,
  upsert: (batch: Batch, partition: string | undefined) => Promise<void>,
): Promise<void> {
  const fields = target.info.schema.fields.filter((field) => !field.functionOutput);
  const rowBytes = fields.reduce((sum, field) => sum + estimatedRowBytes(field.type), 0);
  for await (const { columns } of readPages(target, range, { fields, pageBytes: PAGE_BYTES, rowBytes })) {
    await upsert(makeBatch({ fields }, columns), range.partition);
  }
}
