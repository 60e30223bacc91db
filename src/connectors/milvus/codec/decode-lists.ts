/** Lists: a `ScalarField` or a `VectorField` for each row, whose values follow each other in one child column. */
import { type Column, concatColumns, listColumn } from '../../../core/column.ts';
import { isVector, type LogicalType } from '../../../core/types.ts';
import {
  checkMember,
  collectScalars,
  countValues,
  decodeBools,
  finishScalars,
  noScalars,
  scalarColumn,
  type Scalars,
} from './decode-scalars.ts';
import {
  checkVectors,
  collectVectors,
  countVectors,
  noVectors,
  vectorColumn,
  type Vectors,
} from './decode-vectors.ts';
import { applyValidity } from './nulls.ts';
import { type Bytes, ProtoReader, type Spans } from './wire.ts';

/** How the rows of a list are read; `Item` is what one row's message holds. */
interface ItemReader<Item> {
  readonly none: () => Item;
  collect(reader: ProtoReader, inner: ProtoReader, into: Item): void;
  /** Checks what a row holds and counts it. */
  count(item: Item): number;
  column(item: Item): Column;
}

/**
 * A list column of `type` with `element` as its child, from a message for each row: the places `rows`. A row without any
 * member is empty, as servers before 2.4 write it.
 */
export function listOf(bytes: Bytes, type: LogicalType, element: LogicalType, rows: Spans): Column {
  if (isVector(element)) {
    return readList<Vectors>(bytes, type, rows, {
      none: noVectors,
      collect: collectVectors,
      count(item) {
        checkVectors(element, item);
        return countVectors(element, item.values);
      },
      column: (item) => vectorColumn(bytes, element, item),
    });
  }
  return readList<Scalars>(bytes, type, rows, {
    none: noScalars,
    collect: collectScalars,
    count(item) {
      checkMember(element.kind, item.member);
      return countValues(bytes, item);
    },
    column: (item) => finishScalars(scalarColumn(bytes, element, item), element, item.member),
  });
}

function readList<Item extends Scalars | Vectors>(
  bytes: Bytes,
  type: LogicalType,
  rows: Spans,
  read: ItemReader<Item>,
): Column {
  const offsets = new Int32Array(rows.length / 2 + 1);
  const [reader, inner] = [new ProtoReader(bytes), new ProtoReader(bytes)];
  const all = read.none();
  const row = read.none();
  for (let r = 0; r < rows.length; r += 2) {
    row.member = row.values.length = row.valid.length = 0;
    reader.reset(rows[r], rows[r + 1]);
    read.collect(reader, inner, row);
    if (row.valid.length > 0) return readListWithNulls(bytes, type, rows, read);
    offsets[r / 2 + 1] = offsets[r / 2] + read.count(row);
    if (row.member !== 0) all.member = row.member;
    for (const at of row.values) all.values.push(at);
  }
  return listColumn(type, offsets, [read.column(all)]);
}

/** The same where some elements are null, which is rare: row by row. */
function readListWithNulls<Item extends Scalars | Vectors>(
  bytes: Bytes,
  type: LogicalType,
  rows: Spans,
  read: ItemReader<Item>,
): Column {
  const offsets = new Int32Array(rows.length / 2 + 1);
  const [reader, inner] = [new ProtoReader(bytes), new ProtoReader(bytes)];
  const parts: Column[] = [];
  for (let r = 0; r < rows.length; r += 2) {
    const row = read.none();
    reader.reset(rows[r], rows[r + 1]);
    read.collect(reader, inner, row);
    parts.push(applyValidity(read.column(row), decodeBools(bytes, row.valid)));
    offsets[r / 2 + 1] = offsets[r / 2] + parts[parts.length - 1].length;
  }
  return listColumn(type, offsets, [concatColumns(parts)]);
}
