/** `schema { fields { ... } }` of a file: the types of its columns, as `--schema` takes them. */
import type { Block } from './block.ts';

/** What the schema of a file says. */
export interface FileSchema {
  /** The JSON that `--schema` takes. */
  readonly schema?: string;
  readonly table?: string;
  /** The one column of the primary key. */
  readonly id?: string;
}

const SCALARS: Readonly<Record<string, string>> = {
  boolean: 'Bool',
  tinyint: 'Int8',
  smallint: 'Int16',
  int: 'Int32',
  integer: 'Int32',
  bigint: 'Int64',
  float: 'Float',
  double: 'Double',
  string: 'VarChar',
};

const VECTORS: Readonly<Record<string, string>> = {
  float_vector: 'FloatVector',
  binary_vector: 'BinaryVector',
  float16_vector: 'Float16Vector',
  bfloat16_vector: 'BFloat16Vector',
};

/** Reads the key `schema` of `block`. */
export function readFileSchema(block: Block): FileSchema {
  const [schema] = block.blocks('schema') ?? [];
  if (schema === undefined) return {};
  const table = schema.text('table');
  const pairs = (schema.pairs('fields') ?? []).map(([name, type, at]) => ({
    name,
    type,
    at,
    size: undefined,
    nullable: true,
  }));
  const columns = (schema.blocks('columns') ?? []).map((column) => {
    const read = {
      name: column.required('name', 'id'),
      type: column.required('type', 'bigint'),
      at: column.placeOf('type'),
      size: column.integer('columnScale') ?? column.integer('columnLength'),
      nullable: column.truth('nullable') ?? true,
    };
    column.passOver('defaultValue', 'comment');
    column.end();
    return read;
  });
  const [key] = schema.blocks('primaryKey') ?? [];
  const keys = key?.list('columnNames') ?? [];
  key?.passOver('name');
  key?.end();
  schema.passOver('constraintKeys');
  schema.end();
  const named = [...pairs, ...columns].filter(({ name, type }) => name !== '' && type !== '');
  const fields = named.flatMap(({ name, type, at, size, nullable }) => {
    const json = typeJson(type, size);
    if (json === undefined) {
      block.problems.add(
        at,
        `The type ${type} is not supported`,
        type.toLowerCase() in VECTORS
          ? 'say its dimension: schema { columns = [{ name = v, type = float_vector, columnScale = 128 }] }'
          : `one of ${
            [...Object.keys(SCALARS), 'timestamp_tz', 'array<TYPE>', ...Object.keys(VECTORS)].join(', ')
          }`,
      );
      return [];
    }
    return [{ name, nullable: nullable && !keys.includes(name), ...json }];
  });
  return {
    ...(fields.length === 0 ? {} : { schema: JSON.stringify({ fields }) }),
    ...(table === undefined ? {} : { table: table.split('.').at(-1)! }),
    ...(keys.length === 1 ? { id: keys[0] } : {}),
  };
}

/** The type in the form of schema files. */
function typeJson(text: string, size: number | undefined): Record<string, unknown> | undefined {
  const type = text.toLowerCase().replaceAll(' ', '');
  const [, inner] = /^array<(\w+)>$/.exec(type) ?? [];
  if (inner !== undefined) {
    return inner in SCALARS ? { type: 'Array', element: { type: SCALARS[inner] } } : undefined;
  }
  if (type in SCALARS) return { type: SCALARS[type] };
  if (type in VECTORS) return size === undefined ? undefined : { type: VECTORS[type], dim: size };
  if (type === 'sparse_float_vector' || type === 'sparse_vector') return { type: 'SparseFloatVector' };
  if (type === 'timestamp_tz') return { type: 'Timestamptz' };
  return /^map<|^row|^\{/.test(type) ? { type: 'JSON' } : undefined;
}
