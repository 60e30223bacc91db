/** What the first rows hold: for each column the kinds of its cells, as far as their types depend on them. */
import { isVtsError } from '../../errors.ts';
import {
  ARRAY,
  BOOL,
  FLOAT,
  HUGE,
  INT,
  isInt64,
  newSeen,
  NULL,
  NUMERIC,
  OBJECT,
  PAIRS,
  sampleValue,
  type Seen,
  SPECIAL,
  TEXT,
} from '../json-values/sample.ts';
import { skipSpace } from '../json-values/text.ts';
import { type CellText, cellText } from './cell-text.ts';
import type { Head } from './head.ts';
import { QUOTED, type Records } from './records.ts';

const STRUCTURED = ARRAY | PAIRS | OBJECT;
/** Numbers and booleans longer than this are text. */
const LONGEST_NUMBER = 400;

/** The kinds of the cells of one column, with quotes and without. */
interface Kinds {
  readonly seen: Seen;
  bare: number;
  quoted: number;
}

/** What the sampled cells of each column were, and the number of rows. */
export function sampleColumns(head: Head): { seen: ReadonlyMap<string, Seen>; rows: number } {
  const columns = head.header.names.map((): Kinds => ({ seen: newSeen(), bare: 0, quoted: 0 }));
  let cell: CellText | undefined;
  const { rows } = head.sample((records) => {
    cell ??= cellText(records);
    for (let i = 0; i < columns.length && i < records.cells.count; i++) {
      sampleCell(records, i, cell, columns[i]);
    }
  });
  // Where any number stands without quotes, quotes say that a number is text; where all have them, they say nothing.
  const quotesMatter = columns.some(({ bare }) => (bare & ~NULL & ~STRUCTURED) !== 0);
  for (const { seen, bare, quoted } of columns) {
    seen.rows = rows;
    seen.kinds = oneKind(bare | (quotesMatter ? asText(quoted) : quoted));
  }
  return { seen: new Map(columns.map(({ seen }, i) => [head.header.names[i], seen])), rows };
}

/** `kinds` of cells in quotes where the quotes say that scalars are text. */
function asText(kinds: number): number {
  const isScalar = (kinds & ~STRUCTURED & ~NULL) !== 0 || kinds === NULL;
  return isScalar ? (kinds & STRUCTURED) | TEXT : kinds;
}

/** `kinds` as those of one JSON type: what is mixed is text, as its cells are. */
function oneKind(kinds: number): number {
  const nulls = kinds & NULL;
  const others = kinds & ~NULL;
  if ((others & STRUCTURED) === others && others !== 0) return kinds;
  const isDecimal = (others & FLOAT) !== 0 && (others & ~NUMERIC) === 0;
  if (others === BOOL || others === INT || isDecimal || others === (INT | SPECIAL)) return kinds;
  return nulls | TEXT;
}

function sampleCell(records: Records, i: number, cell: CellText, column: Kinds): void {
  const { cells, bytes } = records;
  const [start, end] = [cells.starts[i], cells.ends[i]];
  const isQuoted = (cells.flags[i] & QUOTED) !== 0;
  const kind = start === end
    ? NULL
    : isStructured(bytes, start, end)
    ? sampleStructured(i, cell, column.seen)
    : sampleScalar(bytes, start, end);
  if (isQuoted) column.quoted |= kind;
  else column.bare |= kind;
}

function isStructured(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && bytes[at] <= 0x20) at++;
  return bytes[at] === 0x5b || bytes[at] === 0x7b;
}

/** The kind of a cell that looks like JSON, which it need not be. */
function sampleStructured(i: number, cell: CellText, seen: Seen): number {
  try {
    cell.load(i, 'json');
    skipSpace(cell.text);
    const kind = sampleValue(cell.text, seen);
    skipSpace(cell.text);
    return cell.text.pos === cell.text.end - 1 ? kind : TEXT;
  } catch (error) {
    if (isVtsError(error)) return TEXT;
    throw error;
  }
}

function sampleScalar(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > LONGEST_NUMBER) return TEXT;
  const text = String.fromCharCode(...bytes.subarray(start, end));
  if (/^-?(0|[1-9]\d*)$/.test(text)) return isInt64(text) ? INT : HUGE;
  if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return FLOAT;
  if (/^(true|false)$/i.test(text)) return BOOL;
  return /^(nan|-?inf(inity)?)$/i.test(text) ? SPECIAL : TEXT;
}
