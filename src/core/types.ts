/**
 * The logical types of a field. They cover all that Milvus has, under Milvus' names, plus `DoubleVector`, which
 * Milvus lacks but NumPy, Spark and pandas write by default. How each lies in memory is in `column.ts`.
 */
import type { Field } from './schema.ts';

/** A type whose value is one scalar. */
export type ScalarType =
  | { readonly kind: 'Bool' | 'Int8' | 'Int16' | 'Int32' | 'Int64' | 'Float' | 'Double' }
  /** UTF-8 text of at most `maxLength` bytes; absent when the data do not say. */
  | { readonly kind: 'VarChar'; readonly maxLength?: number };

/** A dense vector type; `dim` counts elements, for `BinaryVector` bits (a multiple of 8). */
export interface DenseVectorType {
  readonly kind:
    | 'FloatVector'
    | 'DoubleVector'
    | 'Float16Vector'
    | 'BFloat16Vector'
    | 'Int8Vector'
    | 'BinaryVector';
  readonly dim: number;
}

/** The type of a field. */
export type LogicalType =
  | ScalarType
  | DenseVectorType
  /** JSON text, its digits and spacing kept as they came. */
  | { readonly kind: 'JSON' }
  /** Well-known text (WKT), as Milvus returns it. */
  | { readonly kind: 'Geometry' }
  /** Microseconds since 1970-01-01T00:00:00Z. */
  | { readonly kind: 'Timestamptz' }
  | { readonly kind: 'Array'; readonly element: ScalarType; readonly maxCapacity?: number }
  /** Per row a sorted list of (u32 index, f32 value) pairs. */
  | { readonly kind: 'SparseFloatVector' }
  /** Per row a list of structs. */
  | { readonly kind: 'StructArray'; readonly fields: readonly Field[]; readonly maxCapacity?: number };

/** The name of a logical type without its parameters. */
export type Kind = LogicalType['kind'];

/** Every kind, in the order that documentation lists them. */
export const KINDS = [
  'Bool',
  'Int8',
  'Int16',
  'Int32',
  'Int64',
  'Float',
  'Double',
  'VarChar',
  'JSON',
  'Geometry',
  'Timestamptz',
  'Array',
  'FloatVector',
  'DoubleVector',
  'Float16Vector',
  'BFloat16Vector',
  'Int8Vector',
  'BinaryVector',
  'SparseFloatVector',
  'StructArray',
] as const satisfies readonly Kind[];

const SCALARS: ReadonlySet<Kind> = new Set([
  'Bool',
  'Int8',
  'Int16',
  'Int32',
  'Int64',
  'Float',
  'Double',
  'VarChar',
]);
const DENSE: ReadonlySet<Kind> = new Set([
  'FloatVector',
  'DoubleVector',
  'Float16Vector',
  'BFloat16Vector',
  'Int8Vector',
  'BinaryVector',
]);

/** Whether `type` may be the element of an `Array`. */
export function isScalar(type: LogicalType): type is ScalarType {
  return SCALARS.has(type.kind);
}

/** Whether every row of `type` is a vector of the same dimension. */
export function isDenseVector(type: LogicalType): type is DenseVectorType {
  return DENSE.has(type.kind);
}

/** Whether `type` is a vector, dense or sparse. */
export function isVector(type: LogicalType): boolean {
  return isDenseVector(type) || type.kind === 'SparseFloatVector';
}

/** `type` as people read it: `FloatVector(128)`, `VarChar(64)`, `Array<Int64>`. */
export function formatType(type: LogicalType): string {
  switch (type.kind) {
    case 'VarChar':
      return type.maxLength === undefined ? 'VarChar' : `VarChar(${type.maxLength})`;
    case 'Array':
      return `Array<${formatType(type.element)}>${
        type.maxCapacity === undefined ? '' : `(${type.maxCapacity})`
      }`;
    case 'StructArray':
      return `Array<Struct<${type.fields.map((f) => `${f.name}: ${formatType(f.type)}`).join(', ')}>>`;
    default:
      return isDenseVector(type) ? `${type.kind}(${type.dim})` : type.kind;
  }
}

/** Whether two types have the same values in memory (lengths and capacities, which only bound them, aside). */
export function sameLayout(a: LogicalType, b: LogicalType): boolean {
  if (a.kind !== b.kind) return false;
  if (isDenseVector(a)) return a.dim === (b as DenseVectorType).dim;
  if (a.kind === 'Array') return sameLayout(a.element, (b as typeof a).element);
  if (a.kind === 'StructArray') {
    const other = (b as typeof a).fields;
    return a.fields.length === other.length &&
      a.fields.every((f, i) => f.name === other[i].name && sameLayout(f.type, other[i].type));
  }
  return true;
}
