/** Batches: some rows of a data set as columns. They are sized by bytes, so that memory does not depend on the data. */
import { type Column, columnBytes, concatColumns, sliceColumn } from './column.ts';
import { estimatedRowBytes, type Schema } from './schema.ts';

/** Some rows; `columns[i]` belongs to `schema.fields[i]`. */
export interface Batch {
  readonly schema: Schema;
  readonly length: number;
  readonly columns: readonly Column[];
}

/** Bytes of a batch unless `--batch-bytes` says otherwise. */
export const DEFAULT_BATCH_BYTES = 8 * 1024 * 1024;

/** The columns of `batch` by their names. */
export function columnsByName({ schema, columns }: Batch): ReadonlyMap<string, Column> {
  return new Map(schema.fields.map((field, i) => [field.name, columns[i]]));
}

/** A batch of `columns`, which must agree with `schema` in number, kind and length. */
export function makeBatch(schema: Schema, columns: readonly Column[]): Batch {
  if (columns.length !== schema.fields.length) {
    throw new TypeError(
      `Cannot make a batch of ${columns.length} columns for ${schema.fields.length} fields`,
    );
  }
  const length = columns[0]?.length ?? 0;
  columns.forEach((column, i) => {
    const { name, type } = schema.fields[i];
    if (column.length !== length || column.type.kind !== type.kind) {
      throw new TypeError(
        `Cannot make a batch: column "${name}" is ${column.type.kind} x ${column.length}, not ${type.kind} x ${length}`,
      );
    }
  });
  return { schema, length, columns };
}

/** Rows [`start`, `end`) of `batch`. */
export function sliceBatch(batch: Batch, start: number, end: number): Batch {
  if (start === 0 && end === batch.length) return batch;
  return {
    ...batch,
    length: end - start,
    columns: batch.columns.map((column) => sliceColumn(column, start, end)),
  };
}

/** The rows of all `batches`, which share one schema, in one batch. */
export function concatBatches(batches: readonly Batch[]): Batch {
  if (batches.length === 1) return batches[0];
  const [{ schema }] = batches;
  return makeBatch(
    schema,
    schema.fields.map((_, i) => concatColumns(batches.map((batch) => batch.columns[i]))),
  );
}

/** Bytes that `batch` occupies. */
export function batchBytes(batch: Batch): number {
  return batch.columns.reduce((sum, column) => sum + columnBytes(column), 0);
}

/** Rows of a batch of about `bytes` bytes, at least 1. */
export function rowsPerBatch(schema: Schema, bytes: number): number {
  const row = schema.fields.reduce((sum, field) => sum + estimatedRowBytes(field.type), 0);
  return Math.max(1, Math.floor(bytes / Math.max(1, row)));
}
