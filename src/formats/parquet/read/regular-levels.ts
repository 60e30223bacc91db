/**
 * Levels of rows that all have one length and no null. Those of one page after the other are the same bytes, so they are looked at
 * once: unpacking them takes longer than reading the values.
 */
import { Buffer } from 'node:buffer';
import type { Page } from './page-stream.ts';

/** Different pages that are remembered: those in which a page can begin within a row, and the last ones of row groups. */
const MOST = 16;

/** The pages of a list of which each row has `length` elements. */
export class RegularLevels {
  readonly #length: number;
  readonly #seen: { readonly values: number; readonly filled: number; readonly levels: Buffer }[] = [];

  constructor(length: number) {
    this.#length = length;
  }

  /** Whether `page`, before which the row at hand has `filled` elements, is like one that was regular. */
  includes(page: Page, filled: number): boolean {
    return this.#seen.some((seen) =>
      seen.values === page.values && seen.filled === filled && seen.levels.equals(page.levels)
    );
  }

  /** Remembers a page whose entries were all regular. */
  add({ values, levels }: Page, filled: number): void {
    if (this.#seen.length < MOST) this.#seen.push({ values, filled, levels: Buffer.from(levels) });
  }

  /** Rows that begin among the next `count` values when the row at hand has `filled`. */
  starts(filled: number, count: number): number {
    return Math.floor((filled + count - 1) / this.#length) + 1 - Math.ceil(filled / this.#length);
  }

  /** Whether `count` entries, all of them defined, begin rows where rows of full length would: `starts` of them, as `reps` say. */
  has(
    reps: Uint8Array,
    { filled, count, starts }: { filled: number; count: number; starts: number },
  ): boolean {
    for (let at = (this.#length - filled) % this.#length; at < count; at += this.#length) {
      if (reps[at] !== 0) return false;
    }
    return starts === this.starts(filled, count);
  }
}
