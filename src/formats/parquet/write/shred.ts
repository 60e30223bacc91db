/**
 * Shredding: what the rows of a column are to each of its Parquet leaves, as levels and ranges of values (the Dremel
 * paper, https://research.google/pubs/dremel-interactive-analysis-of-web-scale-datasets-2/, section 4.1). It works on
 * runs of rows: a column without nulls is one run, a vector without nulls one a row.
 */
import { getBit } from '../../../core/bitmap.ts';
import { type Column, encodingOf, listElements, valueBytes } from '../../../core/column.ts';
import type { LevelWriter } from './levels.ts';

/** One way down from a node of the schema to the next. */
type Step =
  /** Rows without their bit in `validity` are null; none is when there is no bitmap. */
  | { readonly kind: 'optional'; readonly validity: Uint8Array | null }
  /** Row i is a list of the items [`first(i)`, `first(i + 1)`). */
  | { readonly kind: 'list'; readonly isFixed: boolean; first(row: number): number };

/** The items that a leaf's pages are made of. */
export type LeafItems =
  /** An item is a number. */
  | { readonly kind: 'numbers'; readonly values: Column['values'] }
  /** An item is a row of a column of another layout (text, bits, bytes of a vector). */
  | { readonly kind: 'rows'; readonly column: Column };

/** A leaf of a column. */
export interface Leaf {
  readonly steps: readonly Step[];
  readonly items: LeafItems;
}

/** Whether all rows of a leaf have the same levels: no row is null and lists have one length. */
export function isRegular({ steps }: Leaf): boolean {
  return steps.every((step) => step.kind === 'optional' ? step.validity === null : step.isFixed);
}

/** Runs of items, `[start, end, start, end, ...)`, ascending. */
export type Ranges = readonly number[];

/** Bytes of a (u32, f32) pair of a sparse vector. */
const PAIR_BYTES = 8;

const ALWAYS_THERE: Step = { kind: 'optional', validity: null };

/** The leaves of `column`, in the order of `columnElements` in `layout.ts`. */
export function leavesOf(column: Column, nullable: boolean): Leaf[] {
  const { type, children, offsets } = column;
  const steps: Step[] = nullable ? [{ kind: 'optional', validity: column.validity }] : [];
  switch (type.kind) {
    case 'FloatVector':
    case 'DoubleVector':
    case 'Int8Vector':
      steps.push({ kind: 'list', isFixed: true, first: (row) => row * type.dim }, ALWAYS_THERE);
      return [{ steps, items: { kind: 'numbers', values: column.values } }];
    case 'SparseFloatVector':
      steps.push(listStep(offsets!, PAIR_BYTES), ALWAYS_THERE);
      return splitPairs(valueBytes(column)).map((values) => ({ steps, items: { kind: 'numbers', values } }));
    case 'Array':
      steps.push(listStep(offsets!, 1));
      return leavesOf(listElements(column, children[0]), true).map((leaf) => below(steps, leaf));
    case 'StructArray':
      steps.push(listStep(offsets!, 1), ALWAYS_THERE);
      return type.fields.flatMap((field, i) =>
        leavesOf(listElements(column, children[i]), field.nullable).map((leaf) => below(steps, leaf))
      );
    default:
      return [{
        steps,
        items: isNumber(column) ? { kind: 'numbers', values: column.values } : { kind: 'rows', column },
      }];
  }
}

/** Lists of items of `size` each, which begin at the first offset. */
function listStep(offsets: Int32Array, size: number): Step {
  return { kind: 'list', isFixed: false, first: (row) => (offsets[row] - offsets[0]) / size };
}

function below(steps: readonly Step[], leaf: Leaf): Leaf {
  return { ...leaf, steps: [...steps, ...leaf.steps] };
}

/** Whether a row is a single number that Parquet holds as such. */
function isNumber({ type }: Column): boolean {
  const encoding = encodingOf(type);
  return encoding.layout === 'fixed' && encoding.stride === 1 && !type.kind.endsWith('Vector') &&
    type.kind !== 'Timestamptz';
}

/** The indices and the values of (u32, f32) pairs. */
function splitPairs(bytes: Uint8Array<ArrayBuffer>): [Int32Array<ArrayBuffer>, Float32Array<ArrayBuffer>] {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
  const indices = new Int32Array(words.length / 2);
  const values = new Int32Array(words.length / 2);
  for (let i = 0; i < indices.length; i++) {
    indices[i] = words[2 * i];
    values[i] = words[2 * i + 1];
  }
  return [indices, new Float32Array(values.buffer)];
}

/** Adds the levels of the first `rows` rows of a leaf; returns which items are there. */
export function shred(steps: readonly Step[], rows: number, reps: LevelWriter, defs: LevelWriter): Ranges {
  const ranges: number[] = [];

  /** Adds `count` slots, the first of which continues at `rep` and the others at `level`. */
  function addSlots(count: number, rep: number, level: number, def: number): void {
    reps.add(rep, 1);
    if (count > 1) reps.add(level, count - 1);
    defs.add(def, count);
  }

  /** Goes down from step `depth` with the siblings [`start`, `end`) of a list at repetition level `level`. */
  function descend(depth: number, start: number, end: number, rep: number, level: number, def: number): void {
    if (depth === steps.length) {
      addSlots(end - start, rep, level, def);
      if (ranges.at(-1) === start) ranges[ranges.length - 1] = end;
      else ranges.push(start, end);
      return;
    }
    const step = steps[depth];
    if (step.kind === 'list') {
      for (let row = start; row < end; row++) {
        const from = row === start ? rep : level;
        const [first, last] = [step.first(row), step.first(row + 1)];
        if (first === last) addSlots(1, from, level, def);
        else descend(depth + 1, first, last, from, level + 1, def + 1);
      }
    } else if (step.validity === null) {
      descend(depth + 1, start, end, rep, level, def + 1);
    } else {
      for (let row = start, stop = start; row < end; row = stop) {
        const from = row === start ? rep : level;
        const valid = getBit(step.validity, row);
        while (++stop < end && getBit(step.validity, stop) === valid);
        if (valid) descend(depth + 1, row, stop, from, level, def + 1);
        else addSlots(stop - row, from, level, def);
      }
    }
  }

  if (rows > 0) descend(0, 0, rows, 0, 0, 0);
  return ranges;
}

/** How many items `ranges` hold. */
export function countItems(ranges: Ranges): number {
  let count = 0;
  for (let i = 0; i < ranges.length; i += 2) count += ranges[i + 1] - ranges[i];
  return count;
}
