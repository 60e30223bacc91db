/** The levels of one leaf, a piece at a time, and the values that go with them. */
import { VtsError } from '../../../errors.ts';
import type { ParquetFile } from './footer.ts';
import { type Page, PageStream } from './page-stream.ts';
import type { RegularLevels } from './regular-levels.ts';
import type { SchemaNode } from './schema-tree.ts';
import type { ValueReads } from './value-reads.ts';
import type { ValueSource } from './value-source.ts';

/** Levels unpacked at a time: they stay in the processor's cache. */
const PIECE = 32768;

/** What else is known of a leaf. */
export interface LeafOptions {
  /** What the levels of its rows are expected to be. */
  readonly levels?: RegularLevels;
  /** Who reads values that need no unpacking. */
  readonly reads?: ValueReads;
}

/** The page whose entries are being consumed. */
interface PageAtHand {
  readonly page: Page;
  /** Whether its levels are those of a page that was regular. */
  readonly isKnown: boolean;
  /** Whether its entries so far are regular. */
  isRegular: boolean;
  /** Elements that the row at hand had before it. */
  readonly filled: number;
}

/**
 * Reads a leaf from the first row of a row group on. An entry is a value, a null or an empty list; entries [`pos`, `end`) of
 * `reps` and `defs` are unpacked and wait to be consumed, together with as many values as are defined among them.
 */
export class LeafReader {
  readonly node: SchemaNode;
  readonly reps: Uint8Array;
  readonly defs: Uint8Array;
  pos = 0;
  end = 0;
  /** Whether all entries up to `end` are defined. */
  dense = true;
  /** Entries up to `end` that begin a row. */
  starts = 0;
  /** Whether the entries up to `end` are those of rows of the length that is expected; then `reps` and `defs` need not be looked at. */
  regular = false;
  readonly #file: ParquetFile;
  readonly #pages: PageStream;
  readonly #regularLevels: RegularLevels | undefined;
  #page: PageAtHand | undefined;
  #left = 0;
  #group: number;
  #rowsInGroup = 0;

  constructor(file: ParquetFile, node: SchemaNode, group = 0, { levels, reads }: LeafOptions = {}) {
    this.node = node;
    this.#file = file;
    this.#regularLevels = levels;
    this.#pages = new PageStream(file, node, group, reads);
    this.#group = group;
    this.reps = new Uint8Array(PIECE);
    this.defs = new Uint8Array(PIECE);
  }

  /** Whether the entries up to `end` are the last of their page. */
  get pageEnds(): boolean {
    return this.#left === 0;
  }

  /** The values of the entries at hand. */
  get source(): ValueSource {
    return this.#page!.page.source;
  }

  /**
   * Unpacks at most `most` entries more, once those before are consumed; `false` at the end of the file. The row at hand, of those
   * whose length is expected, has `filled` elements so far.
   * @throws VtsError InputMalformed when a row group has another number of rows than the footer says
   */
  async more(most = PIECE, filled = 0): Promise<boolean> {
    while (this.#left === 0) {
      const page = await this.#nextPage();
      if (page === undefined) return false;
      const isKnown = this.#regularLevels?.includes(page, filled) ?? false;
      this.#page = { page, isKnown, isRegular: true, filled };
      this.#left = page.values;
    }
    const page = this.#page!;
    const count = page.isKnown ? Math.min(most, this.#left) : Math.min(PIECE, most, this.#left);
    this.#left -= count;
    if (page.isKnown) this.#expect(count, filled);
    else this.#unpack(page, count, filled);
    const { reps } = this;
    if (this.#rowsInGroup === 0 && reps[0] !== 0) {
      throw this.#broken('a row group begins within a row', 'a first value that begins a row');
    }
    this.#rowsInGroup += this.starts;
    this.pos = 0;
    this.end = count;
    return true;
  }

  /** Takes `count` entries for what they are in a page that was unpacked before. */
  #expect(count: number, filled: number): void {
    this.dense = true;
    this.regular = true;
    this.starts = this.#regularLevels!.starts(filled, count);
    this.reps[0] = this.#regularLevels!.starts(filled, 1) === 1 ? 0 : 1;
  }

  #unpack(page: PageAtHand, count: number, filled: number): void {
    const { node, reps, defs } = this;
    this.dense = page.page.defs === undefined || page.page.defs.read(defs, count, node.def) === count;
    this.starts = page.page.reps === undefined ? count : page.page.reps.read(reps, count, 0);
    this.regular = this.dense &&
      (this.#regularLevels?.has(reps, { filled, count, starts: this.starts }) ?? false);
    page.isRegular &&= this.regular;
    if (this.#left === 0 && page.isRegular) this.#regularLevels?.add(page.page, page.filled);
  }

  /** Goes past pages whose rows are all among the next `rows`, unread where their headers tell; returns the rows gone past. */
  async skipPages(rows: number): Promise<number> {
    let skipped = 0;
    if (this.node.rep > 0 || this.#left > 0) return 0;
    for (;;) {
      const values = await this.#peek();
      if (values === undefined || skipped + values > rows) return skipped;
      this.#pages.skip();
      this.#rowsInGroup += values;
      skipped += values;
    }
  }

  /** Fails unless all entries were consumed. */
  async expectEnd(): Promise<void> {
    if (this.pos < this.end || await this.more()) {
      throw this.#broken('a column has values past its last row', 'none');
    }
  }

  async #nextPage(): Promise<Page | undefined> {
    return await this.#peek() === undefined ? undefined : await this.#pages.next();
  }

  async #peek(): Promise<number | undefined> {
    const values = await this.#pages.peek();
    if (values === undefined || this.#pages.group !== this.#group) {
      const expected = this.#file.groups[this.#group]?.rows ?? 0;
      if (this.#rowsInGroup !== expected) {
        throw this.#broken(
          `${this.#rowsInGroup} rows in row group ${this.#group}`,
          `${expected}, as the footer says`,
        );
      }
      this.#group = this.#pages.group;
      this.#rowsInGroup = 0;
    }
    return values;
  }

  #broken(message: string, expected: string): VtsError {
    return new VtsError('InputMalformed', message, { byte: this.#pages.byte, expected });
  }
}
