/**
 * Keeps upserts of the same key apart, so that of rows with one key the last one stays: requests that are on their way at the
 * same time may be done in any order, and within one request servers differ.
 */
import type { Column } from '../../../core/column.ts';
import { valueAt } from '../../../core/values.ts';

/** A key as it is compared. */
export type Key = bigint | string;

/** The keys that are on their way. */
export class KeyGuard {
  readonly #busy = new Map<Key, Promise<unknown>>();

  /** Waits until none of `keys` is on its way. */
  async free(keys: readonly Key[]): Promise<void> {
    for (const key of keys) {
      for (let holder = this.#busy.get(key); holder !== undefined; holder = this.#busy.get(key)) await holder;
    }
  }

  /** Holds `keys` until `done` settles. */
  hold(keys: readonly Key[], done: Promise<unknown>): void {
    const settled = done.catch(() => {}).finally(() => {
      for (const key of keys) this.#busy.delete(key);
    });
    for (const key of keys) this.#busy.set(key, settled);
  }
}

/** The keys of a column. */
export function keysOf(column: Column): Key[] {
  if (column.values instanceof BigInt64Array) return Array.from(column.values);
  return Array.from({ length: column.length }, (_, row) => valueAt(column, row) as string);
}

/** Cuts rows where a key comes again, so that the keys of each piece differ: the ends of the pieces. */
export function distinctRuns(keys: readonly Key[]): number[] {
  const ends: number[] = [];
  let seen = new Set<Key>();
  keys.forEach((key, row) => {
    if (seen.has(key)) {
      ends.push(row);
      seen = new Set();
    }
    seen.add(key);
  });
  return keys.length === 0 ? ends : [...ends, keys.length];
}
