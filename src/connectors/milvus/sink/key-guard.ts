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
  readonly #busy = new Map<Key, Promise<void>>();

  /** Takes `keys` as soon as none of them is on its way; the function that is returned lets go of them. */
  async take(keys: readonly Key[]): Promise<() => void> {
    for (let holder = this.#holder(keys); holder !== undefined; holder = this.#holder(keys)) await holder;
    let settle = () => {};
    const settled = new Promise<void>((resolve) => settle = resolve);
    for (const key of keys) this.#busy.set(key, settled);
    return () => {
      for (const key of keys) this.#busy.delete(key);
      settle();
    };
  }

  #holder(keys: readonly Key[]): Promise<void> | undefined {
    for (const key of keys) {
      const holder = this.#busy.get(key);
      if (holder !== undefined) return holder;
    }
    return undefined;
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
