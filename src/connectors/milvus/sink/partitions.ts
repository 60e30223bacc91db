/** The partitions that rows go to, made before their first row. */
import type { Batch } from '../../../core/batch.ts';
import { isNull } from '../../../core/column.ts';
import { valueAt } from '../../../core/values.ts';
import { VtsError } from '../../../errors.ts';

/** Makes partitions that are not there. */
export interface Partitions {
  /** Waits until `name` is there. */
  ensure(name: string): Promise<void>;
}

/** Partitions of a collection that has `known` ones already; each other is made once, whoever asks. */
export function createPartitions(
  known: readonly string[],
  make: (name: string) => Promise<void>,
): Partitions {
  const made = new Map<string, Promise<void>>(known.map((name) => [name, Promise.resolve()]));
  return {
    ensure(name) {
      const there = made.get(name);
      if (there !== undefined) return there;
      const making = make(name);
      made.set(name, making);
      return making;
    },
  };
}

/** The partition of each row of `batch`, by its column `index`. @throws VtsError RowInvalid for a row without one */
export function partitionNames(batch: Batch, index: number): string[] {
  const column = batch.columns[index];
  return Array.from({ length: batch.length }, (_, row) => {
    if (!isNull(column, row)) {
      const name = valueAt(column, row) as string;
      if (name !== '') return name;
    }
    throw new VtsError('RowInvalid', 'the row names no partition', {
      row,
      field: batch.schema.fields[index].name,
      expected: 'the name of a partition; that of Milvus for all other rows is _default',
    });
  });
}
