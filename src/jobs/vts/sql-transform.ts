/** The Sql transform: a choice of columns and a condition on rows. */
import type { Block } from './block.ts';
import { parseSelect, type Select, SqlFault } from './sql.ts';
import type { Table, TableColumn } from './table.ts';
import { findColumn, type TableChange } from './transforms.ts';

/** Reads the key `query` of `block`. */
export function readSql(block: Block): TableChange | undefined {
  const query = block.required('query', '"select id, vector from docs where year > 2020"');
  block.choice('engine', ['zeta', 'internal']);
  if (query === '') return undefined;
  const select = parse(query, block);
  return select && ((table) => apply(table, select, block));
}

function parse(query: string, block: Block): Select | undefined {
  try {
    return parseSelect(query);
  } catch (error) {
    if (!(error instanceof SqlFault)) throw error;
    block.refuse(
      'query',
      `At character ${error.offset + 1} of the query: ${error.message}`,
      'vts takes SELECT columns FROM table WHERE comparisons',
    );
    return undefined;
  }
}

function apply(table: Table, { columns, where }: Select, block: Block): Table {
  const at = block.placeOf('query');
  const find = (name: string) => findColumn(table, name, at, block);
  const selected = columns.flatMap(({ column, name }): readonly TableColumn[] => {
    if (column === '*') return table.columns;
    const found = find(column);
    return found === undefined ? [] : [{ ...found, name }];
  });
  const seen = new Set<string>();
  // A column that is selected twice is a copy the second time.
  const kept = selected.map((column) => {
    const isAgain = seen.has(column.source) && column.keys === undefined;
    seen.add(column.source);
    return isAgain ? { ...column, copied: true } : column;
  });
  const chosen = { ...table, chosen: true, columns: kept };
  if (where === undefined) return chosen;
  if (table.kind === 'file') {
    block.refuse(
      'query',
      'WHERE chooses rows of a Milvus source only; that of this query is a file',
      'choose the rows before, say with DuckDB, or import all and filter then',
    );
    return chosen;
  }
  const condition = where((name) => {
    const column = find(name);
    if (column?.keys !== undefined) {
      return [column.source, ...column.keys].reduce((path, key) => `${path}[${JSON.stringify(key)}]`);
    }
    return column?.source ?? name;
  });
  return {
    ...chosen,
    filter: table.filter === undefined ? condition : `(${table.filter}) and (${condition})`,
  };
}
