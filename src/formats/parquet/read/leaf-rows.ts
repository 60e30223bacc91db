/** Whole rows of one leaf, collected from pages, whose bounds may lie within a row. */
import { many } from '../../../core/many.ts';
import { VtsError } from '../../../errors.ts';
import type { LeafReader } from './leaf-reader.ts';
import { ByteBuilder, type LeafValues, ValuesBuilder, valueWidth } from './values.ts';

/** Entries of whole rows and their values. */
export interface LeafLevels {
  readonly count: number;
  /** Repetition levels; empty when the leaf is in no list. */
  readonly reps: Uint8Array;
  /** Definition levels; empty when nothing above the leaf, nor itself, is optional. */
  readonly defs: Uint8Array;
  readonly values: LeafValues;
}

/** Collects rows of `reader`. */
export class LeafRows {
  readonly reader: LeafReader;
  readonly #reps = new ByteBuilder();
  readonly #defs = new ByteBuilder();
  readonly #values: ValuesBuilder;
  #entries = 0;
  /** Rows begun; all are whole after {@linkcode fill}. */
  #rows = 0;

  constructor(reader: LeafReader) {
    this.reader = reader;
    this.#values = new ValuesBuilder(valueWidth(reader.node.element));
  }

  /** Bytes collected. */
  get byteLength(): number {
    return this.#values.byteLength + this.#defs.length + this.#reps.length;
  }

  /** Reads on until `rows` rows are held. @throws VtsError InputMalformed when there are fewer */
  async fill(rows: number): Promise<void> {
    const { reader } = this;
    const nested = reader.node.rep > 0;
    while (this.#rows < rows || nested) {
      if (reader.pos === reader.end && !await reader.more()) break;
      const end = nested ? this.#endOfRows(rows) : Math.min(reader.end, reader.pos + rows - this.#rows);
      if (end === reader.pos) return;
      if (!nested) this.#rows += end - reader.pos;
      this.#take(end);
    }
    if (this.#rows < rows) {
      throw new VtsError('InputMalformed', 'a column ends before its last row', {
        expected: `${many(rows - this.#rows, 'row')} more`,
      });
    }
  }

  /** Hands over what was collected and starts over. */
  finish(): LeafLevels {
    const count = this.#entries;
    this.#entries = 0;
    this.#rows = 0;
    return { count, reps: this.#reps.finish(), defs: this.#defs.finish(), values: this.#values.finish() };
  }

  /** Where among the entries at hand row number `rows` begins, counting the rows on the way. */
  #endOfRows(rows: number): number {
    const { reps, end, pos } = this.reader;
    for (let i = pos; i < end; i++) {
      if (reps[i] !== 0) continue;
      if (this.#rows === rows) return i;
      this.#rows++;
    }
    return end;
  }

  #take(end: number): void {
    const { reader } = this;
    const { pos, node } = reader;
    const count = end - pos;
    if (node.rep > 0) append(this.#reps, reader.reps, pos, end);
    let defined = count;
    if (node.def > 0) {
      append(this.#defs, reader.defs, pos, end);
      if (!reader.dense) {
        defined = 0;
        for (let i = pos; i < end; i++) if (reader.defs[i] === node.def) defined++;
      }
    }
    if (defined > 0) reader.source.read(this.#values, defined);
    this.#entries += count;
    reader.pos = end;
  }
}

function append(builder: ByteBuilder, bytes: Uint8Array, start: number, end: number): void {
  const at = builder.grow(end - start);
  builder.bytes.set(bytes.subarray(start, end), at);
}
