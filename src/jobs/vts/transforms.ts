/** Transform blocks: each changes which columns a table has, what they and the table are called, or which rows are taken. */
import type { Position } from '../problems.ts';
import type { Block } from './block.ts';
import { readRenaming } from './renaming.ts';
import { namesOf } from './sources.ts';
import { readSql } from './sql-transform.ts';
import { pathOf, type Table, type TableColumn } from './table.ts';

/** Changes one table. */
export type TableChange = (table: Table) => Table;

/** The transform of a block, over tables that its patterns choose. */
export type Transform = (tables: readonly Table[]) => readonly Table[];

/** Reads the keys of one kind of transform. */
type Reader = (block: Block) => TableChange | undefined;

const KINDS: Readonly<Record<string, Reader>> = {
  fieldmapper: readFieldMapper,
  filter: readFilter,
  fieldrename: readFieldRename,
  tablerename: readTableRename,
  copy: readCopy,
  sql: readSql,
};

const INSTEAD: Readonly<Record<string, string>> = {
  embedding: 'compute the vectors first, and give them as a column of a file',
  llm: 'compute the texts first, and give them as a column of a file',
  filterrowkind: 'there are only insertions in a batch; leave it out',
  rowkindextractor: 'there are only insertions in a batch; leave it out',
  split: 'split the texts before, in the file or with SQL',
  replace: 'change the texts before, in the file or with SQL',
  jsonpath: 'field_schema of a Milvus sink takes keys out of the dynamic field',
  tablemerge: 'give the collections one name with collection_rename, a job for each',
};

/** Reads the transform block `kind`; what is wrong with it becomes problems. */
export function readTransform(kind: string, block: Block): Transform | undefined {
  const read = KINDS[kind.toLowerCase()];
  if (read === undefined) {
    block.problems.add(
      block.at,
      `The transform ${kind} is not supported`,
      INSTEAD[kind.toLowerCase()] ?? 'vts knows FieldMapper, Filter, FieldRename, TableRename, Copy and Sql',
    );
    return undefined;
  }
  const pattern = readPattern(block);
  const special = (block.blocks('table_transform') ?? []).map((one) => {
    const path = one.required('table_path', 'default.docs');
    const change = read(one);
    one.end();
    return { path, change };
  });
  // The keys beside table_transform may be left out where it has them all.
  const hasOwn = special.length === 0 || block.has('table_match_regex') ||
    OWN_KEYS.some((key) => block.has(key));
  const general = hasOwn ? read(block) : undefined;
  block.end();
  return (tables) =>
    tables.map((table) => {
      const one = special.find(({ path }) => path === pathOf(table) || path === table.name);
      if (one !== undefined) return one.change?.(table) ?? table;
      return general !== undefined && pattern.test(pathOf(table)) ? general(table) : table;
    });
}

const OWN_KEYS = [
  'field_mapper',
  'include_fields',
  'exclude_fields',
  'fields',
  'src_field',
  'query',
  'convert_case',
  'prefix',
  'suffix',
  'replacements_with_regex',
  'specific',
];

function readPattern(block: Block): RegExp {
  const text = block.text('table_match_regex') ?? '.*';
  try {
    return new RegExp(`^(?:${text})$`);
  } catch {
    block.refuse('table_match_regex', `${JSON.stringify(text)} is no regular expression`);
    return /.*/;
  }
}

function readFieldMapper(block: Block): TableChange | undefined {
  const pairs = block.pairs('field_mapper');
  if (pairs === undefined) {
    if (!block.has('field_mapper')) block.required('field_mapper', '{ id = id, vector = v }');
    return undefined;
  }
  return (table) => ({
    ...table,
    chosen: true,
    columns: pairs.flatMap(([from, to, at]) => {
      const column = findColumn(table, from, at, block);
      return column === undefined ? [] : [{ ...column, name: to }];
    }),
  });
}

function readFilter(block: Block): TableChange | undefined {
  const include = block.list('include_fields');
  const exclude = block.list('exclude_fields');
  if ((include === undefined) === (exclude === undefined)) {
    block.problems.add(
      block.at,
      `${block.title} takes one of "include_fields" and "exclude_fields"`,
      'give one of them; they name columns, not rows: for rows use Sql with WHERE',
    );
    return undefined;
  }
  return (table) => {
    for (const name of include ?? exclude ?? []) {
      findColumn(
        table,
        name,
        block.placeOf(include === undefined ? 'exclude_fields' : 'include_fields'),
        block,
      );
    }
    const keeps = ({ name }: TableColumn) => include?.includes(name) ?? !exclude!.includes(name);
    return { ...table, chosen: true, columns: table.columns.filter(keeps) };
  };
}

function readCopy(block: Block): TableChange | undefined {
  const old = block.text('src_field');
  const to = block.text('dest_field');
  const pairs = [
    ...block.pairs('fields') ?? [],
    ...(old === undefined || to === undefined ? [] : [[to, old, block.placeOf('src_field')] as const]),
  ];
  if (pairs.length === 0) block.required('fields', '{ new = old }');
  return (table) => {
    const added = pairs.flatMap(([name, from, at]): TableColumn[] => {
      const column = findColumn(table, from, at, block);
      if (column === undefined) return [];
      const { primaryKey: _, autoId: _a, dynamic: _d, ...rest } = column;
      return [{ ...rest, name, copied: true }];
    });
    return { ...table, columns: [...table.columns, ...added] };
  };
}

function readFieldRename(block: Block): TableChange | undefined {
  const rename = readRenaming(block, 'field_name');
  return rename && ((table) => ({
    ...table,
    chosen: true,
    columns: table.columns.map((column) =>
      column.dynamic ? column : { ...column, name: rename(column.name) }
    ),
  }));
}

function readTableRename(block: Block): TableChange | undefined {
  const rename = readRenaming(block, undefined);
  return rename && ((table) => ({ ...table, name: rename(table.name) }));
}

/** The column called `name`; a problem at `at` when there is none. */
export function findColumn(table: Table, name: string, at: Position, block: Block): TableColumn | undefined {
  const found = table.columns.find((column) => column.name === name);
  if (found === undefined) {
    block.problems.add(at, `The table "${table.name}" has no column "${name}"`, namesOf(table.columns));
  }
  return found;
}
