/**
 * Cuts keys into ranges of about the same number of rows, with few questions to the server: none tells what its keys are,
 * but each counts those up to a key.
 */
import type { KeySpace } from './key-space.ts';
import type { Key, KeyRange } from './keys.ts';

/** What the server is asked. */
export interface KeyProbe {
  /** Rows with keys up to and including `key`. */
  countUpTo(key: Key): Promise<number>;
  /** The first key above `key` (the first of all when absent); `undefined` when there is none. */
  firstAbove(key: Key | undefined): Promise<Key | undefined>;
}

/** A range and its rows. */
export interface CountedRange extends KeyRange {
  readonly rows: number;
}

/** How finely to cut. */
export interface SplitRequest {
  readonly space: KeySpace;
  /** Rows in all. */
  readonly rows: number;
  /** Ranges wanted; fewer are fine. */
  readonly ranges: number;
  /** Questions that may be asked. */
  readonly probes: number;
}

/** A number of the key space, and the rows up to its key. */
interface Mark {
  readonly at: bigint;
  readonly rows: number;
}

/** How far from its place a cut may be, in parts of the rows of a range. */
const TOLERANCE = 0.2;
/** Questions for one cut, after which the nearest known place is taken. */
const PROBES_PER_CUT = 10;

/** Ranges that together hold all keys: the first has no lower bound, the last no upper one. */
export async function splitKeys(probe: KeyProbe, request: SplitRequest): Promise<CountedRange[]> {
  const { rows, ranges, space } = request;
  const whole = [{ rows }];
  if (ranges <= 1 || rows === 0) return whole;
  const first = await probe.firstAbove(undefined);
  if (first === undefined) return whole;
  const search = new CutSearch(probe, request, space.toNumber(first));
  await search.findEnd();
  const cuts: Mark[] = [];
  for (let i = 1; i < ranges; i++) {
    const cut = await search.cutAt(rows * i / ranges, rows / ranges);
    const before = cuts.at(-1)?.rows ?? 0;
    if (cut.rows > before && cut.rows < rows) cuts.push(cut);
  }
  const marks: (Mark | undefined)[] = [undefined, ...cuts, undefined];
  return marks.slice(1).map((to, i) => {
    const from = marks[i];
    return {
      ...(from === undefined ? {} : { from: space.toKey(from.at) }),
      ...(to === undefined ? {} : { to: space.toKey(to.at) }),
      rows: (to?.rows ?? rows) - (from?.rows ?? 0),
    };
  });
}

/** Finds keys that have a wanted number of rows below them. Every answer of the server serves all later questions. */
class CutSearch {
  readonly #probe: KeyProbe;
  readonly #space: KeySpace;
  readonly #rows: number;
  #probesLeft: number;
  /** By place; the first has no rows, the last has all. */
  readonly #marks: Mark[];

  /** `first` is the number of the first key. */
  constructor(probe: KeyProbe, { space, rows, probes }: SplitRequest, first: bigint) {
    this.#probe = probe;
    this.#space = space;
    this.#rows = rows;
    this.#probesLeft = probes;
    this.#marks = [{ at: first - 1n, rows: 0 }, { at: space.last, rows }];
  }

  /** Finds about where the last key is: most often keys fill a small part of the space. */
  async findEnd(): Promise<void> {
    const start = this.#marks[0].at;
    if (await this.#count(start + BigInt(this.#rows)) === this.#rows) return;
    let low = 1;
    let high = bitsOf(this.#space.last - start);
    while (low < high) {
      const middle = (low + high) >> 1;
      const rows = await this.#count(start + (1n << BigInt(middle)));
      if (rows === undefined) return;
      if (rows >= this.#rows) high = middle;
      else low = middle + 1;
    }
  }

  /** A place with about `wanted` rows up to it, in ranges of `perRange` rows. */
  async cutAt(wanted: number, perRange: number): Promise<Mark> {
    const near = (mark: Mark) => Math.abs(mark.rows - wanted) <= TOLERANCE * perRange;
    for (let i = 0; i < PROBES_PER_CUT; i++) {
      const [low, high] = this.#around(wanted);
      if (near(low) || near(high) || high.at - low.at <= 1n) break;
      // Keys may be spread evenly, begin late, or crowd at the near end: each guess serves one of these.
      const at = i % 3 === 1 && low.rows > 0
        ? await this.#beforeNext(low, high)
        : guess(low, high, wanted, i % 3 === 2);
      if (at === undefined || await this.#count(at) === undefined) break;
    }
    const [low, high] = this.#around(wanted);
    return wanted - low.rows <= high.rows - wanted ? low : high;
  }

  /** The marks on both sides of `wanted` rows. */
  #around(wanted: number): [Mark, Mark] {
    const above = this.#marks.findIndex((mark) => mark.rows > wanted);
    const high = above < 0 ? this.#marks.length - 1 : above;
    return [this.#marks[high - 1], this.#marks[high]];
  }

  /** The place of the first key above `low`, after noting that nothing lies between. */
  async #beforeNext(low: Mark, high: Mark): Promise<bigint | undefined> {
    if (this.#probesLeft-- <= 0) return undefined;
    const next = await this.#probe.firstAbove(this.#space.toKey(low.at));
    if (next === undefined) return undefined;
    const at = this.#space.toNumber(next) - 1n;
    if (at > low.at && at < high.at) {
      this.#remember({ at, rows: low.rows });
      return at + 1n;
    }
    return low.at + 1n;
  }

  /** Rows up to `at`; `undefined` when no more may be asked. */
  async #count(at: bigint): Promise<number | undefined> {
    const known = this.#marks.find((mark) => mark.at === at);
    if (known !== undefined) return known.rows;
    if (at >= this.#space.last) return this.#rows;
    if (this.#probesLeft-- <= 0) return undefined;
    const rows = await this.#probe.countUpTo(this.#space.toKey(at));
    this.#remember({ at, rows });
    return rows;
  }

  /** Keeps marks in order of place and rows: those of a collection that is written to may contradict each other. */
  #remember(mark: Mark): void {
    const index = this.#marks.findIndex((other) => other.at > mark.at);
    const rows = Math.min(Math.max(mark.rows, this.#marks[index - 1].rows), this.#marks[index].rows);
    this.#marks.splice(index, 0, { ...mark, rows });
  }
}

/** A place strictly between `low` and `high`: where keys that are evenly spread, or crowd at the low end, reach `wanted`. */
function guess(low: Mark, high: Mark, wanted: number, crowded: boolean): bigint {
  const width = high.at - low.at;
  if (crowded) return low.at + (1n << BigInt(bitsOf(width) >> 1));
  const share = BigInt(Math.round(1e9 * (wanted - low.rows) / Math.max(1, high.rows - low.rows)));
  const step = width * share / 1_000_000_000n;
  return low.at + (step < 1n ? 1n : step >= width ? width - 1n : step);
}

function bitsOf(number: bigint): number {
  return number.toString(2).length;
}
