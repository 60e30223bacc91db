/** Which data sets of a file make up the rows: the layouts of ann-benchmarks and MilvusDM, our own, and any other. */
import type { DatasetFacts } from '../../core/schema-json.ts';
import { shellQuote } from '../../core/shell.ts';
import { findField, type Roles, type Schema } from '../../core/schema.ts';
import { VtsError } from '../../errors.ts';
import type { ReadOptions } from '../format.ts';
import { readFacts, readSchema, readText } from './attributes.ts';
import { type ColumnPlan, planColumn } from './column-plan.ts';
import type { H5File } from './h5-file.ts';
import {
  type DatasetFound,
  describeDataset,
  type Entry,
  follow,
  lastPart,
  listGroup,
  parentOf,
  shortList,
  unreadable,
  walk,
} from './tree.ts';

/** What is read of a file. */
export interface Selection {
  readonly columns: readonly ColumnPlan[];
  readonly rows: number;
  readonly facts: DatasetFacts;
  readonly description?: string | undefined;
  readonly notes: readonly string[];
}

interface DatasetEntry extends Entry {
  readonly found: DatasetFound;
}

/** Chooses the columns. @throws VtsError InputMissing, InputUnsupported, InputMalformed, MemoryLimit */
export function select(file: H5File, options: ReadOptions): Selection {
  const found = follow(file, options.path ?? '/');
  switch (found.kind) {
    case 'group':
      return selectGroup(file, found.path, options);
    case 'dataset':
      return selectDataset(file, lastPart(options.path!.replace(/\/+$/, '')), found, options);
    default:
      throw unreadable(file, found);
  }
}

function selectDataset(file: H5File, name: string, found: DatasetFound, options: ReadOptions): Selection {
  const group = parentOf(found.path);
  const plan = planEntry(file, { name, path: found.path, found }, options.roles, readSchema(file, group));
  if (typeof plan === 'string') throw cannotRead(file, `${found.path} cannot be read: ${plan}`);
  const { metric, metricArg } = readFacts(file, group);
  const facts = { ...(metric && { metric }), ...(metricArg !== undefined && { metricArg }), roles: {} };
  return { columns: [plan], rows: plan.rows, facts, notes: notesOf([plan]) };
}

function selectGroup(file: H5File, group: string, options: ReadOptions): Selection {
  const entries = [...listGroup(file, group)];
  const sets = entries.filter((entry): entry is DatasetEntry => entry.found.kind === 'dataset');
  if (sets.length === 0) return selectOnlySubgroup(file, group, options);
  const facts = readFacts(file, group);
  const schema = readSchema(file, group);
  const named = (name: string) => sets.find((entry) => entry.name === name);
  const train = named('train');
  const others = ['test', 'neighbors', 'distances'].flatMap((name) => named(name)?.path ?? []);
  if (schema === undefined && train !== undefined && others.length > 0) {
    if (readText(file, group, 'type') === 'sparse' || named('size_train') !== undefined) {
      throw cannotRead(file, `${train.path} holds sets of varying size in the sparse form of ann-benchmarks`);
    }
    return selectTrain(file, train.found, others, options);
  }
  refuseExternal(file, entries);
  const lost = entries.flatMap(({ path, found }) =>
    found.kind === 'missing' ? [`${path} is left out: ${found.reason}`] : []
  );
  const milvusDm = schema === undefined && named('embeddings')?.found.info.shape?.length === 2;
  const selection = selectTogether(file, sets, options, schema);
  const notes = [...lost, ...selection.notes];
  if (!milvusDm) return { ...selection, facts, notes };
  const roles = { vector: 'embeddings', ...(named('ids') && { id: 'ids' }) };
  return { ...selection, facts: { ...facts, roles: { ...roles, ...facts.roles } }, notes };
}

/** The base vectors of the ann-benchmarks layout, whose data sets differ in length. */
function selectTrain(
  file: H5File,
  train: DatasetFound,
  others: readonly string[],
  options: ReadOptions,
): Selection {
  const selection = selectDataset(file, 'train', train, options);
  const list = others.map((path) => `::${path}`).join(', ');
  const rest = `${list} ${others.length > 1 ? 'hold' : 'holds'} the rest`;
  return {
    ...selection,
    facts: { ...selection.facts, roles: { vector: 'train' } },
    notes: [`the layout of ann-benchmarks: ${train.path} is read; ${rest}`, ...selection.notes],
  };
}

/** All data sets of a group that fit, as columns. */
function selectTogether(
  file: H5File,
  sets: readonly DatasetEntry[],
  options: ReadOptions,
  schema?: Schema,
): Selection {
  const notes: string[] = [];
  const columns: ColumnPlan[] = [];
  for (const entry of inOrder(sets, schema)) {
    const plan = planEntry(file, entry, options.roles, schema);
    if (typeof plan === 'string') notes.push(`${entry.path} is left out: ${plan}`);
    else columns.push(plan);
  }
  if (columns.length === 0) throw cannotRead(file, `none of its data sets can be read: ${notes.join('; ')}`);
  for (const { name } of schema?.fields ?? []) {
    if (!columns.some((plan) => plan.field.name === name)) {
      notes.push(`vts.schema names "${name}", which cannot be read`);
    }
  }
  const [{ rows }] = columns;
  if (columns.some((plan) => plan.rows !== rows)) {
    throw new VtsError('InputUnsupported', `The data sets of ${file.name} differ in their number of rows`, {
      file: file.name,
      expected: `data sets that share their first extent; found ${
        sets.slice(0, 20).map((entry) => describeDataset(entry.path, entry.found.info)).join(', ')
      }`,
      remedy: `choose one: ${shellQuote(`${file.name}::${columns[0].path}`)}`,
    });
  }
  return {
    columns,
    rows,
    facts: { roles: {} },
    description: schema?.description,
    notes: [...notes, ...notesOf(columns)],
  };
}

/** Our schema's order first; what others have added comes after. */
function inOrder(sets: readonly DatasetEntry[], schema?: Schema): readonly DatasetEntry[] {
  if (schema === undefined) return sets;
  const known = schema.fields.flatMap((field) => sets.filter((entry) => entry.name === field.name));
  return [...known, ...sets.filter((entry) => !known.includes(entry))];
}

/** A file whose data sets are all in one group needs no `::PATH`. */
function selectOnlySubgroup(file: H5File, group: string, options: ReadOptions): Selection {
  const groups = new Set<string>();
  for (const { path, found } of walk(file, group, 1000)) {
    if (found.kind === 'dataset') groups.add(parentOf(path));
  }
  const [only, ...more] = groups;
  if (only !== undefined && more.length === 0) {
    const selection = selectGroup(file, only, options);
    return { ...selection, notes: [`the data sets of ${only} are read`, ...selection.notes] };
  }
  refuseExternal(file, [...listGroup(file, group)]);
  throw new VtsError(
    'InputUnsupported',
    `${group === '/' ? file.name : `${group} in ${file.name}`} has no data sets`,
    {
      file: file.name,
      expected: `data sets, in one group; the file holds ${shortList(file)}`,
      ...(only !== undefined && { remedy: `choose one: ${shellQuote(`${file.name}::${only}`)}` }),
    },
  );
}

function planEntry(file: H5File, entry: DatasetEntry, roles: Roles, schema?: Schema): ColumnPlan | string {
  const { name, path, found } = entry;
  const [source] = found.info.virtual_sources ?? [];
  if (found.info.virtual_sources !== undefined) {
    throw cannotRead(
      file,
      `${path} is a virtual data set${source ? ` over ${source.dset_name} in ${source.file_name}` : ''}`,
      `copy its values into a data set of their own, or choose another with ::PATH`,
    );
  }
  const isVector = roles.vector === name && found.info.size === 1 && found.info.signed;
  return planColumn(file, name, found.path, found.info, {
    declared: schema && findField(schema, name),
    vector: isVector || lastPart(path) === 'embeddings',
  });
}

function refuseExternal(file: H5File, entries: readonly Entry[]): void {
  const external = entries.find(({ found }) => found.kind === 'external');
  if (external !== undefined) throw unreadable(file, external.found);
}

function notesOf(columns: readonly ColumnPlan[]): string[] {
  return columns.flatMap(({ note, path }) => note === undefined ? [] : [`${path}: ${note}`]);
}

function cannotRead(file: H5File, what: string, remedy?: string): VtsError {
  return new VtsError('InputUnsupported', `${file.name}: ${what}`, {
    file: file.name,
    expected: 'data sets of numbers, booleans, texts or lists of them, one or two-dimensional',
    remedy: remedy ?? `choose another with ::PATH; the file holds ${shortList(file)}`,
  });
}
