/**
 * The Parquet columns that vts writes, which are those that Milvus bulk import accepts, and where it keeps its own schema.
 *
 * | logical type | Parquet column |
 * |---|---|
 * | Bool | BOOLEAN |
 * | Int8 Int16 Int32 Int64 | INT32 (INT_8), INT32 (INT_16), INT32, INT64 |
 * | Float Double | FLOAT, DOUBLE |
 * | VarChar JSON Geometry (WKT) Timestamptz (RFC 3339, `Z`) | BYTE_ARRAY (STRING) |
 * | FloatVector DoubleVector Int8Vector | LIST of FLOAT, DOUBLE, INT32 (INT_8) |
 * | Float16Vector BFloat16Vector BinaryVector | BYTE_ARRAY: the bytes of a row, little-endian |
 * | SparseFloatVector | struct { indices: LIST of INT32 (UINT_32), values: LIST of FLOAT } |
 * | Array | LIST of its element's column |
 * | StructArray | LIST of struct { a column for each field } |
 *
 * A field is OPTIONAL exactly when it is nullable (Milvus fails on a REQUIRED column of a nullable field). What is in a
 * `list.element` is always OPTIONAL, as all common writers have it, and never null but in an Array.
 * INT_8 columns have dictionary pages, so that an Int8Vector takes a byte an element.
 */
import type { SchemaElement } from 'hyparquet';
import type { Field } from '../../core/schema.ts';
import type { LogicalType } from '../../core/types.ts';

/** Key of the file's metadata that holds the JSON of `schemaToJson`. */
export const SCHEMA_KEY = 'vts.schema';
/** Key of the file's metadata that holds the JSON of `factsToJson`. */
export const DATASET_KEY = 'vts.dataset';

/** The schema elements of a whole file: the root, then each field's column with all below it, depth first. */
export function fileElements(fields: readonly Field[]): SchemaElement[] {
  return [{ name: 'schema', num_children: fields.length }, ...fields.flatMap(columnElements)];
}

/** The schema elements of the column of `field`, depth first. */
export function columnElements(field: Field): SchemaElement[] {
  return elements(field.name, field.nullable ? 'OPTIONAL' : 'REQUIRED', field.type);
}

type Repetition = 'REQUIRED' | 'OPTIONAL';
type Primitive = Pick<SchemaElement, 'type' | 'converted_type' | 'logical_type'>;

const STRING: Primitive = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
const INT8: Primitive = { type: 'INT32', converted_type: 'INT_8' };
const UINT32: Primitive = { type: 'INT32', converted_type: 'UINT_32' };

function elements(name: string, repetition: Repetition, type: LogicalType): SchemaElement[] {
  const leaf = (
    primitive: Primitive,
  ): SchemaElement[] => [{ ...primitive, repetition_type: repetition, name }];
  switch (type.kind) {
    case 'Bool':
      return leaf({ type: 'BOOLEAN' });
    case 'Int8':
      return leaf(INT8);
    case 'Int16':
      return leaf({ type: 'INT32', converted_type: 'INT_16' });
    case 'Int32':
      return leaf({ type: 'INT32' });
    case 'Int64':
      return leaf({ type: 'INT64' });
    case 'Float':
      return leaf({ type: 'FLOAT' });
    case 'Double':
      return leaf({ type: 'DOUBLE' });
    case 'VarChar':
    case 'JSON':
    case 'Geometry':
    case 'Timestamptz':
      return leaf(STRING);
    case 'Float16Vector':
    case 'BFloat16Vector':
    case 'BinaryVector':
      return leaf({ type: 'BYTE_ARRAY' });
    case 'FloatVector':
      return list(name, repetition, element({ type: 'FLOAT' }));
    case 'DoubleVector':
      return list(name, repetition, element({ type: 'DOUBLE' }));
    case 'Int8Vector':
      return list(name, repetition, element(INT8));
    case 'SparseFloatVector':
      return [
        { repetition_type: repetition, name, num_children: 2 },
        ...list('indices', 'REQUIRED', element(UINT32)),
        ...list('values', 'REQUIRED', element({ type: 'FLOAT' })),
      ];
    case 'Array':
      return list(name, repetition, elements('element', 'OPTIONAL', type.element));
    case 'StructArray':
      return list(name, repetition, [
        { repetition_type: 'OPTIONAL', name: 'element', num_children: type.fields.length },
        ...type.fields.flatMap(columnElements),
      ]);
  }
}

function element(primitive: Primitive): SchemaElement[] {
  return [{ ...primitive, repetition_type: 'OPTIONAL', name: 'element' }];
}

/** https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#lists */
function list(name: string, repetition: Repetition, items: SchemaElement[]): SchemaElement[] {
  return [
    {
      repetition_type: repetition,
      name,
      num_children: 1,
      converted_type: 'LIST',
      logical_type: { type: 'LIST' },
    },
    { repetition_type: 'REPEATED', name: 'list', num_children: 1 },
    ...items,
  ];
}
