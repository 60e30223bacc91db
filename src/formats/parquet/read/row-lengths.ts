/** A look at the first lists of a column: are all of one length? */
import { many } from '../../../core/many.ts';
import type { ParquetFile } from './footer.ts';
import { LeafReader } from './leaf-reader.ts';
import type { LeafShape, ListShape } from './shape.ts';

/** What the first rows of a list have in common. */
export interface RowLengths {
  /** Lists looked at, null ones aside. */
  readonly lists: number;
  /** The length of all of them; `undefined` when they differ, are empty or one has a null element. */
  readonly length?: number;
  /** The first list that is unlike the others, where nearly all are alike. */
  readonly odd?: { readonly row: number; readonly message: string };
}

/** Lists that are enough to tell. */
const ENOUGH = 1000;
/** Entries after which one list at least should have ended. */
const MOST_ENTRIES = 1 << 24;
/** Null rows may come first for long; not for ever. */
const MOST_NULLS = 1 << 20;

/** The share of lists that must be alike for another to be odd. */
const NEARLY_ALL = 0.9;
/** Stands for the length of lists with null elements. */
const WITH_NULL = -1;

/** How many lists there are of a length, and the row of the first. */
type Tally = Map<number, { count: number; readonly row: number }>;

/** Looks at the lists of `shape` in as many pages as it takes to see {@linkcode ENOUGH}, at most. */
export async function firstRowLengths(file: ParquetFile, shape: ListShape): Promise<RowLengths> {
  const { node } = shape.element as LeafShape;
  const leaf = new LeafReader(file, node);
  const tally: Tally = new Map();
  let [row, lists, nulls] = [-1, 0, 0];
  // Of the list at hand; `undefined` before the first and for a null one.
  let length: number | undefined;
  const endList = () => {
    if (length === undefined) return;
    lists++;
    const seen = tally.get(length);
    if (seen === undefined) tally.set(length, { count: 1, row });
    else seen.count++;
  };
  for (let entries = 0; entries < MOST_ENTRIES && nulls < MOST_NULLS; entries += leaf.end) {
    if (!await leaf.more()) {
      endList();
      break;
    }
    for (let i = 0; i < leaf.end; i++) {
      const def = leaf.defs[i];
      if (leaf.reps[i] === 0) {
        endList();
        row++;
        length = def < shape.def ? undefined : 0;
        if (length === undefined) nulls++;
      }
      if (def === node.def) length = length === WITH_NULL ? WITH_NULL : length! + 1;
      else if (def >= shape.elementDef) length = WITH_NULL;
    }
    leaf.pos = leaf.end;
    if (leaf.pageEnds && lists >= ENOUGH) break;
  }
  return summary(lists, tally);
}

function summary(lists: number, tally: Tally): RowLengths {
  const [[usual, { count }] = [0, { count: 0 }], ...others] = [...tally].sort(([, a], [, b]) =>
    b.count - a.count
  );
  if (usual <= 0) return { lists };
  if (others.length === 0) return { lists, length: usual };
  if (count < NEARLY_ALL * lists) return { lists };
  const [length, { row }] = others.reduce((first, other) => other[1].row < first[1].row ? other : first);
  const has = length === WITH_NULL ? 'a null element' : many(length, 'element');
  const most = length === WITH_NULL ? `${usual} elements, none of them null` : usual;
  return { lists, odd: { row, message: `row ${row} has ${has}, most have ${most}` } };
}
