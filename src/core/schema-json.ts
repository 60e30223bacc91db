/**
 * Schemas as JSON: what `--schema FILE` takes, `vts inspect --json` prints and Parquet and HDF5 files carry.
 *
 *     {"fields": [{"name": "id", "type": "Int64", "primaryKey": true},
 *                 {"name": "v", "type": "FloatVector", "dim": 128},
 *                 {"name": "tags", "type": "Array", "element": {"type": "VarChar", "maxLength": 64}, "maxCapacity": 8}]}
 */
import { VtsError } from '../errors.ts';
import { type DefaultValue, type Field, type Metric, METRICS, type Roles, type Schema } from './schema.ts';
import { isDenseVector, isScalar, type Kind, KINDS, type LogicalType } from './types.ts';

/** A JSON value; integers past 2^53 are strings. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

type JsonObject = { readonly [name: string]: Json };

const FLAGS = [
  'primaryKey',
  'autoId',
  'partitionKey',
  'clusteringKey',
  'dynamic',
  'functionOutput',
  'elementNullable',
] as const;

/** `schema` as a JSON value. */
export function schemaToJson(schema: Schema): JsonObject {
  return {
    ...(schema.description === undefined ? {} : { description: schema.description }),
    fields: schema.fields.map(fieldToJson),
  };
}

/** `field` as a JSON value. */
function fieldToJson(field: Field): JsonObject {
  const json: Record<string, Json> = { name: field.name, ...typeToJson(field.type) };
  if (field.nullable) json.nullable = true;
  for (const flag of FLAGS) if (field[flag]) json[flag] = true;
  if (field.defaultValue !== undefined) {
    json.defaultValue = typeof field.defaultValue === 'bigint'
      ? field.defaultValue.toString()
      : field.defaultValue;
  }
  if (field.description !== undefined) json.description = field.description;
  if (field.params !== undefined) json.params = field.params;
  return json;
}

function typeToJson(type: LogicalType): JsonObject {
  const json: Record<string, Json> = { type: type.kind };
  if (isDenseVector(type)) json.dim = type.dim;
  if (type.kind === 'VarChar' && type.maxLength !== undefined) json.maxLength = type.maxLength;
  if (type.kind === 'Array') json.element = typeToJson(type.element);
  if (type.kind === 'StructArray') json.fields = type.fields.map(fieldToJson);
  if ((type.kind === 'Array' || type.kind === 'StructArray') && type.maxCapacity !== undefined) {
    json.maxCapacity = type.maxCapacity;
  }
  return json;
}

/**
 * The schema that `json` describes; `file` is named in messages.
 * @throws VtsError InputMalformed with the path of the value that is wrong
 */
export function schemaFromJson(json: Json, file: string): Schema {
  const object = asObject(json, 'the schema', file);
  const fields = asArray(object.fields, 'fields', file).map((f, i) => fieldFromJson(f, `fields[${i}]`, file));
  const seen = new Set<string>();
  for (const { name } of fields) {
    if (seen.has(name)) throw wrong(file, 'fields', `two fields called "${name}"`, 'names that differ');
    seen.add(name);
  }
  const description = object.description === undefined ? {} : {
    description: asString(object.description, 'description', file),
  };
  return { ...description, fields };
}

function fieldFromJson(json: Json, path: string, file: string): Field {
  const object = asObject(json, path, file);
  const type = typeFromJson(object, path, file);
  const field: Record<string, unknown> = {
    name: asString(object.name, `${path}.name`, file),
    type,
    nullable: object.nullable === true,
  };
  for (const flag of FLAGS) if (object[flag] === true) field[flag] = true;
  if (object.defaultValue !== undefined && object.defaultValue !== null) {
    field.defaultValue = defaultFromJson(object.defaultValue, type, `${path}.defaultValue`, file);
  }
  if (object.description !== undefined) {
    field.description = asString(object.description, `${path}.description`, file);
  }
  if (object.params !== undefined) {
    const params = Object.entries(asObject(object.params, `${path}.params`, file));
    field.params = Object.fromEntries(params.map(([k, v]) => [k, asString(v, `${path}.params.${k}`, file)]));
  }
  return field as unknown as Field;
}

function typeFromJson(object: JsonObject, path: string, file: string): LogicalType {
  const name = asString(object.type, `${path}.type`, file);
  const kind = KINDS.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  if (kind === undefined) {
    throw wrong(file, `${path}.type`, JSON.stringify(name), `one of ${KINDS.join(', ')}`);
  }
  const probe = { kind, dim: 8 } as LogicalType;
  if (isDenseVector(probe)) {
    const dim = asCount(object.dim, `${path}.dim`, file);
    if (kind === 'BinaryVector' && dim % 8 !== 0) {
      throw wrong(file, `${path}.dim`, `${dim}`, 'a multiple of 8, as it counts bits');
    }
    return { kind: probe.kind, dim };
  }
  const capacity = object.maxCapacity === undefined ? {} : {
    maxCapacity: asCount(object.maxCapacity, `${path}.maxCapacity`, file),
  };
  if (kind === 'Array') {
    const element = typeFromJson(asObject(object.element, `${path}.element`, file), `${path}.element`, file);
    if (!isScalar(element)) throw wrong(file, `${path}.element.type`, element.kind, 'a scalar type');
    return { kind, element, ...capacity };
  }
  if (kind === 'StructArray') {
    const fields = asArray(object.fields, `${path}.fields`, file);
    return {
      kind,
      fields: fields.map((f, i) => fieldFromJson(f, `${path}.fields[${i}]`, file)),
      ...capacity,
    };
  }
  if (kind === 'VarChar' && object.maxLength !== undefined) {
    return { kind, maxLength: asCount(object.maxLength, `${path}.maxLength`, file) };
  }
  return { kind } as { kind: Exclude<Kind, 'Array' | 'StructArray' | typeof probe.kind> } as LogicalType;
}

function defaultFromJson(json: Json, type: LogicalType, path: string, file: string): DefaultValue {
  if (type.kind === 'Int64' || type.kind === 'Timestamptz') {
    if (typeof json === 'number' && Number.isSafeInteger(json)) return BigInt(json);
    if (typeof json === 'string' && /^-?\d{1,19}$/.test(json)) return BigInt(json);
    throw wrong(file, path, JSON.stringify(json), 'an integer; past 2^53 in quotes');
  }
  if (typeof json === 'object') throw wrong(file, path, JSON.stringify(json), 'a single value');
  return json;
}

/** The facts of a data set that are no field, as vts keeps them in files beside the schema. */
export interface DatasetFacts {
  readonly metric?: Metric;
  readonly metricArg?: number;
  readonly roles: Roles;
  readonly lossy?: string;
}

/** Metric, roles and what vectors were decoded from as a JSON value. */
export function factsToJson({ metric, metricArg, roles, lossy }: DatasetFacts): JsonObject {
  return {
    ...(metric === undefined ? {} : { metric }),
    ...(metricArg === undefined ? {} : { metricArg }),
    ...(roles.id === undefined ? {} : { id: roles.id }),
    ...(roles.vector === undefined ? {} : { vector: roles.vector }),
    ...(lossy === undefined ? {} : { lossy }),
  };
}

/** Reads what {@linkcode factsToJson} wrote. Unknown metrics are left out. */
export function factsFromJson(json: Json): DatasetFacts {
  const object =
    (typeof json === 'object' && json !== null && !Array.isArray(json) ? json : {}) as JsonObject;
  const metric = METRICS.find((name) => name === object.metric);
  return {
    ...(metric === undefined ? {} : { metric }),
    ...(typeof object.metricArg === 'number' ? { metricArg: object.metricArg } : {}),
    ...(typeof object.lossy === 'string' ? { lossy: object.lossy } : {}),
    roles: {
      ...(typeof object.id === 'string' ? { id: object.id } : {}),
      ...(typeof object.vector === 'string' ? { vector: object.vector } : {}),
    },
  };
}

function asObject(json: Json | undefined, path: string, file: string): JsonObject {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as JsonObject;
  throw wrong(file, path, JSON.stringify(json), 'an object');
}

function asArray(json: Json | undefined, path: string, file: string): readonly Json[] {
  if (Array.isArray(json)) return json;
  throw wrong(file, path, JSON.stringify(json), 'an array');
}

function asString(json: Json | undefined, path: string, file: string): string {
  if (typeof json === 'string') return json;
  throw wrong(file, path, JSON.stringify(json), 'a string');
}

function asCount(json: Json | undefined, path: string, file: string): number {
  if (typeof json === 'number' && Number.isSafeInteger(json) && json > 0) return json;
  throw wrong(file, path, JSON.stringify(json), 'a whole number above 0');
}

function wrong(file: string, path: string, found: string | undefined, expected: string): VtsError {
  return new VtsError('InputMalformed', `The schema in ${file} has ${found ?? 'nothing'} at ${path}`, {
    file,
    expected,
  });
}
