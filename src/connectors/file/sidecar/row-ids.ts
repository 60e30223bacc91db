/** Rows that have no ids of their own get their numbers as ids (`--row-ids`). */
import { fixedColumn } from '../../../core/column.ts';
import { field, idField } from '../../../core/schema.ts';
import { VtsError } from '../../../errors.ts';
import type { FileSource } from '../file-source.ts';
import { joinColumns } from './joined-source.ts';
import { countOf, type SideTable } from './side-table.ts';

const BYTES = 8;

/**
 * `source` with a column `name` that numbers its rows from 0 on, over all files; `source` itself where it has ids.
 * Closes it when that fails.
 * @throws VtsError Usage where the rows are not counted, or there is such a column already
 */
export async function withRowIds(source: FileSource, name: string): Promise<FileSource> {
  if (idField(source.dataset) !== undefined) return source;
  try {
    const { rows } = source.dataset;
    if (rows === undefined) {
      throw new VtsError(
        'Usage',
        `--row-ids: the rows of ${source.name} are not counted before they are read`,
        {
          expected: 'a format that says how many rows it has: Faiss, HDF5, Parquet, npy',
        },
      );
    }
    return await joinColumns(source, rowNumbers(name, rows));
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** The numbers of `rows` rows as a table beside them. */
function rowNumbers(name: string, rows: number): SideTable {
  const type = { kind: 'Int64' } as const;
  return {
    name: 'the numbering of rows',
    fields: [field(name, type, { primaryKey: true })],
    rows,
    rowBytes: BYTES,
    fingerprint: `row-ids:${name}`,
    notes: [],
    gather(keys) {
      if ('numbers' in keys) return [fixedColumn(type, new BigInt64Array(keys.numbers))];
      const first = BigInt(keys.start);
      return [fixedColumn(type, BigInt64Array.from({ length: countOf(keys) }, (_, i) => first + BigInt(i)))];
    },
    close() {},
  };
}
