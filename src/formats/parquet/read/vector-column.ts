/**
 * Vector columns: lists of numbers, each row of the same length. Where the levels of a page are those of whole rows without
 * a null, its values are copied as one block of bytes; else entry by entry. Those that need no unpacking are read to where they
 * belong.
 */
import { roomFor } from '../../../core/batch-memory.ts';
import { clearBit, makeBitmap } from '../../../core/bitmap.ts';
import { fixedColumnFromBytes } from '../../../core/column.ts';
import { formatType } from '../../../core/types.ts';
import { many } from '../../../core/many.ts';
import { VtsError } from '../../../errors.ts';
import type { ColumnPlan } from './column-plan.ts';
import type { ColumnReader } from './column-reader.ts';
import type { ParquetFile } from './footer.ts';
import { LeafReader } from './leaf-reader.ts';
import { RegularLevels } from './regular-levels.ts';
import { narrow, vectorBytes, type VectorLayout } from './nest-column.ts';
import type { ListShape } from './shape.ts';
import { ValueReads } from './value-reads.ts';
import { valueWidth } from './values.ts';

/** Reads the column of `plan`, a list of which each row has `layout.elements`. */
export function vectorColumnReader(
  file: ParquetFile,
  { plan, layout, group }: { plan: ColumnPlan; layout: VectorLayout; group: number },
): ColumnReader {
  const rows = new VectorRows(file, plan, layout, group);
  const { type } = plan.field;
  return {
    rowBytes: layout.elements * layout.width,
    async read(count) {
      const { bytes, validity } = await rows.read(count);
      return fixedColumnFromBytes(type, bytes, validity);
    },
    skip: (count) => rows.skip(count),
    finish: () => rows.finish(),
  };
}

/** Rows of a batch that are being filled. */
interface Target {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly rows: number;
  validity: Uint8Array | null;
  /** The row at hand. */
  row: number;
}

const SKIP_BYTES = 1 << 20;

class VectorRows {
  readonly #leaf: LeafReader;
  readonly #reads: ValueReads;
  readonly #list: ListShape;
  readonly #plan: ColumnPlan;
  readonly #elements: number;
  readonly #width: number;
  readonly #copy: (target: Target, element: number, count: number) => void;
  /** The row of the file that a target's row 0 is. */
  #firstRow: number;
  /** Elements of the row at hand that were read. */
  #filled = 0;

  constructor(file: ParquetFile, plan: ColumnPlan, layout: VectorLayout, group: number) {
    const list = plan.shape as ListShape;
    const { node } = list.element as { node: LeafReader['node'] };
    const isAsInMemory = valueWidth(node.element) === layout.width;
    this.#reads = new ValueReads(file.source);
    this.#leaf = new LeafReader(file, node, group, {
      levels: new RegularLevels(layout.elements),
      ...(isAsInMemory && { reads: this.#reads }),
    });
    this.#list = list;
    this.#plan = plan;
    this.#elements = layout.elements;
    this.#width = layout.width;
    this.#firstRow = file.groups[group]?.firstRow ?? 0;
    this.#copy = isAsInMemory
      ? ({ bytes }, element, count) => this.#leaf.source.copy(bytes, element * layout.width, count)
      : (target, element, count) => this.#narrow(target, element, count, layout.signed);
  }

  async read(rows: number): Promise<Target> {
    const target: Target = {
      bytes: roomFor(vectorBytes(rows, this.#elements * this.#width)),
      rows,
      validity: null,
      row: 0,
    };
    const leaf = this.#leaf;
    while (target.row < rows) {
      const missing = (rows - target.row) * this.#elements - this.#filled;
      if (leaf.pos === leaf.end && !await leaf.more(missing, this.#filled)) {
        if (this.#filled > 0) throw this.#wrongLength(target.row, this.#filled);
        throw new VtsError('InputMalformed', 'a column ends before its last row', {
          expected: `${many(rows - target.row, 'row')} more`,
        });
      }
      if (leaf.regular && leaf.pos === 0) this.#takeRegular(target);
      else this.#takeEntries(target);
    }
    await this.#reads.settle();
    this.#firstRow += rows;
    return target;
  }

  async skip(rows: number): Promise<void> {
    const step = Math.max(1, Math.floor(SKIP_BYTES / (this.#elements * this.#width)));
    for (let left = rows; left > 0; left -= Math.min(left, step)) await this.read(Math.min(left, step));
  }

  async finish(): Promise<void> {
    const leaf = this.#leaf;
    if (leaf.pos === leaf.end && !await leaf.more()) return;
    if (leaf.reps[leaf.pos] !== 0) throw this.#tooLong(this.#firstRow - 1);
    await leaf.expectEnd();
  }

  #takeRegular(target: Target): void {
    const leaf = this.#leaf;
    const count = leaf.end;
    this.#copy(target, target.row * this.#elements + this.#filled, count);
    leaf.pos = count;
    this.#filled += count;
    target.row += Math.floor(this.#filled / this.#elements);
    this.#filled %= this.#elements;
  }

  #takeEntries(target: Target): void {
    const leaf = this.#leaf;
    const { reps, defs, end, node } = leaf;
    const list = this.#list;
    const elements = this.#elements;
    let { pos } = leaf;
    while (pos < end && target.row < target.rows) {
      if (this.#filled === 0) {
        if (reps[pos] !== 0) throw this.#tooLong(this.#firstRow + target.row - 1);
        if (defs[pos] < list.elementDef) {
          if (defs[pos++] >= list.def) throw this.#wrongLength(target.row, 0);
          target.validity ??= makeBitmap(target.rows, true);
          clearBit(target.validity, target.row);
          const start = target.row++ * elements * this.#width;
          target.bytes.fill(0, start, start + elements * this.#width);
          continue;
        }
      }
      // The elements of one row: up to its last, or the last at hand.
      const filled = this.#filled;
      const stop = Math.min(end, pos + elements - filled);
      let at = pos;
      if (filled === 0 && defs[at] === node.def) at++;
      while (at < stop && reps[at] !== 0 && defs[at] === node.def) at++;
      this.#filled += at - pos;
      if (at < stop) {
        if (reps[at] === 0 && this.#filled > 0) throw this.#wrongLength(target.row, this.#filled);
        throw this.#nullElement(target.row);
      }
      this.#copy(target, target.row * elements + filled, at - pos);
      pos = at;
      if (this.#filled === elements) {
        this.#filled = 0;
        target.row++;
      }
    }
    leaf.pos = pos;
  }

  #narrow(target: Target, element: number, count: number, signed: boolean): void {
    const wide = new Uint8Array(count * 4);
    this.#leaf.source.copy(wide, 0, count);
    const bad = narrow(new Int32Array(wide.buffer), target.bytes.subarray(element, element + count), signed);
    if (bad < 0) return;
    throw new VtsError('RowInvalid', 'an element of the vector does not fit a byte', {
      row: this.#firstRow + Math.floor((element + bad) / this.#elements),
      expected: signed ? '-128 to 127' : '0 to 255',
    });
  }

  #wrongLength(row: number, found: number): VtsError {
    return this.#rowInvalid(this.#firstRow + row, `the vector has ${many(found, 'element')}`);
  }

  #tooLong(row: number): VtsError {
    return this.#rowInvalid(row, `the vector has more than ${many(this.#elements, 'element')}`);
  }

  #nullElement(row: number): VtsError {
    return this.#rowInvalid(this.#firstRow + row, `element ${this.#filled} of the vector is null`);
  }

  #rowInvalid(row: number, message: string): VtsError {
    return new VtsError('RowInvalid', message, {
      row,
      expected: `${many(this.#elements, 'element')}, as ${formatType(this.#plan.field.type)} has`,
      remedy: 'mend the row, leave the column out with --fields, or say with --schema that it is an Array',
    });
  }
}
