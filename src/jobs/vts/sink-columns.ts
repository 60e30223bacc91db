/** `sink_columns`: which columns a file gets. */
import type { Block } from './block.ts';
import type { Table } from './table.ts';
import { findColumn } from './transforms.ts';

/** `table` with the columns `names`, in their order. */
export function findSinkColumns(table: Table, names: readonly string[], block: Block): Table {
  const at = block.placeOf('sink_columns');
  return {
    ...table,
    chosen: true,
    columns: names.flatMap((name) => findColumn(table, name, at, block) ?? []),
  };
}
