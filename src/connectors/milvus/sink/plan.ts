/** Whether and how a data set becomes rows of the target, decided before anything is written. */
import type { Problem } from '../../../core/endpoint.ts';
import { type Dataset, type Field, findField } from '../../../core/schema.ts';
import { shellQuote } from '../../../core/shell.ts';
import { formatType } from '../../../core/types.ts';
import { type CollectionInfo, DEFAULT_PARTITION, type IndexRequest } from '../model.ts';
import { planIndexes } from './index-plan.ts';
import type { CreateOptions, MilvusSinkOptions } from './options.ts';
import { planRows } from './row-plan.ts';
import { traitsOf } from './server-traits.ts';
import { isLegalName, planSchema, type SchemaPlan } from './target-schema.ts';

/** What is going to be done. */
export interface TargetPlan {
  /** Of a collection that is made. */
  readonly schema: SchemaPlan;
  readonly indexes: readonly IndexRequest[];
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
}

/** Plans the writing of `dataset`. @param existing the collection under the target's name */
export function planTarget(
  dataset: Dataset,
  options: MilvusSinkOptions,
  existing: CollectionInfo | undefined,
): TargetPlan {
  const { create, mode, collection } = options;
  if (existing !== undefined && mode === 'replace' && create.keepSchema) {
    return planSame(dataset, options, existing);
  }
  const schema = planSchema(dataset, options, traitsOf(options.connection));
  const indexes = planIndexes(dataset, schema.fields, create);
  if (existing !== undefined && mode !== 'replace') {
    const { problems } = planRows(dataset, existing, options);
    return {
      schema,
      indexes: indexes.indexes,
      problems: [...problems, ...existingProblems(existing, options)],
      notes: options.resume ? [] : unusedFlags(options),
    };
  }
  return {
    schema,
    indexes: indexes.indexes,
    problems: [
      ...schema.problems,
      ...indexes.problems,
      ...isLegalName(collection) ? [] : [{
        message: `"${collection}" is no name for a collection`,
        remedy: 'name it with letters, digits and _, beginning with no digit',
      }],
      ...aliasProblems(existing, collection),
    ],
    notes: [...schema.notes, ...indexes.notes],
  };
}

/** Plans a collection like `existing`, to which `create.like` is equal, for the rows of `dataset`. */
function planSame(dataset: Dataset, options: MilvusSinkOptions, existing: CollectionInfo): TargetPlan {
  const key = keyOf(existing);
  const { like, noIndex } = options.create;
  const create: CreateOptions = {
    like,
    indexes: [],
    ...(key.autoId ? { autoId: 'new' } : {}),
    ...(noIndex ? { noIndex } : {}),
  };
  const same: Dataset = { schema: existing.schema, roles: { id: key.name }, notes: [] };
  const schema = planSchema(same, { create }, traitsOf(options.connection));
  return {
    schema,
    indexes: planIndexes(same, schema.fields, create).indexes,
    problems: [
      ...planRows(dataset, existing, options).problems,
      ...existingProblems(existing, options),
      ...aliasProblems(existing, options.collection),
    ],
    notes: [],
  };
}

/** What a plan makes on the server, as people read it. */
export function madeBy({ schema, indexes }: TargetPlan, { collection, create }: MilvusSinkOptions): string[] {
  const fields = schema.fields.map(({ name, type, primaryKey }) =>
    `${name} ${formatType(type)}${primaryKey ? ' (primary key)' : ''}`
  );
  const partitions = (create.like?.partitions ?? []).filter((name) => name !== DEFAULT_PARTITION);
  return [
    `the collection ${collection}: ${fields.join(', ')}${
      schema.dynamic ? ', and keys outside the schema' : ''
    }`,
    ...(partitions.length === 0 ? [] : [`its partitions ${partitions.join(', ')}`]),
    ...(create.noIndex ? [] : indexes.map(({ field, type }) => `the index ${type} on "${field}"`)),
  ];
}

/** The primary key of a collection. */
export function keyOf({ schema }: CollectionInfo): Field {
  return schema.fields.find((f) => f.primaryKey)!;
}

/** Whether the rows of a collection are spread over its partitions by a field. */
export function isSpread({ schema }: CollectionInfo): boolean {
  return schema.fields.some((f) => f.partitionKey);
}

function existingProblems(info: CollectionInfo, options: MilvusSinkOptions): Problem[] {
  const { mode, partition, partitionColumn, create } = options;
  const problems: Problem[] = info.unsupported.map(({ name, typeNumber }) => ({
    field: name,
    message: `the collection has this field of type ${typeNumber}, which vts does not know`,
    remedy: 'name another collection',
  }));
  if (mode === 'upsert' && keyOf(info).autoId) {
    problems.push({
      field: keyOf(info).name,
      message: 'the server makes the ids of this collection, so no row has the key of another',
      remedy: '--mode append',
    });
  }
  if (isSpread(info) && (partition !== undefined || partitionColumn !== undefined)) {
    problems.push({
      message: 'a partition key spreads the rows of this collection, so they cannot be put into partitions',
      remedy: `leave out ${partition !== undefined ? '--partition' : '--partition-column'}`,
    });
  }
  const { partitionKey } = create;
  if (partitionKey !== undefined && !findField(info.schema, partitionKey)?.partitionKey) {
    problems.push({
      field: partitionKey,
      message: 'the collection is there already, and this is not its partition key',
      remedy: `leave out --partition-key ${shellQuote(partitionKey)}, or add --mode replace`,
    });
  }
  return problems;
}

/** What is said of flags that only a new collection could heed. */
function unusedFlags({ create }: MilvusSinkOptions): string[] {
  const flags = [
    create.indexes.length > 0 ? '--index' : undefined,
    create.shards !== undefined ? '--shards' : undefined,
    create.consistency !== undefined ? '--consistency' : undefined,
    create.dynamic ? '--dynamic' : undefined,
    create.noIndex ? '--no-index' : undefined,
    create.noLoad ? '--no-load' : undefined,
  ].filter((flag) => flag !== undefined);
  if (flags.length === 0) return [];
  return [`the collection is there already: ${flags.join(', ')} would be for a new one`];
}

function aliasProblems(existing: CollectionInfo | undefined, name: string): Problem[] {
  if (existing === undefined || !existing.aliases.includes(name)) return [];
  return [{
    message: `"${name}" is an alias of the collection "${existing.name}"`,
    remedy: `name the collection: .../${existing.name}`,
  }];
}
