/** Rows gathered into batches, whatever pieces their text comes in. */
import { type Batch, makeBatch } from '../../core/batch.ts';
import { projectSchema } from '../../core/endpoint.ts';
import type { Schema } from '../../core/schema.ts';
import { columnBuilder } from '../json-values/column-builders.ts';
import { objectShape, readObject } from '../json-values/object-reader.ts';
import { MAX_ROWS, sizeOf } from '../json-values/row-limits.ts';
import { beginRow, endRow, type Text } from '../json-values/text.ts';

/** Which rows make a batch. */
export interface BatchOptions {
  /** Names of the columns wanted; all when absent. */
  readonly columns: readonly string[] | undefined;
  readonly batchBytes: number;
  /** Rows that there is room for at first. */
  readonly capacity: number;
}

/** A batch that fills. */
export interface RowBatches {
  /** Rows read since the last batch was taken. */
  readonly rows: number;
  /** Reads rows of `text`. True when a batch is full, of `limit` rows at most; false when the text is at its end. */
  fill(text: Text, limit?: number): boolean;
  /** The rows read so far; none are left then. */
  take(): Batch;
}

/** Batches of the columns of `schema`. */
export function rowBatches(schema: Schema, { columns, batchBytes, capacity }: BatchOptions): RowBatches {
  const kept = projectSchema(schema, columns);
  const wanted = new Set(kept.fields);
  const shape = objectShape(
    schema.fields,
    (field) => wanted.has(field) ? columnBuilder(field, capacity) : undefined,
  );
  const builders = shape.slots.flatMap(({ builder }) => builder ?? []);
  let rows = 0;
  return {
    get rows() {
      return rows;
    },
    fill(text, limit = MAX_ROWS) {
      const most = Math.min(limit, MAX_ROWS);
      while (text.pos < text.end) {
        if (!beginRow(text)) continue;
        readObject(text, shape);
        endRow(text);
        rows++;
        if (rows >= most || sizeOf(builders) >= batchBytes) return true;
      }
      return false;
    },
    take() {
      rows = 0;
      return makeBatch(kept, builders.map((builder) => builder.take()));
    },
  };
}
