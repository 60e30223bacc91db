/** Reads the cells of a record into the columns. */
import type { Field } from '../../core/schema.ts';
import { formatType } from '../../core/types.ts';
import { decodeUtf8 } from '../../core/values.ts';
import { isVtsError, VtsError } from '../../errors.ts';
import type { ColumnBuilder } from '../json-values/column-builders.ts';
import { misfit, skipSpace, syntaxError } from '../json-values/text.ts';
import { type CellForm, cellForm, cellText, isEmpty } from './cell-text.ts';
import { DOUBLED, type Records } from './records.ts';

/** A column to read. */
export interface Column {
  readonly field: Field;
  /** Which cell of a record; -1 for a field that the file has no column for, which is null. */
  readonly index: number;
  readonly builder: ColumnBuilder;
}

/** Reads the record scanned last, which should have `width` cells, as the next row of `columns`. @throws VtsError */
export function rowReader(
  records: Records,
  width: number,
  columns: readonly Column[],
  typesGiven: boolean,
): () => void {
  const cell = cellText(records);
  const { text } = cell;
  text.typesGiven = typesGiven;
  const forms = columns.map(({ field }) => cellForm(field.type));
  const readCell = ({ field, index, builder }: Column, form: CellForm) => {
    if (index < 0) return builder.pushNull();
    if (isEmpty(records, index, form)) {
      if (field.nullable) return builder.pushNull();
      if (form !== 'text') throw emptyCell(records, index, field);
    }
    cell.load(index, form);
    text.field = field.name;
    skipSpace(text);
    builder.read(text);
    skipSpace(text);
    if (text.pos !== text.end - 1) throw syntaxError(text, 'the end of the cell');
  };
  return () => {
    if (records.cells.count !== width) throw wrongWidth(records, width);
    for (let i = 0; i < columns.length; i++) {
      try {
        readCell(columns[i], forms[i]);
      } catch (error) {
        throw isVtsError(error) ? explain(error, records, columns[i], forms[i]) : error;
      }
    }
  };

  function emptyCell(records: Records, index: number, field: Field): VtsError {
    text.base = records.base + records.cells.starts[index];
    text.line = records.recordLine;
    text.row = records.row;
    text.field = field.name;
    return misfit(text, 'The cell is empty', 'a value in every row, as the field is not nullable', 0);
  }
}

function wrongWidth(records: Records, width: number): VtsError {
  const { file, recordLine, recordStart, row, base, cells, cut, pos, filled } = records;
  const place = { file, line: recordLine + 1, row, byte: base + recordStart };
  if (cut && pos === filled && cells.count < width) {
    return new VtsError('InputTruncated', 'The last line ends in the middle of a row', {
      ...place,
      expected: `${width} cells, not ${cells.count}`,
      remedy: 'copy or make the file again: its end is missing',
    });
  }
  return new VtsError(
    'InputMalformed',
    `The row has ${cells.count} ${cells.count === 1 ? 'cell' : 'cells'}, the first line ${width}`,
    {
      ...place,
      expected: 'a cell for each column',
      remedy: 'put cells that hold delimiters in double quotes',
    },
  );
}

/** `error`, which is about the text of a cell, as one about the file: with its line and byte there, in words for a cell. */
function explain(error: VtsError, records: Records, { field, index }: Column, form: CellForm): VtsError {
  const { bytes, base, cells, recordStart, recordLine } = records;
  const start = cells.starts[index];
  const inCell = form === 'json' ? Math.max(0, (error.details.byte ?? 0) - base - start) : 0;
  const at = (cells.flags[index] & DOUBLED) === 0 ? start + inCell : skipDoubled(bytes, start, inCell);
  let line = recordLine + 1;
  for (let i = recordStart; i < at; i++) if (bytes[i] === 0x0a) line++;
  const { code, message, details } = error;
  const isPlain = form !== 'json' && form !== 'text' && code === 'InputMalformed';
  return new VtsError(
    isPlain ? 'RowInvalid' : code,
    isPlain ? `${quote(bytes.subarray(start, cells.ends[index]))} is no ${formatType(field.type)}` : message,
    {
      ...details,
      line,
      byte: base + at,
      remedy: isPlain
        ? 'correct the cell, or give the types of all columns with --schema FILE'
        : details.remedy,
      cause: error,
    },
  );
}

/** Where the byte `count` of a cell lies whose doubled quotes count once. */
function skipDoubled(bytes: Uint8Array, start: number, count: number): number {
  let at = start;
  for (let i = 0; i < count; i++) at += bytes[at] === 0x22 ? 2 : 1;
  return at;
}

function quote(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes.subarray(0, 40)) ?? '(not UTF-8)';
  return JSON.stringify(bytes.length > 40 ? `${text}...` : text);
}
