/** The levels of one leaf, a piece at a time, and the values that go with them. */
import { VtsError } from '../../../errors.ts';
import type { ParquetFile } from './footer.ts';
import { type Page, PageStream } from './page-stream.ts';
import type { SchemaNode } from './schema-tree.ts';
import type { ValueSource } from './value-source.ts';

/** Levels unpacked at a time: they stay in the processor's cache. */
const PIECE = 32768;

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
  readonly #file: ParquetFile;
  readonly #pages: PageStream;
  #page: Page | undefined;
  #left = 0;
  #group: number;
  #rowsInGroup = 0;

  constructor(file: ParquetFile, node: SchemaNode, group = 0) {
    this.node = node;
    this.#file = file;
    this.#pages = new PageStream(file, node, group);
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
    return this.#page!.source;
  }

  /**
   * Unpacks at most `most` entries more, once those before are consumed; `false` at the end of the file.
   * @throws VtsError InputMalformed when a row group has another number of rows than the footer says
   */
  async more(most = PIECE): Promise<boolean> {
    while (this.#left === 0) {
      const next = await this.#nextPage();
      if (next === undefined) return false;
      this.#page = next;
      this.#left = next.values;
    }
    const { node, reps, defs } = this;
    const page = this.#page!;
    const count = Math.min(PIECE, most, this.#left);
    this.#left -= count;
    this.dense = page.defs === undefined || page.defs.read(defs, count, node.def) === count;
    this.starts = page.reps === undefined ? count : page.reps.read(reps, count, 0);
    if (this.#rowsInGroup === 0 && reps[0] !== 0) {
      throw this.#broken('a row group begins within a row', 'a first value that begins a row');
    }
    this.#rowsInGroup += this.starts;
    this.pos = 0;
    this.end = count;
    return true;
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
