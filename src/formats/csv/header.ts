/** The first record: how cells are separated, and the names of the columns. */
import type { Schema } from '../../core/schema.ts';
import { decodeUtf8 } from '../../core/values.ts';
import { VtsError } from '../../errors.ts';
import { byteStore, reserve } from '../json-values/byte-store.ts';
import { copyCell } from './cell-text.ts';
import { DOUBLED, isBlank, type Records } from './records.ts';

/** The characters that may separate cells; the first one wins a draw. */
const TAB = 0x09;
const DELIMITERS = [0x2c, TAB, 0x3b, 0x7c];

/** How people call a delimiter. */
export const DELIMITER_NAMES: Readonly<Record<number, string>> = {
  0x2c: 'comma',
  0x09: 'tab',
  0x3b: 'semicolon',
  0x7c: 'bar',
};

/** The columns of a file, in its order. */
export interface Header {
  readonly names: readonly string[];
  /** Whether the first record is a row: the names are those of the user's schema then. */
  readonly absent: boolean;
  readonly notes: readonly string[];
}

/** Moves `records` to the first record, past a byte order mark. @throws VtsError InputMalformed, InputUnsupported */
export async function beginRecords(records: Records): Promise<void> {
  await records.fill();
  while (records.filled < 3 && await records.fill());
  const [first, second, third] = records.bytes.subarray(0, records.filled);
  if (first === 0xef && second === 0xbb && third === 0xbf) records.pos = 3;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new VtsError('InputUnsupported', 'The file is in UTF-16', {
      file: records.file,
      byte: 0,
      expected: 'UTF-8',
      remedy: 'convert it first: iconv -f UTF-16 -t UTF-8 FILE > NEW',
    });
  }
  let counts = countDelimiters(records);
  while (counts === undefined && await records.fill()) counts = countDelimiters(records);
  records.delimiter = counts === undefined ? DELIMITERS[0] : usualDelimiter(counts, records.file);
}

/** The character that separates most cells of the first line. */
function usualDelimiter(counts: ReadonlyMap<number, number>, file: string): number {
  if (counts.get(TAB)! > 0 && /\.tsv(\.\w+)?$/i.test(file)) return TAB;
  return DELIMITERS.toSorted((a, b) => counts.get(b)! - counts.get(a)!)[0];
}

/** How often each delimiter is in the line at hand, outside of quotes; `undefined` when the line is not whole. */
function countDelimiters({ bytes, pos, filled }: Records): ReadonlyMap<number, number> | undefined {
  const counts = new Map<number, number>(DELIMITERS.map((delimiter) => [delimiter, 0]));
  let inQuotes = false;
  let closed = -Infinity;
  for (let at = pos; at < filled; at++) {
    const byte = bytes[at];
    if (byte === 0x22 && inQuotes) [inQuotes, closed] = [false, at];
    // Only where a cell begins does a quote open it, or behind another one that did not end it.
    else if (byte === 0x22) inQuotes = at === pos || counts.has(bytes[at - 1]) || closed === at - 1;
    else if (inQuotes) continue;
    else if (byte === 0x0a) return counts;
    else if (counts.has(byte)) counts.set(byte, counts.get(byte)! + 1);
  }
  return undefined;
}

/** The character that cuts the line at hand into `cells` cells: its texts may hold more of another one. */
function fittingDelimiter(records: Records, cells: number): number | undefined {
  const counts = countDelimiters(records);
  return DELIMITERS.find((delimiter) => counts?.get(delimiter) === cells - 1);
}

/**
 * Reads the names of the columns. With `schema`, a first record that names none of its fields is a row already.
 * @throws VtsError InputMalformed, InputTruncated
 */
export async function readHeader(records: Records, schema: Schema | undefined): Promise<Header> {
  let found = await records.next();
  while (found && isBlank(records)) found = await records.next();
  if (!found) {
    if (schema !== undefined) {
      return { names: schema.fields.map((field) => field.name), absent: true, notes: [] };
    }
    throw new VtsError('InputMalformed', 'The file is empty', {
      file: records.file,
      expected: 'a line with the names of the columns',
    });
  }
  const names = readNames(records);
  if (schema !== undefined && !names.some((name) => schema.fields.some((field) => field.name === name))) {
    const again = () => {
      records.pos = records.recordStart;
      records.line = records.recordLine;
    };
    again();
    const wanted = schema.fields.length;
    const fitting = names.length === wanted ? undefined : fittingDelimiter(records, wanted);
    if (fitting === undefined) return withoutHeader(records, names, schema);
    records.delimiter = fitting;
    await records.next();
    const cells = readNames(records);
    again();
    return withoutHeader(records, cells, schema);
  }
  refuseValues(records, names);
  const notes: string[] = [];
  const given = names.map((name, i) => {
    if (name !== '') return name;
    notes.push(`column ${i + 1} has no name and is called "column_${i + 1}"`);
    return `column_${i + 1}`;
  });
  const seen = new Set<string>();
  const twice = given.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) {
    throw nameError(records, `Two columns are called "${twice}"`, 'a name of its own for each');
  }
  return { names: given, absent: false, notes };
}

function withoutHeader(records: Records, found: readonly string[], schema: Schema): Header {
  const names = schema.fields.map((field) => field.name);
  if (found.length === names.length) {
    const note = 'the first line is no header: the columns are those of the schema, in its order';
    return { names, absent: true, notes: [note] };
  }
  throw nameError(
    records,
    `The first line has ${found.length} cells and names no field of the schema`,
    `the names ${names.join(', ')}, or a row of ${names.length} cells`,
  );
}

function readNames({ bytes, cells, file, line, recordLine }: Records): string[] {
  const store = byteStore();
  return Array.from({ length: cells.count }, (_, i) => {
    store.length = 0;
    reserve(store, cells.ends[i] - cells.starts[i]);
    copyCell(bytes, cells.starts[i], cells.ends[i], (cells.flags[i] & DOUBLED) !== 0, store);
    const name = decodeUtf8(store.bytes.subarray(0, store.length));
    if (name !== undefined) return name;
    throw nameError({ file, line, recordLine }, `The name of column ${i + 1} is not valid UTF-8`, 'UTF-8');
  });
}

/** A file that begins with its first row would lose it, and have columns that are called `[0.1,0.2]`. */
function refuseValues(records: Records, names: readonly string[]): void {
  const value = names.find((name) => /^\s*[[{]/.test(name));
  if (value === undefined) return;
  throw new VtsError('InputMalformed', 'The first line holds values, not the names of the columns', {
    file: records.file,
    line: records.recordLine + 1,
    expected: 'a line with the names of the columns',
    remedy: 'put one before it, say with sed -i 1iid,vector FILE, or give names and types with --schema FILE',
  });
}

function nameError(
  { file, recordLine }: Pick<Records, 'file' | 'line' | 'recordLine'>,
  message: string,
  expected: string,
): VtsError {
  return new VtsError('InputMalformed', message, {
    file,
    line: recordLine + 1,
    expected,
    remedy: 'correct the first line',
  });
}
