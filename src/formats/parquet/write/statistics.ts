/** Smallest and largest values of numbers and VarChars, kept only where they are exact. */
import { Buffer } from 'node:buffer';
import type { Column } from '../../../core/column.ts';
import type { LeafItems, Ranges } from './shred.ts';

/** A bound as the footer takes it. */
type Bound = number | bigint | Uint8Array;

/** The bounds of some values, as a footer names them. */
interface Bounds {
  readonly min_value: Bound;
  readonly max_value: Bound;
}

/** Bounds over the pages of a chunk. */
export interface BoundsTracker {
  add(items: LeafItems, ranges: Ranges): void;
  /** The bounds since the last call; `undefined` when there are no values or no exact bounds. */
  take(): Bounds | undefined;
}

/** Text with a longer bound has none, so that footers stay small. */
const MAX_BOUND_BYTES = 64;

/** A tracker without values. */
export function boundsTracker(): BoundsTracker {
  let bounds: Bounds | undefined;
  let exact = true;
  return {
    add(items, ranges) {
      if (!exact || ranges.length === 0) return;
      const page = pageBounds(items, ranges);
      if (page === undefined) exact = false;
      else if (bounds === undefined) bounds = page;
      else {
        bounds = {
          min_value: isLess(page.min_value, bounds.min_value) ? page.min_value : bounds.min_value,
          max_value: isLess(bounds.max_value, page.max_value) ? page.max_value : bounds.max_value,
        };
      }
    },
    take() {
      const taken = exact ? bounds : undefined;
      bounds = undefined;
      exact = true;
      return taken;
    },
  };
}

/** The bounds of at least one item; `undefined` when they would mislead. */
function pageBounds(items: LeafItems, ranges: Ranges): Bounds | undefined {
  if (items.kind !== 'numbers') {
    return items.column.type.kind === 'VarChar' ? textBounds(items.column, ranges) : undefined;
  }
  const { values } = items;
  if (values instanceof BigInt64Array) return longBounds(values, ranges);
  return values instanceof Float32Array || values instanceof Float64Array
    ? floatBounds(values, ranges)
    : integerBounds(values as Int32Array, ranges);
}

/** A NaN has no place in the order, and readers that skip by bounds would skip it: no bounds then. */
function floatBounds(values: Float32Array | Float64Array, ranges: Ranges): Bounds | undefined {
  let min = values[ranges[0]];
  let max = min;
  for (let i = 0; i < ranges.length; i += 2) {
    for (let row = ranges[i], end = ranges[i + 1]; row < end; row++) {
      const value = values[row];
      if (value !== value) return undefined;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  // The sign of a zero is not ordered, so bounds have to cover both.
  return { min_value: min === 0 ? -0 : min, max_value: max === 0 ? 0 : max };
}

/** Not the function above: code for one type of array is several times as fast. */
function integerBounds(values: Int32Array, ranges: Ranges): Bounds {
  let min = values[ranges[0]];
  let max = min;
  for (let i = 0; i < ranges.length; i += 2) {
    for (let row = ranges[i], end = ranges[i + 1]; row < end; row++) {
      const value = values[row];
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  return { min_value: min, max_value: max };
}

/** Compares 64-bit integers as two halves: a bigint a row is slow. */
function longBounds(values: BigInt64Array, ranges: Ranges): Bounds {
  const halves = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  let min = ranges[0];
  let max = ranges[0];
  let [minHigh, maxHigh] = [halves[2 * min + 1], halves[2 * max + 1]];
  let [minLow, maxLow] = [halves[2 * min] >>> 0, halves[2 * max] >>> 0];
  for (let i = 0; i < ranges.length; i += 2) {
    for (let row = ranges[i], end = ranges[i + 1]; row < end; row++) {
      const high = halves[2 * row + 1];
      const low = halves[2 * row] >>> 0;
      if (high < minHigh || (high === minHigh && low < minLow)) {
        min = row;
        minHigh = high;
        minLow = low;
      } else if (high > maxHigh || (high === maxHigh && low > maxLow)) {
        max = row;
        maxHigh = high;
        maxLow = low;
      }
    }
  }
  return { min_value: values[min], max_value: values[max] };
}

function textBounds({ values, offsets }: Column, ranges: Ranges): Bounds | undefined {
  const bytes = values as Uint8Array;
  const isLessAt = (a: number, b: number) => {
    let at = offsets![a];
    const other = offsets![b] - at;
    const shorter = offsets![a + 1] - at < offsets![b + 1] - offsets![b];
    const end = shorter ? offsets![a + 1] : offsets![b + 1] - other;
    while (at < end && bytes[at] === bytes[at + other]) at++;
    return at < end ? bytes[at] < bytes[at + other] : shorter;
  };
  let min = ranges[0];
  let max = ranges[0];
  for (let i = 0; i < ranges.length; i += 2) {
    for (let row = ranges[i]; row < ranges[i + 1]; row++) {
      if (isLessAt(row, min)) min = row;
      else if (isLessAt(max, row)) max = row;
    }
  }
  const text = (row: number) => bytes.slice(offsets![row], offsets![row + 1]);
  const bounds = { min_value: text(min), max_value: text(max) };
  return Object.values(bounds).some((bound) => bound.length > MAX_BOUND_BYTES) ? undefined : bounds;
}

/** Text in the order of its bytes. */
function isLess(a: Bound, b: Bound): boolean {
  return a instanceof Uint8Array ? Buffer.compare(a, b as Uint8Array) < 0 : a < (b as typeof a);
}
