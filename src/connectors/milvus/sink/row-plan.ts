/** How the rows of a data set become rows of a collection that exists: which column fills which field. */
import { type Batch, makeBatch } from '../../../core/batch.ts';
import { makeBitmap } from '../../../core/bitmap.ts';
import { type Column, encodingOf, firstNull } from '../../../core/column.ts';
import type { Problem } from '../../../core/endpoint.ts';
import { type Dataset, type Field, idField, type Schema } from '../../../core/schema.ts';
import { fieldList, shellQuote } from '../../../core/shell.ts';
import { formatType, isDenseVector, type LogicalType, sameLayout } from '../../../core/types.ts';
import { columnFromValues } from '../../../core/values.ts';
import { VtsError } from '../../../errors.ts';
import type { CollectionInfo } from '../model.ts';
import type { CreateOptions } from './options.ts';
import { columnProblems } from './target-schema.ts';

/** The rows of a data set as a collection takes them. */
export interface RowPlan {
  /** The fields that are written, as the collection has them. */
  readonly schema: Schema;
  /** For each of them the column that fills it; -1 for nulls. */
  readonly columns: readonly number[];
  /** The column that names the partition of each row. */
  readonly partitionColumn?: number;
  /** The field of {@linkcode schema} that is the primary key; absent where the server makes it. */
  readonly key?: number;
}

/** What decides on a row plan beside the data set and the collection. */
export interface RowOptions {
  readonly create: Pick<CreateOptions, 'autoId'>;
  readonly partitionColumn?: string | undefined;
}

/** Plans the rows of `dataset` for the collection `info`; a plan with problems is not to be used. */
export function planRows(
  dataset: Dataset,
  info: CollectionInfo,
  options: RowOptions,
): { readonly plan: RowPlan; readonly problems: readonly Problem[] } {
  const { partitionColumn } = options;
  const targets = info.schema.fields.filter((f) => !f.functionOutput);
  const key = targets.find((f) => f.primaryKey);
  const serverIds = key?.autoId === true;
  const columns = dataset.schema.fields.filter((f) => f.name !== partitionColumn && !f.functionOutput);
  const dropped = serverIds ? droppedKey(dataset, columns, key!, options) : undefined;
  const used = columns.filter((f) => f.name !== dropped?.name);
  const find = (f: Field) => targets.find((t) => f.dynamic ? t.dynamic : !t.dynamic && t.name === f.name);
  const written = targets.filter((t) =>
    !(serverIds && t === key) && (used.some((f) => find(f) === t) || mayBeLeftOut(t) === 'nulls')
  );
  const indexOf = (t: Field) => {
    const f = used.find((column) => find(column) === t);
    return f === undefined ? -1 : dataset.schema.fields.indexOf(f);
  };
  const unfilled = targets.filter((t) =>
    !written.includes(t) && !(serverIds && t === key) && mayBeLeftOut(t) === undefined
  );
  // A column without a field and a field without a column, alike, may be meant for each other.
  const renamedTo = (t: Field) => {
    const alike = used.filter((f) => find(f) === undefined && sameLayout(f.type, t.type));
    return alike.length === 1 ? alike[0] : undefined;
  };
  const renames = new Set(unfilled.map(renamedTo));
  const partitionIndex = dataset.schema.fields.findIndex((f) => f.name === partitionColumn);
  const keyIndex = serverIds ? -1 : written.findIndex((t) => t.primaryKey);
  return {
    plan: {
      schema: { fields: written },
      columns: written.map(indexOf),
      ...(partitionColumn === undefined ? {} : { partitionColumn: partitionIndex }),
      ...(keyIndex < 0 ? {} : { key: keyIndex }),
    },
    problems: [
      ...dropped?.problems ?? [],
      ...columnProblems(dataset.schema.fields, partitionColumn),
      ...misfits(used.filter((f) => !renames.has(f)), find, columns),
      ...unfilled.map((t) => unfilledProblem(t, renamedTo(t))),
    ],
  };
}

/** The column of keys that is left out, as the server makes its own. */
function droppedKey(
  dataset: Dataset,
  columns: readonly Field[],
  key: Field,
  { create: { autoId } }: RowOptions,
): { readonly name: string; readonly problems: readonly Problem[] } | undefined {
  const own = columns.find((f) => f.name === key.name) ?? idField(dataset);
  if (own === undefined) return undefined;
  const problems = autoId === 'new' ? [] : [{
    field: own.name,
    message: `the server makes the ids of this collection, in "${key.name}", and cannot keep these`,
    remedy: '--auto-id new',
  }];
  return { name: own.name, problems };
}

/** Whether a row may come without a value for `field`, and how that is said. */
function mayBeLeftOut(field: Field): 'absent' | 'nulls' | undefined {
  if (field.dynamic) return 'absent';
  return field.nullable || field.defaultValue !== undefined ? 'nulls' : undefined;
}

function misfits(
  used: readonly Field[],
  find: (f: Field) => Field | undefined,
  columns: readonly Field[],
): Problem[] {
  const kept = columns.filter((f) => find(f) !== undefined).map((f) => f.name);
  return used.flatMap((f): Problem[] => {
    const target = find(f);
    if (target === undefined) {
      return [{
        field: f.name,
        message: f.dynamic
          ? 'the collection takes no keys outside its schema'
          : 'the collection has no such field',
        remedy: `--fields ${fieldList(kept)}`,
      }];
    }
    if (sameLayout(f.type, target.type)) return [];
    return [{
      field: f.name,
      message: `it is ${formatType(f.type)}, and the collection has ${formatType(target.type)}`,
      remedy: `--cast ${shellQuote(`${f.name}:${castName(target.type)}`)}`,
    }];
  });
}

/** `type` as `--cast` takes it. */
function castName(type: LogicalType): string {
  if (isDenseVector(type)) return `${type.kind}(${type.dim})`;
  if (type.kind === 'Array') return `array<${type.element.kind.toLowerCase()}>`;
  return type.kind.toLowerCase();
}

function unfilledProblem(target: Field, column: Field | undefined): Problem {
  return {
    message: `the collection has a field "${target.name}", ${formatType(target.type)}, that no column fills`,
    remedy: `--rename ${
      column === undefined ? `COLUMN=${target.name}` : shellQuote(`${column.name}=${target.name}`)
    }`,
  };
}

/** `batch`, whose columns are the data set's, as the collection takes it. Nothing is copied. */
export function conform({ schema, columns }: RowPlan, batch: Batch): Batch {
  if (schema.fields.length === 0) return { schema, length: batch.length, columns: [] };
  return makeBatch(
    schema,
    schema.fields.map(({ type }, i) => {
      if (columns[i] < 0) return nullColumn(type, batch.length);
      // The collection's type, as a text or a list may have another bound there.
      return { ...batch.columns[columns[i]], type };
    }),
  );
}

/** @throws VtsError RowInvalid for a null in place of which the server would store something else */
export function refuseNullsForDefaults({ schema, columns }: RowPlan, batch: Batch): void {
  schema.fields.forEach((f, i) => {
    if (f.defaultValue === undefined || columns[i] < 0) return;
    const row = firstNull(batch.columns[i]);
    if (row < 0) return;
    throw new VtsError(
      'RowInvalid',
      `a null, in place of which the server would store its default ${String(f.defaultValue)}`,
      { field: f.name, row },
    );
  });
}

function nullColumn(type: LogicalType, length: number): Column {
  const validity = makeBitmap(length, false);
  const encoding = encodingOf(type);
  if (encoding.layout === 'fixed') {
    const values = new encoding.array(length * encoding.stride);
    return { type, length, validity, offsets: null, values, children: [] };
  }
  return { ...columnFromValues(type, new Array(length).fill(null)), validity };
}
