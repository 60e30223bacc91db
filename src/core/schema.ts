/** Fields, schemas and data sets: what a source says about its rows before the first of them is read. */
import { isDenseVector, isVector, type LogicalType } from './types.ts';

/** A field's default as written in a schema; 64-bit integers as bigint. */
export type DefaultValue = boolean | number | bigint | string;

/** One field (column) of a collection or file. */
export interface Field {
  readonly name: string;
  readonly type: LogicalType;
  readonly nullable: boolean;
  readonly primaryKey?: boolean;
  readonly autoId?: boolean;
  readonly partitionKey?: boolean;
  readonly clusteringKey?: boolean;
  /** Marks the column that holds keys outside the schema, one JSON object a row (`$meta` in Milvus). */
  readonly dynamic?: boolean;
  /** Computed by the server from other fields (BM25, say): readable at best, never written. */
  readonly functionOutput?: boolean;
  /** Array elements may be null. */
  readonly elementNullable?: boolean;
  readonly defaultValue?: DefaultValue;
  readonly description?: string;
  /** Further type parameters as the server names them (`enable_analyzer`, `mmap.enabled`, ...). */
  readonly params?: Readonly<Record<string, string>>;
}

/** The ordered fields of a data set. */
export interface Schema {
  readonly fields: readonly Field[];
  readonly description?: string;
}

/** The metric types of Milvus and Faiss, by Milvus' names where it has one. */
export const METRICS = [
  'L2',
  'IP',
  'COSINE',
  'HAMMING',
  'JACCARD',
  'L1',
  'Linf',
  'Lp',
  'Canberra',
  'BrayCurtis',
  'JensenShannon',
  'NaNEuclidean',
  'Gower',
] as const;

/** How the distance of two vectors is measured. */
export type Metric = (typeof METRICS)[number];

/** Which fields play the parts that formats without names need (Faiss: one id, one vector). */
export interface Roles {
  readonly id?: string;
  readonly vector?: string;
}

/** What a source knows before its rows are read. */
export interface Dataset {
  readonly schema: Schema;
  /** Row count; `undefined` when only reading all rows tells. */
  readonly rows?: number;
  readonly metric?: Metric;
  /** The parameter p of `Lp`. */
  readonly metricArg?: number;
  readonly roles: Roles;
  /** What the vectors were decoded from, where they are not those that were once put in: `PQ16x8 codes`. */
  readonly lossy?: string;
  /** What a user should know of how this data set was understood ("types inferred from the first 1000 rows"). */
  readonly notes: readonly string[];
}

/** The field called `name`, or `undefined`. */
export function findField(schema: Schema, name: string): Field | undefined {
  return schema.fields.find((field) => field.name === name);
}

/** The field that identifies rows: the one the user named, else the primary key, else none. */
export function idField(dataset: Dataset): Field | undefined {
  if (dataset.roles.id !== undefined) return findField(dataset.schema, dataset.roles.id);
  return dataset.schema.fields.find((field) => field.primaryKey);
}

/** The vector field: the one the user named, else the only vector field, else none. */
export function vectorField(dataset: Dataset): Field | undefined {
  if (dataset.roles.vector !== undefined) return findField(dataset.schema, dataset.roles.vector);
  const vectors = dataset.schema.fields.filter((field) => isVector(field.type));
  return vectors.length === 1 ? vectors[0] : undefined;
}

/** A plain field: `field('id', { kind: 'Int64' })`. */
export function field(name: string, type: LogicalType, attributes: Partial<Field> = {}): Field {
  return { nullable: false, ...attributes, name, type };
}

/** Bytes of one row of `type` in memory; for variable-length types a guess that sizes batches and plans. */
export function estimatedRowBytes(type: LogicalType): number {
  if (isDenseVector(type)) return type.dim * ELEMENT_BITS[type.kind] / 8;
  switch (type.kind) {
    case 'Bool':
    case 'Int8':
      return 1;
    case 'Int16':
      return 2;
    case 'Int32':
    case 'Float':
      return 4;
    case 'Int64':
    case 'Double':
    case 'Timestamptz':
      return 8;
    case 'Array':
      return 8 * estimatedRowBytes(type.element);
    case 'StructArray':
      return 4 * type.fields.reduce((sum, f) => sum + estimatedRowBytes(f.type), 0);
    case 'SparseFloatVector':
      return 512;
    default:
      return 64;
  }
}

const ELEMENT_BITS = {
  FloatVector: 32,
  DoubleVector: 64,
  Float16Vector: 16,
  BFloat16Vector: 16,
  Int8Vector: 8,
  BinaryVector: 1,
} as const;
