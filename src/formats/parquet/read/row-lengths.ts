/** A look at the first lists of a column: are all of one length? */
import type { ParquetFile } from './footer.ts';
import { LeafReader } from './leaf-reader.ts';
import type { LeafShape, ListShape } from './shape.ts';

/** What the first rows of a list have in common. */
export interface RowLengths {
  /** Lists looked at, null ones aside. */
  readonly lists: number;
  /** The length of all of them; `undefined` when they differ, one is empty or has a null element. */
  readonly length: number | undefined;
}

/** Lists that are enough to tell. */
const ENOUGH = 1000;
/** Entries after which one list at least should have ended. */
const MOST_ENTRIES = 1 << 24;
/** Null rows may come first for long; not for ever. */
const MOST_NULLS = 1 << 20;

/** Looks at the lists of `shape` in as many pages as it takes to see {@linkcode ENOUGH}, at most. */
export async function firstRowLengths(file: ParquetFile, shape: ListShape): Promise<RowLengths> {
  const { node } = shape.element as LeafShape;
  const leaf = new LeafReader(file, node);
  let lists = 0;
  let length: number | undefined;
  let current = 0;
  let nulls = 0;
  const endList = (): boolean => {
    if (current === 0) return true;
    lists++;
    length ??= current;
    const same = current === length;
    current = 0;
    return same;
  };
  for (let entries = 0; entries < MOST_ENTRIES && nulls < MOST_NULLS; entries += leaf.end) {
    if (!await leaf.more()) {
      if (!endList()) return { lists, length: undefined };
      break;
    }
    for (let i = 0; i < leaf.end; i++) {
      const def = leaf.defs[i];
      if (leaf.reps[i] === 0 && !endList()) return { lists, length: undefined };
      if (def === node.def) current++;
      else if (def < shape.def) nulls++;
      else return { lists, length: undefined };
    }
    leaf.pos = leaf.end;
    if (leaf.pageEnds && lists >= ENOUGH) break;
  }
  return { lists, length };
}
