/** The column of keys in a page. */
import { Buffer } from 'node:buffer';
import type { Column } from '../../../core/column.ts';
import { valueAt } from '../../../core/values.ts';
import { VtsError } from '../../../errors.ts';
import { compareKeys, type Key, type KeyRange, showKey, showRange } from './keys.ts';

/** The key of row `row`. */
export function keyAt(keys: Column, row: number): Key {
  return valueAt(keys, row) as Key;
}

/** All keys of a page. */
export function keysOf(keys: Column): Key[] {
  return Array.from({ length: keys.length }, (_, row) => keyAt(keys, row));
}

/**
 * Sees to it that a page is what was asked for: keys that grow, all of them within `range`.
 * @throws VtsError InputMalformed
 */
export function checkKeys(keys: Column, range: KeyRange): void {
  if (keys.length === 0) return;
  const row = firstDisorder(keys);
  if (row >= 0) {
    throw outOfOrder(`key ${showKey(keyAt(keys, row))} follows ${showKey(keyAt(keys, row - 1))}`);
  }
  const first = keyAt(keys, 0);
  const last = keyAt(keys, keys.length - 1);
  const { from, to } = range;
  const strays = from !== undefined && compareKeys(first, from) <= 0
    ? first
    : to !== undefined && compareKeys(last, to) > 0
    ? last
    : undefined;
  if (strays !== undefined) {
    throw outOfOrder(`key ${showKey(strays)} came where ${showRange(range)} were asked for`);
  }
}

function outOfOrder(what: string): VtsError {
  return new VtsError('InputMalformed', `the server sends rows in the wrong order: ${what}`, {
    remedy: 'rows would get lost: report this as a bug, with the version of the server',
  });
}

/** The first row whose key is not above the one before, or -1. */
function firstDisorder(keys: Column): number {
  return keys.offsets === null
    ? firstFallingInteger(keys.values as BigInt64Array)
    : firstFallingText(keys.values as Uint8Array, keys.offsets, keys.length);
}

function firstFallingInteger(values: BigInt64Array): number {
  // Halves, as every element of a BigInt64Array that is looked at costs an object.
  const high = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
  const low = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  for (let i = 2; i < high.length; i += 2) {
    const rises = high[i + 1] > high[i - 1] || (high[i + 1] === high[i - 1] && low[i] > low[i - 2]);
    if (!rises) return i / 2;
  }
  return -1;
}

function firstFallingText(values: Uint8Array, offsets: Int32Array, length: number): number {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  for (let row = 1; row < length; row++) {
    const [start, middle, end] = [offsets[row - 1], offsets[row], offsets[row + 1]];
    if (bytes.compare(bytes, start, middle, middle, end) <= 0) return row;
  }
  return -1;
}
