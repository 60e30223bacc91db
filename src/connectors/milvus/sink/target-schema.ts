/** The schema of a new collection for a data set. */
import type { Problem } from '../../../core/endpoint.ts';
import { type Dataset, type Field, vectorField } from '../../../core/schema.ts';
import { fieldList, shellQuote } from '../../../core/shell.ts';
import { formatType, isVector, type LogicalType, type ScalarType } from '../../../core/types.ts';
import type { FunctionInfo } from '../model.ts';
import type { CreateOptions } from './options.ts';
import type { ServerTraits } from './server-traits.ts';
import { planKey } from './target-key.ts';

/** Milvus' own bounds, taken where the data do not say: what fits into them fits. */
const MAX_LENGTH = 65_535;
const MAX_CAPACITY = 4096;

/** What decides on a schema beside the data set. */
export interface SchemaOptions {
  readonly create: CreateOptions;
  readonly partition?: string | undefined;
  readonly partitionColumn?: string | undefined;
}

/** A schema to be made, or why it cannot be. */
export interface SchemaPlan {
  readonly fields: readonly Field[];
  readonly dynamic: boolean;
  readonly functions: readonly FunctionInfo[];
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
}

/** Plans the schema of a collection that holds `dataset`. */
export function planSchema(dataset: Dataset, options: SchemaOptions, traits: ServerTraits): SchemaPlan {
  const { create, partitionColumn } = options;
  const columns = dataset.schema.fields.filter((f) => f.name !== partitionColumn);
  const own = { ...dataset, schema: { ...dataset.schema, fields: columns } };
  const key = planKey(own, create);
  const notes = new Map<string, string[]>();
  const plain = columns.filter((f) => !f.dynamic && !f.functionOutput);
  const fields = plain.map((f) => {
    if (f.name === key.key?.name) return bounded(key.key, create, traits, notes);
    const { primaryKey: _, autoId: _a, ...rest } = f;
    return bounded(withoutNulls(rest, traits, notes), create, traits, notes);
  });
  if (key.key !== undefined && !plain.some((f) => f.name === key.key!.name)) fields.unshift(key.key);
  const { functions, outputs, lost } = planFunctions(plain, create);
  const spread = withPartitionKey(inOrderOf(create.like, [...fields, ...outputs]), create.partitionKey);
  return {
    fields: spread,
    dynamic: create.dynamic === true || columns.some((f) => f.dynamic),
    functions,
    problems: [
      ...key.problems,
      ...nameProblems(plain),
      ...vectorProblems(own, traits, outputs),
      ...partitionProblems(spread, dataset, options),
    ],
    notes: [
      ...key.notes,
      ...[...notes].map(([text, names]) => `${names.map((name) => `"${name}"`).join(', ')}: ${text}`),
      ...lost,
    ],
  };
}

function withoutNulls(f: Field, traits: ServerTraits, notes: Map<string, string[]>): Field {
  const { elementNullable: _, defaultValue, ...rest } = f;
  const allowed = isVector(f.type) ? traits.nullVectors : traits.nulls;
  if (f.nullable && !allowed) {
    const what = isVector(f.type) ? 'no null vectors' : 'no nulls';
    note(notes, `${traits.name} has ${what}: the first null would end the import`, f.name);
  }
  return {
    ...rest,
    nullable: f.nullable && allowed,
    ...(defaultValue === undefined || !traits.nulls ? {} : { defaultValue }),
  };
}

/** Lengths and capacities, which Milvus wants to know. */
function bounded(
  f: Field,
  { like }: CreateOptions,
  traits: ServerTraits,
  notes: Map<string, string[]>,
): Field {
  const { type, name } = f;
  // A text of the collection to be equalled that has no length is of the type that needs none.
  if (
    traits.longText && like?.schema.fields.some((other) => other.name === name && isUnbounded(other.type))
  ) {
    return f;
  }
  const text = <T extends LogicalType>(inner: T): T => {
    if (inner.kind !== 'VarChar') return inner;
    const { maxLength } = inner as ScalarType & { maxLength?: number };
    if (maxLength !== undefined && maxLength <= MAX_LENGTH) return inner;
    note(
      notes,
      `length ${maxLength === undefined ? 'not known' : 'above the bound'}, so ${MAX_LENGTH}`,
      name,
    );
    return { ...inner, maxLength: MAX_LENGTH };
  };
  const capacity = <T extends { readonly maxCapacity?: number }>(list: T): T => {
    if (list.maxCapacity !== undefined && list.maxCapacity > 0) return list;
    note(notes, `capacity not known, so ${MAX_CAPACITY}`, name);
    return { ...list, maxCapacity: MAX_CAPACITY };
  };
  if (type.kind === 'Array') return { ...f, type: capacity({ ...type, element: text(type.element) }) };
  if (type.kind !== 'StructArray') return { ...f, type: text(type) };
  return {
    ...f,
    type: capacity({ ...type, fields: type.fields.map((sub) => ({ ...sub, type: text(sub.type) })) }),
  };
}

function isUnbounded(type: LogicalType): boolean {
  return type.kind === 'VarChar' && type.maxLength === undefined;
}

/** The functions of the collection to be equalled whose inputs are there, with the fields that they fill. */
function planFunctions(fields: readonly Field[], { like }: CreateOptions) {
  const has = (name: string) => fields.some((f) => f.name === name);
  const functions = (like?.functions ?? []).filter((fn) => fn.inputs.every(has));
  const outputs = (like?.schema.fields ?? []).filter((f) =>
    functions.some((fn) => fn.outputs.includes(f.name)) && !has(f.name)
  );
  const lost = (like?.functions ?? []).filter((fn) => !functions.includes(fn))
    .map((fn) => `the function "${fn.name}" is left out, as a column that it reads is`);
  return { functions, outputs, lost };
}

/** `fields` in the order of the collection to be equalled, others behind them. */
function inOrderOf(like: CreateOptions['like'], fields: readonly Field[]): readonly Field[] {
  const place = ({ name }: Field) => {
    const at = like?.schema.fields.findIndex((f) => f.name === name) ?? -1;
    return at < 0 ? Infinity : at;
  };
  return fields.toSorted((a, b) => place(a) === place(b) ? 0 : place(a) - place(b));
}

function withPartitionKey(fields: readonly Field[], name: string | undefined): readonly Field[] {
  if (name === undefined) return fields;
  return fields.map((f) => {
    const { partitionKey: _, ...rest } = f;
    return f.name === name ? { ...rest, partitionKey: true } : rest;
  });
}

function nameProblems(fields: readonly Field[]): Problem[] {
  const taken = new Set(fields.map((f) => f.name));
  return fields.filter(({ name }) => !isLegalName(name)).map(({ name }) => {
    let legal = name.replace(/\W/g, '_').replace(/^(?=\d)|^$/, '_').slice(0, 255);
    while (taken.has(legal)) legal = `${legal.slice(0, 250)}_`;
    taken.add(legal);
    return {
      field: name,
      message: 'names in Milvus have letters, digits and _, and begin with no digit',
      remedy: `--rename ${shellQuote(`${name}=${legal}`)}`,
    };
  });
}

/** Whether Milvus takes `name` for a field, a collection or a partition. */
export function isLegalName(name: string): boolean {
  return /^[A-Za-z_]\w{0,254}$/.test(name);
}

function vectorProblems(dataset: Dataset, traits: ServerTraits, outputs: readonly Field[]): Problem[] {
  const { fields } = dataset.schema;
  const vectors = fields.filter((f) => isVector(f.type) && !f.functionOutput);
  if (vectors.length === 0 && !outputs.some((f) => isVector(f.type))) {
    const lists = fields.filter(({ type }) =>
      type.kind === 'Array' && /^(Float|Double)$/.test(type.element.kind)
    );
    return [{
      message: 'a collection needs a vector field, and there is none',
      remedy: lists.length === 0
        ? 'name an input with vectors'
        : `--cast ${shellQuote(`${lists[0].name}:FloatVector(DIM)`)}`,
    }];
  }
  if (vectors.length <= traits.vectorFields) return [];
  const kept = vectorField(dataset) ?? vectors[0];
  const others = fields.filter((f) => f === kept || !vectors.includes(f)).map((f) => f.name);
  return [{
    message: `${traits.name} has one vector field a collection, and here are ${vectors.length}: ${
      vectors.map((f) => `"${f.name}"`).join(', ')
    }`,
    remedy: `--fields ${fieldList(others)}`,
  }];
}

function partitionProblems(
  fields: readonly Field[],
  { schema }: Dataset,
  { create, partition, partitionColumn }: SchemaOptions,
): Problem[] {
  const problems: Problem[] = [];
  const { partitionKey } = create;
  const key = fields.find((f) => f.partitionKey);
  if (partitionKey !== undefined && key === undefined) {
    problems.push({
      field: partitionKey,
      message: 'there is no such column to be the partition key',
      remedy: `--partition-key with one of ${fields.map((f) => f.name).join(', ')}`,
    });
  }
  if (key !== undefined && (key.primaryKey || !/^(Int64|VarChar)$/.test(key.type.kind))) {
    problems.push({
      field: key.name,
      message: key.primaryKey
        ? 'the primary key cannot be the partition key'
        : `a partition key is Int64 or VarChar, not ${formatType(key.type)}`,
      remedy: key.primaryKey ? 'leave out --partition-key' : `--cast ${shellQuote(`${key.name}:varchar`)}`,
    });
  }
  if (key !== undefined && (partition !== undefined || partitionColumn !== undefined)) {
    problems.push({
      field: key.name,
      message: 'a partition key spreads the rows by itself, so they cannot be put into partitions',
      remedy: `leave out ${partition !== undefined ? '--partition' : '--partition-column'}`,
    });
  }
  return [...problems, ...columnProblems(schema.fields, partitionColumn)];
}

/** Problems with the column that names partitions. */
export function columnProblems(fields: readonly Field[], partitionColumn: string | undefined): Problem[] {
  if (partitionColumn === undefined) return [];
  const column = fields.find((f) => f.name === partitionColumn);
  if (column?.type.kind === 'VarChar') return [];
  return [{
    field: partitionColumn,
    message: column === undefined
      ? 'there is no such column to name the partitions'
      : `partitions are named by a VarChar, not by ${formatType(column.type)}`,
    remedy: column === undefined
      ? '--partition-column with a column of the input'
      : `--cast ${shellQuote(`${partitionColumn}:varchar`)}`,
  }];
}

function note(notes: Map<string, string[]>, text: string, name: string): void {
  const names = notes.get(text) ?? [];
  if (!names.includes(name)) names.push(name);
  notes.set(text, names);
}
