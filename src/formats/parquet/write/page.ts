/** Data pages of version 1, which every reader knows: levels and values of some rows of one leaf. */
import type { Encoding } from 'hyparquet';
import { type LeafPlace } from './leaf-place.ts';
import { type LevelWriter, levelWriter } from './levels.ts';
import { isRegular, type Leaf, type Ranges, shred } from './shred.ts';
import { encodeItems, splitByteStreams } from './values.ts';

/** A page before compression. */
export interface Page {
  /** Its bytes, in pieces. */
  readonly parts: readonly Uint8Array[];
  /** How many values it has, nulls and empty lists included. */
  readonly slots: number;
  /** Which items of the leaf it holds. */
  readonly ranges: Ranges;
}

/** Makes the pages of one leaf. */
export interface PageEncoder {
  readonly encoding: Encoding;
  /** A page of the first `rows` rows of `leaf`; it may share memory with it. */
  encode(leaf: Leaf, rows: number): Page;
}

const SPLIT_WIDTHS: Readonly<Record<string, number>> = { FLOAT: 4, DOUBLE: 8 };

/** An encoder of the pages of the leaf at `place`; `split` asks for byte-stream-split floats. */
export function pageEncoder(place: LeafPlace, split: boolean): PageEncoder {
  const splitWidth = split ? SPLIT_WIDTHS[place.type] : undefined;
  const reps = levelWriter(place.maxRep);
  const defs = levelWriter(place.maxDef);
  /** The page before without its values, when all pages of as many regular rows are like it. */
  let regular: { readonly rows: number; readonly levels: Page } | undefined;

  function encodeLevels(leaf: Leaf, rows: number): Page {
    const ranges = shred(leaf.steps, rows, reps, defs);
    const slots = defs.count;
    return { parts: [...withLength(place.maxRep, reps), ...withLength(place.maxDef, defs)], slots, ranges };
  }

  return {
    encoding: splitWidth !== undefined
      ? 'BYTE_STREAM_SPLIT'
      : place.hasDictionary
      ? 'RLE_DICTIONARY'
      : 'PLAIN',
    encode(leaf, rows) {
      const isLikeLast = isRegular(leaf) && regular?.rows === rows;
      const levels = isLikeLast ? regular!.levels : encodeLevels(leaf, rows);
      if (isRegular(leaf)) regular = { rows, levels };
      const plain = encodeItems(leaf.items, levels.ranges);
      const values = splitWidth === undefined ? plain : splitByteStreams(plain, splitWidth);
      return { ...levels, parts: [...levels.parts, values] };
    },
  };
}

/** The levels of `writer` behind their length; nothing when there is but one level. */
function withLength(max: number, writer: LevelWriter): Uint8Array[] {
  const levels = writer.finish();
  if (max === 0) return [];
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, levels.length, true);
  return [length, levels];
}
