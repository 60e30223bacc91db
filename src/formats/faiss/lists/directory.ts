/**
 * Where the inverted lists of an index lie. There may be many (one a centroid), so only every 4096th is kept in memory; those
 * between are walked again when a row there is asked for.
 */
import type { Facts } from '../../format.ts';

/** A list, or a piece of one, that is not empty. */
export interface List {
  readonly list: number;
  readonly rows: number;
  /** Bytes of the first code and of the first id. */
  readonly codes: number;
  readonly ids: number;
}

/** A list and its first row. */
export interface PlacedList extends List {
  readonly firstRow: number;
}

/** All lists in the order in which their rows come. */
export interface ListDirectory {
  readonly rows: number;
  /** The list that `row` (below `rows`) is in. */
  find(row: number): PlacedList;
  /** For `vts inspect`. */
  readonly facts: Facts;
}

/** Walks through lists from `mark` on; each step has the mark to go on after it, and its list unless that is empty. */
export type Walk<Mark> = (mark: Mark) => Iterable<Step<Mark>>;

/** One step of a {@linkcode Walk}; without `next` between the pieces of a list. */
export interface Step<Mark> {
  readonly list?: List;
  readonly next?: Mark;
}

const BLOCK = 4096;

/** A place to begin a walk again. */
interface Checkpoint<Mark> {
  readonly firstRow: number;
  readonly mark: Mark;
}

/** Walks once through all of `nlist` lists. */
export function listDirectory<Mark>(
  nlist: number,
  start: Mark,
  walk: Walk<Mark>,
): { directory: ListDirectory; end: Mark } {
  const checkpoints: Checkpoint<Mark>[] = [{ firstRow: 0, mark: start }];
  const sizes = sizeCounter(nlist);
  let [rows, steps, end] = [0, 0, start];
  for (const { list, next } of walk(start)) {
    if (list !== undefined) {
      rows += list.rows;
      sizes.add(list);
    }
    steps++;
    if (next === undefined) continue;
    end = next;
    // An empty block is not worth a checkpoint.
    if (steps >= BLOCK && rows > checkpoints[checkpoints.length - 1].firstRow) {
      checkpoints.push({ firstRow: rows, mark: next });
      steps = 0;
    }
  }
  return { directory: { rows, find: finder(checkpoints, walk), facts: sizes.facts() }, end };
}

function finder<Mark>(
  checkpoints: readonly Checkpoint<Mark>[],
  walk: Walk<Mark>,
): (row: number) => PlacedList {
  let current = -1;
  let lists: PlacedList[] = [];
  const load = (index: number) => {
    current = index;
    lists = [];
    let { firstRow } = checkpoints[index];
    const end = checkpoints[index + 1]?.firstRow ?? Infinity;
    for (const { list } of walk(checkpoints[index].mark)) {
      if (list === undefined) continue;
      lists.push({ ...list, firstRow });
      firstRow += list.rows;
      if (firstRow >= end) break;
    }
  };
  return (row) => {
    const index = lastAtMost(checkpoints, row);
    if (index !== current) load(index);
    return lists[lastAtMost(lists, row)];
  };
}

/** The last of `items` whose first row is at most `row`. */
function lastAtMost(items: readonly { readonly firstRow: number }[], row: number): number {
  let [low, high] = [0, items.length];
  while (low + 1 < high) {
    const middle = (low + high) >>> 1;
    if (items[middle].firstRow <= row) low = middle;
    else high = middle;
  }
  return low;
}

/** Counts lists by size. The pieces of a list come one after the other. */
function sizeCounter(nlist: number): { add(list: List): void; facts(): Facts } {
  const powers: number[] = [];
  let [nonEmpty, smallest, largest, rows] = [0, Infinity, 0, 0];
  let open: { list: number; rows: number } | undefined;
  const close = () => {
    if (open === undefined) return;
    nonEmpty++;
    rows += open.rows;
    smallest = Math.min(smallest, open.rows);
    largest = Math.max(largest, open.rows);
    const power = Math.floor(Math.log2(open.rows));
    powers[power] = (powers[power] ?? 0) + 1;
    open = undefined;
  };
  return {
    add({ list, rows }) {
      if (open?.list === list) open.rows += rows;
      else {
        close();
        open = { list, rows };
      }
    },
    facts() {
      close();
      const empty = nlist - nonEmpty;
      const histogram: Record<string, number> = empty > 0 ? { '0': empty } : {};
      powers.forEach((lists, power) => {
        histogram[power === 0 ? '1' : `${2 ** power}-${2 ** (power + 1) - 1}`] = lists;
      });
      return {
        emptyLists: empty,
        smallestList: empty > 0 || nonEmpty === 0 ? 0 : smallest,
        largestList: largest,
        meanList: nlist === 0 ? 0 : Math.round(rows / nlist * 100) / 100,
        listSizes: histogram,
      };
    },
  };
}
