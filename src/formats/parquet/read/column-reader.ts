/** Reads one column, whatever its pages, as rows are asked for. */
import { type Column, fixedRowBytes } from '../../../core/column.ts';
import { isVtsError, VtsError } from '../../../errors.ts';
import type { ColumnPlan } from './column-plan.ts';
import type { ParquetFile } from './footer.ts';
import { LeafReader } from './leaf-reader.ts';
import { type LeafLevels, LeafRows } from './leaf-rows.ts';
import type { Reject } from './leaf-column.ts';
import { assemble } from './nest.ts';
import { nestColumn } from './nest-column.ts';
import { leavesOf } from './shape.ts';
import { vectorColumnReader } from './vector-column.ts';

/** A column being read, from some row on. */
export interface ColumnReader {
  /** Bytes a row takes in memory; `undefined` when that differs. */
  readonly rowBytes: number | undefined;
  /**
   * The next rows: `rows` of them, or fewer but at least one when they take more than about `budget` bytes.
   * @throws VtsError RowInvalid, InputMalformed, InputUnsupported, ...
   */
  read(rows: number, budget: number): Promise<Column>;
  /** Goes past the next `rows` rows. */
  skip(rows: number): Promise<void>;
  /** Fails when there is more than was read. */
  finish(): Promise<void>;
}

/** Rows that are read at once to be dropped. */
const SKIP = 1024;

/** The reader of `plan`'s column from row group `group` on. Its errors tell the file and the field. */
export function openColumn(file: ParquetFile, plan: ColumnPlan, group: number): ColumnReader {
  const placed = (error: unknown): unknown =>
    isVtsError(error) ? error.at({ file: file.source.name, field: plan.field.name }) : error;
  try {
    const reader = plan.vector === undefined
      ? generalReader(file, plan, group)
      : vectorColumnReader(file, { plan, layout: plan.vector, group });
    const place = <T>(work: Promise<T>): Promise<T> =>
      work.catch((error) => {
        throw placed(error);
      });
    return {
      rowBytes: reader.rowBytes,
      read: (rows, budget) => place(reader.read(rows, budget)),
      skip: (rows) => place(reader.skip(rows)),
      finish: () => place(reader.finish()),
    };
  } catch (error) {
    throw placed(error);
  }
}

/** Reads what has no faster way: scalars, text, nested columns. */
function generalReader(file: ParquetFile, { shape, field }: ColumnPlan, group: number): ColumnReader {
  const leaves = leavesOf(shape).map((node) => new LeafRows(new LeafReader(file, node, group)));
  let row = file.groups[group]?.firstRow ?? 0;
  let bytesPerRow = 0;

  const fill = async (rows: number): Promise<void> => {
    for (const leaf of leaves) await leaf.fill(rows);
  };
  const collected = () => leaves.reduce((sum, leaf) => sum + leaf.byteLength, 0);
  const finishRows = (): Map<number, LeafLevels> =>
    new Map(leaves.map((leaf) => [leaf.reader.node.leaf, leaf.finish()]));
  /** Rows to read next. Steps grow from few rows on, so that a look at their size is enough to stop in time. */
  const step = (held: number, budget: number): number => {
    if (bytesPerRow === 0) return 1;
    return Math.max(1, Math.min(Math.floor((budget - collected()) / bytesPerRow), Math.max(16, held)));
  };
  const rowBytes = field.type.kind === 'Bool' ? 1 : fixedRowBytes(field.type);

  return {
    rowBytes,
    async read(rows, budget) {
      let held = 0;
      while (held < rows) {
        held = rowBytes === undefined ? Math.min(rows, held + step(held, budget)) : rows;
        await fill(held);
        const bytes = collected();
        bytesPerRow = Math.max(1, bytes / held);
        if (bytes >= budget) break;
      }
      const firstRow = row;
      row += held;
      const reject: Reject = (slot, message, expected) =>
        new VtsError('RowInvalid', message, { row: firstRow + slot, expected });
      return nestColumn(assemble(shape, finishRows()), field.type, reject);
    },
    async skip(rows) {
      let left = rows - (leaves.length === 1 ? await leaves[0].reader.skipPages(rows) : 0);
      row += rows;
      for (; left > 0; left -= Math.min(SKIP, left)) {
        await fill(Math.min(SKIP, left));
        finishRows();
      }
    },
    async finish() {
      for (const leaf of leaves) await leaf.reader.expectEnd();
    },
  };
}
