/** Writes the rows of one field. */
import { type Column, encodingOf, firstNull } from '../../../core/column.ts';
import type { Field } from '../../../core/schema.ts';
import { VtsError } from '../../../errors.ts';
import { writeChunkIndex } from './chunk-index.ts';
import { chunkedRows } from './chunked-rows.ts';
import { type DatasetShape, datasetShape } from './column-type.ts';
import type { FileSpace } from './file-space.ts';
import { typeSize } from './file-type.ts';
import { globalHeap } from './global-heap.ts';
import type { WrittenDataset } from './object-header.ts';
import { bytesOf, storeValues } from './references.ts';
import { storedBytes } from './stored-bytes.ts';

/** Appends the rows of columns of one field. */
export interface ColumnWriter {
  write(column: Column): void;
  /** Writes what is kept back, and the index of the chunks. */
  finish(): WrittenDataset;
}

/** A writer of `field`, of `expectedRows` rows where that is known. */
export function columnWriter(space: FileSpace, field: Field, expectedRows: number | undefined): ColumnWriter {
  const shape = datasetShape(field.type, expectedRows);
  const { layout } = encodingOf(field.type);
  const heap = layout === 'fixed' || layout === 'bits' ? undefined : globalHeap(space);
  const chunks = chunkedRows(space, shape.chunkRows * shape.rowBytes);
  let rows = 0;
  const refuse = (row: number, problem: string): never => {
    throw new VtsError('RowInvalid', `${problem}, and "${field.name}" has one`, {
      row: rows + row,
      field: field.name,
      remedy: 'leave the column out with --fields, or write another format',
    });
  };
  return {
    write(column) {
      const row = firstNull(column);
      if (row >= 0) refuse(row, 'HDF5 cannot hold nulls');
      chunks.write(heap === undefined ? storedBytes(column) : bytesOf(storeValues(heap, column, refuse)));
      rows += column.length;
    },
    finish() {
      heap?.finish();
      const addresses = chunks.finish();
      return { name: field.name, ...shape, rows, index: indexOf(space, shape, addresses) };
    },
  };
}

function indexOf(
  space: FileSpace,
  { type, width, chunkRows }: DatasetShape,
  addresses: readonly number[],
): number | undefined {
  const extents = width === undefined ? [chunkRows] : [chunkRows, width];
  return writeChunkIndex(space, { addresses, extents, valueBytes: typeSize(type) });
}
