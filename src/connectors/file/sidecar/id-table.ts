/** Ids from a file beside the data: an array of NumPy, another file of one column, or text with an id a line. */
import { type Column, fixedColumn, isNull } from '../../../core/column.ts';
import { field } from '../../../core/schema.ts';
import { formatType } from '../../../core/types.ts';
import { VtsError } from '../../../errors.ts';
import { formatByExtension, formatByMagic } from '../../../formats/registry.ts';
import { createScratch, openFileSource as openFile, statInput } from '../../../stores/file.ts';
import { openFileSource } from '../file-source.ts';
import { idLines, parseLong } from './id-lines.ts';
import { LongTable, TextTable } from './scratch-tables.ts';
import type { Keys, SideTable } from './side-table.ts';

/** The name of the joined column. */
const NAME = 'id';

/**
 * Reads the ids of `file`; `tempDir` takes the scratch files in which they wait. Integers become Int64 when all are, else VarChar.
 * @throws VtsError Usage, InputMalformed, ...
 */
export async function openIdTable(file: string, tempDir: string): Promise<SideTable> {
  const scratch = () => createScratch(tempDir);
  const longs = new LongTable(scratch());
  const texts = new TextTable(scratch);
  try {
    const said = await isText(file)
      ? await readLines(file, longs, texts)
      : await readColumn(file, tempDir, longs, texts);
    return tableOf(file, longs, texts, said);
  } catch (error) {
    longs.close();
    texts.close();
    throw error;
  }
}

/** What reading the ids leaves to say. */
type Said = Pick<SideTable, 'notes' | 'hint'>;

function tableOf(file: string, longs: LongTable, texts: TextTable, said: Said): SideTable {
  // Lines that are integers are kept as both, until one is not.
  const numbers = texts.rows <= longs.rows;
  const type = numbers ? { kind: 'Int64' } as const : { kind: 'VarChar' } as const;
  const rows = numbers ? longs.rows : texts.rows;
  const { size, mtimeMs } = statInput(file);
  return {
    name: file,
    fields: [field(NAME, type, { primaryKey: true })],
    rows,
    rowBytes: numbers ? 8 : 4 + texts.bytes / Math.max(1, rows),
    fingerprint: `${file}:${size}:${mtimeMs}`,
    ...said,
    gather(keys, names) {
      if (!names.has(NAME)) return [];
      requireEntries(keys, rows, file);
      return [numbers ? longs.column(type, keys) : texts.column(type, keys)];
    },
    close() {
      longs.close();
      texts.close();
    },
  };
}

/** @throws VtsError InputMalformed for an id of the index that is no row number */
function requireEntries(keys: Keys, rows: number, file: string): void {
  if (!('numbers' in keys)) {
    if (keys.start + keys.count <= rows) return;
    throw new VtsError('InputMalformed', `${file} has no entry for row ${rows}`, {
      file,
      expected: 'one entry for each row',
    });
  }
  const wrong = keys.numbers.find((number) => number < 0n || number >= BigInt(rows));
  if (wrong === undefined) return;
  throw new VtsError('InputMalformed', `The index has the id ${wrong}, for which ${file} has no entry`, {
    file,
    expected: `ids from 0 to ${rows - 1}, which say which entry belongs to a row`,
    remedy: 'where the ids of the index are the right ones already, leave out --ids',
  });
}

async function isText(file: string): Promise<boolean> {
  if (formatByExtension(file) !== undefined) return false;
  const source = openFile(file);
  try {
    const format = formatByMagic(await source.peek());
    // An id may begin as JSON does.
    return format === undefined || format.name === 'jsonl';
  } finally {
    await source.close();
  }
}

async function readLines(file: string, longs: LongTable, texts: TextTable): Promise<Said> {
  const source = openFile(file);
  const value = new BigInt64Array(1);
  let firstText: number | undefined;
  let line = 0;
  try {
    for await (const text of idLines(source)) {
      line++;
      texts.append(text);
      const long = parseLong(text);
      if (long === undefined) {
        firstText ??= line;
        continue;
      }
      value[0] = long;
      longs.append(value);
    }
  } finally {
    await source.close();
  }
  if (line - longs.rows !== 1 || line === 1) return { notes: [] };
  return {
    notes: [`all lines of ${file} but line ${firstText} are integers, so the ids are text`],
    ...(firstText === 1
      ? { hint: `the first line of ${file} seems to be a heading: leave it out (tail -n +2)` }
      : {}),
  };
}

async function readColumn(
  file: string,
  tempDir: string,
  longs: LongTable,
  texts: TextTable,
): Promise<Said> {
  const source = await openFileSource([file], { roles: {}, order: 'stored', tempDir });
  try {
    const { fields } = source.dataset.schema;
    const wanted = fields.length === 1 ? fields[0] : fields.find(({ name }) => name === NAME);
    if (wanted === undefined || !KINDS.has(wanted.type.kind)) {
      const found = fields.map((f) => `${f.name} ${formatType(f.type)}`).join(', ');
      throw new VtsError('Usage', `${file} holds no column of ids: ${found}`, {
        file,
        expected: 'one column of integers or text, or one that is called id',
      });
    }
    let row = 0;
    for (const range of await source.plan()) {
      for await (const { batch } of source.read(range, { columns: [wanted.name], batchBytes: 1 << 20 })) {
        append(batch.columns[0], row, { file, longs, texts });
        row += batch.length;
      }
    }
    return { notes: source.dataset.notes.filter((note) => /follow the array/.test(note)) };
  } finally {
    await source.close();
  }
}

const KINDS: ReadonlySet<string> = new Set(['Int8', 'Int16', 'Int32', 'Int64', 'VarChar']);

function append(
  column: Column,
  firstRow: number,
  { file, longs, texts }: { readonly file: string; readonly longs: LongTable; readonly texts: TextTable },
): void {
  for (let row = 0; row < column.length; row++) {
    if (!isNull(column, row)) continue;
    throw new VtsError('RowInvalid', 'An id is null', { file, row: firstRow + row });
  }
  const { type, values, offsets, length } = column;
  if (type.kind === 'VarChar') {
    for (let row = 0; row < length; row++) {
      texts.append((values as Uint8Array).subarray(offsets![row], offsets![row + 1]));
    }
  } else if (type.kind === 'Int64') {
    longs.append(fixedColumn(type, values).values as BigInt64Array<ArrayBuffer>);
  } else longs.append(BigInt64Array.from(values as Int32Array, BigInt));
}
