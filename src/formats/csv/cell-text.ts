/** One cell as JSON text, so that the readers of JSON values read cells too. */
import type { LogicalType } from '../../core/types.ts';
import { isDenseVector } from '../../core/types.ts';
import { byteStore, reserve } from '../json-values/byte-store.ts';
import { writeString } from '../json-values/strings.ts';
import { emptyText, PADDING, type Text } from '../json-values/text.ts';
import { DOUBLED, QUOTED, type Records } from './records.ts';

/** How the cells of a type are written: as the text they are, as a time, a number or a boolean, or as JSON. */
export type CellForm = 'text' | 'time' | 'number' | 'boolean' | 'json';

/** The form of cells of `type`. */
export function cellForm(type: LogicalType): CellForm {
  switch (type.kind) {
    case 'VarChar':
    case 'Geometry':
      return 'text';
    case 'Timestamptz':
      return 'time';
    case 'Bool':
      return 'boolean';
    case 'JSON':
    case 'Array':
    case 'StructArray':
    case 'SparseFloatVector':
      return 'json';
    default:
      return isDenseVector(type) ? 'json' : 'number';
  }
}

/** Cell after cell as JSON text. */
export interface CellText {
  readonly text: Text;
  /** Puts cell `i` of the record scanned last into `text`. */
  load(i: number, form: CellForm): void;
}

/** The words that CSV files have for floats that are no numbers, in lower case. */
const SPECIALS: Readonly<Record<string, string>> = {
  nan: 'NaN',
  inf: 'Infinity',
  infinity: 'Infinity',
  '-inf': '-Infinity',
  '-infinity': '-Infinity',
};
const LONGEST_WORD = 9;
const BOOLEANS: Readonly<Record<string, string>> = {
  true: 'true',
  false: 'false',
  '1': 'true',
  '0': 'false',
};

const ascii = new TextEncoder();

/** The cells of `records` as JSON text. */
export function cellText(records: Records): CellText {
  const text = emptyText(records.file, 'cell');
  const store = byteStore();
  const plain = byteStore();
  const raw = (i: number) => {
    const { starts, ends, flags } = records.cells;
    store.length = 0;
    reserve(store, ends[i] - starts[i]);
    copyCell(records.bytes, starts[i], ends[i], (flags[i] & DOUBLED) !== 0, store);
  };
  const word = (word: string | undefined) => {
    if (word === undefined) return;
    const bytes = ascii.encode(word);
    store.bytes.set(bytes);
    store.length = bytes.length;
  };
  const lowerCase = () =>
    store.length > LONGEST_WORD
      ? ''
      : String.fromCharCode(...store.bytes.subarray(0, store.length)).trim().toLowerCase();
  return {
    text,
    load(i, form) {
      reserve(store, PADDING);
      raw(i);
      if (form === 'text' || form === 'time') {
        plain.length = 0;
        writeString(plain, store.bytes, 0, store.length);
        store.length = 0;
        reserve(store, plain.length + PADDING);
        store.bytes.set(plain.bytes.subarray(0, plain.length));
        store.length = plain.length;
      } else if (form === 'number') {
        const first = store.bytes[store.length > 1 && store.bytes[0] === 0x2d ? 1 : 0] | 0x20;
        if (first === 0x6e || first === 0x69) word(SPECIALS[lowerCase()]);
      } else if (form === 'boolean') word(BOOLEANS[lowerCase()]);
      else unbreakLines(store.bytes, store.length);
      reserve(store, PADDING);
      store.bytes[store.length] = 0x0a;
      if (text.bytes !== store.bytes) Object.assign(text, { bytes: store.bytes, view: store.view });
      text.pos = 0;
      text.end = store.length + 1;
      text.base = records.base + records.cells.starts[i];
      text.line = records.recordLine;
      text.row = records.row;
    },
  };
}

/** Appends the cell `[start, end)` of `bytes` to `store`, doubled quotes as one; there is room for it. */
export function copyCell(
  bytes: Uint8Array,
  start: number,
  end: number,
  isDoubled: boolean,
  store: { bytes: Uint8Array; length: number },
): void {
  if (!isDoubled) {
    store.bytes.set(bytes.subarray(start, end), store.length);
    store.length += end - start;
    return;
  }
  let to = store.length;
  for (let at = start; at < end; at++) {
    store.bytes[to++] = bytes[at];
    if (bytes[at] === 0x22) at++;
  }
  store.length = to;
}

/** Line feeds between tokens become spaces; those within strings returns, which strings may not hold either. */
function unbreakLines(bytes: Uint8Array, length: number): void {
  const first = bytes.indexOf(0x0a);
  if (first < 0 || first >= length) return;
  let inString = false;
  for (let at = 0; at < length; at++) {
    if (bytes[at] === 0x22) inString = !inString;
    else if (bytes[at] === 0x5c) at++;
    else if (bytes[at] === 0x0a) bytes[at] = inString ? 0x0d : 0x20;
  }
}

/** Whether cell `i` stands for no value: nothing between its delimiters, or between quotes where `form` is no text. */
export function isEmpty({ cells }: Records, i: number, form: CellForm): boolean {
  return cells.starts[i] === cells.ends[i] && (form !== 'text' || (cells.flags[i] & QUOTED) === 0);
}
