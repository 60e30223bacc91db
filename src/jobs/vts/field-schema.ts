/** `field_schema` of a Milvus sink: the fields of the target, each from a column or from a key of the dynamic field. */
import { formatType, isDenseVector, type LogicalType } from '../../core/types.ts';
import type { Position } from '../problems.ts';
import type { Block } from './block.ts';
import { namesOf } from './sources.ts';
import type { Table, TableColumn } from './table.ts';

/** Milvus' numbers of types, with the names that `--cast` takes. */
const TYPES: Readonly<Record<number, string>> = {
  1: 'bool',
  2: 'int8',
  3: 'int16',
  4: 'int32',
  5: 'int64',
  10: 'float32',
  11: 'float64',
  20: 'varchar',
  21: 'varchar',
  22: 'array',
  23: 'json',
  24: 'geometry',
  25: 'varchar',
  26: 'timestamptz',
  100: 'BinaryVector',
  101: 'FloatVector',
  102: 'Float16Vector',
  103: 'BFloat16Vector',
  104: 'SparseFloatVector',
  105: 'Int8Vector',
};

/** One field that is wanted. */
interface WantedField {
  readonly name: string;
  readonly source: string;
  readonly type: string | undefined;
  readonly isKey: boolean;
  readonly autoId: boolean;
  readonly isPartitionKey: boolean;
  /** Properties as `--set` takes them. */
  readonly properties: Readonly<Record<string, string>>;
  readonly at: Position;
}

/** What a field schema comes to for a table. */
export interface FieldPlan {
  readonly table: Table;
  readonly casts: Readonly<Record<string, string>>;
  readonly sets: readonly string[];
  readonly id?: string;
  readonly newIds: boolean;
  readonly partitionKey?: string;
}

/** Reads the key `field_schema`; undefined where it is left out or empty. */
export function readFieldSchema(block: Block): ((table: Table) => FieldPlan) | undefined {
  const fields = (block.blocks('field_schema') ?? []).map(readField);
  return fields.length === 0 ? undefined : (table) => plan(table, fields, block);
}

function readField(field: Block): WantedField {
  const given = field.text('field_name');
  const from = field.text('source_field_name');
  const name = given || from || field.required('field_name', '"id"');
  const type = readType(field);
  const properties: Record<string, string> = {};
  const nullable = field.truth('is_nullable');
  if (nullable !== undefined) properties.nullable = String(nullable);
  const otherwise = field.text('default_value');
  if (otherwise !== undefined) properties.default = otherwise;
  for (const key of ['enable_analyzer', 'enable_match']) {
    if (field.truth(key)) properties[key] = 'true';
  }
  const analyzer = field.pairs('analyzer_params');
  if (analyzer !== undefined) {
    properties.analyzer_params = JSON.stringify(
      Object.fromEntries(analyzer.map(([key, value]) => [key, value])),
    );
  }
  const wanted = {
    name,
    source: from || name,
    type,
    isKey: field.truth('is_primary_key') ?? false,
    autoId: field.truth('auto_id') ?? false,
    isPartitionKey: field.truth('is_partition_key') ?? false,
    properties,
    at: field.at,
  };
  field.unsupported({ timezone: 'give times with their offset: 2024-05-01T12:00:00+08:00' });
  field.end();
  return wanted;
}

/** The type as `--cast` takes it. */
function readType(field: Block): string | undefined {
  const number = Number(field.required('data_type', '5'));
  const element = field.integer('element_type');
  const length = field.integer('max_length', 1);
  const dimension = field.integer('dimension', 1);
  const capacity = field.integer('max_capacity', 1);
  const type = TYPES[number];
  if (type === undefined) {
    if (field.has('data_type')) {
      field.refuse(
        'data_type',
        `There is no type ${field.text('data_type')}`,
        `one of ${Object.keys(TYPES).join(', ')}`,
      );
    }
    return undefined;
  }
  if (type === 'varchar') return length === undefined ? type : `varchar(${length})`;
  if (type === 'array') {
    const inner = element === undefined ? undefined : TYPES[element];
    if (inner === undefined || !/^(bool|int|float|varchar)/.test(inner)) {
      field.refuse(
        'element_type',
        'An array needs a scalar "element_type"',
        'say 5 for Int64, 21 for VarChar',
      );
      return undefined;
    }
    return `array<${inner}>${capacity === undefined ? '' : `(${capacity})`}`;
  }
  if (!type.endsWith('Vector') || type === 'SparseFloatVector') return type;
  if (dimension === undefined) {
    field.problems.add(field.at, `${field.title}: "dimension" is missing`, 'add dimension = 768');
    return undefined;
  }
  return `${type}(${dimension})`;
}

function plan(table: Table, fields: readonly WantedField[], block: Block): FieldPlan {
  const casts: Record<string, string> = {};
  const sets: string[] = [];
  const columns = fields.flatMap((field): TableColumn[] => {
    // Ids that the server makes anew are no column of the data.
    if (field.isKey && field.autoId && !table.columns.some(({ name }) => name === field.source)) return [];
    const column = columnFor(table, field, block);
    if (column === undefined) return [];
    if (column.keys === undefined && field.type !== undefined && !isSame(column.type, field.type)) {
      casts[field.name] = field.type;
    }
    if (Object.keys(field.properties).length > 0) sets.push(`${field.name}{${properties(field.properties)}}`);
    return [column];
  });
  const dynamic = table.columns.filter((column) => column.dynamic);
  const key = fields.find((field) => field.isKey);
  const partitionKey = fields.find((field) => field.isPartitionKey)?.name;
  return {
    table: { ...table, chosen: true, columns: [...columns, ...dynamic] },
    casts,
    sets,
    newIds: key?.autoId ?? false,
    ...(key === undefined ? {} : { id: key.name }),
    ...(partitionKey === undefined ? {} : { partitionKey }),
  };
}

/** The column of that name; else a key of a JSON column of that name, or of the dynamic field. */
function columnFor(table: Table, field: WantedField, block: Block): TableColumn | undefined {
  const { name, source, type } = field;
  const own = table.columns.find((column) => column.name === source);
  if (own !== undefined) return { ...own, name };
  const [first, ...rest] = source.split('.');
  const json = table.columns.find((column) => column.name === first && column.type.kind === 'JSON');
  const dynamic = table.columns.find((column) => column.dynamic);
  const from = json !== undefined && rest.length > 0 ? json : dynamic;
  if (from === undefined) {
    block.problems.add(
      field.at,
      `The table "${table.name}" has no column "${source}", and no dynamic field`,
      namesOf(table.columns),
    );
    return undefined;
  }
  // That tool writes keys of the dynamic field with a name of its own before them, or without.
  const inside = from === json
    ? rest
    : /^(metadata|meta|\$meta)$/i.test(first) && rest.length > 0
    ? rest
    : [first, ...rest];
  const { primaryKey: _, autoId: _a, dynamic: _d, ...column } = from;
  return { ...column, name, keys: inside, ...(type === undefined ? {} : { readAs: type }) };
}

/** Whether a column of `type` needs no cast to be one of `wanted`. */
function isSame(type: LogicalType, wanted: string): boolean {
  const plain = (text: string) =>
    text.toLowerCase().replaceAll(' ', '').replace('float32', 'float').replace('float64', 'double');
  const here = plain(formatType(type));
  const there = plain(wanted);
  if (here === there) return true;
  // Without a length the one of the source holds.
  if (there === 'varchar' || /^array<\w+>$/.test(there)) return here.replace(/\(.*$/, '') === there;
  return isDenseVector(type) && here === there;
}

function properties(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs).map(([key, value]) => `${key}:${JSON.stringify(value)}`).join(',');
}
