/** Between a source and a sink: which columns, under which names and types. Compiled once, with all problems found, before any write. */
import { VtsError } from '../errors.ts';
import { compileAdded } from './added-columns.ts';
import { type Batch, columnsByName, makeBatch } from './batch.ts';
import { compileCast } from './cast.ts';
import type { Cast } from './cast-context.ts';
import { parseCastType } from './cast-type.ts';
import type { Problem, Sink } from './endpoint.ts';
import { changeFields, type FieldChanges } from './field-changes.ts';
import { type CoordinateOrder, geometryCast } from './geometry-text.ts';
import { normalizeColumn, normalizedField, normalizedMetric } from './normalize.ts';
import { type Dataset, type Field, type Metric, type Roles } from './schema.ts';
import { fieldList, shellQuote } from './shell.ts';
import { formatType, isVector } from './types.ts';

/** What a user asks of the columns. Names are the source's; where a column is renamed, its new name is understood too. */
export interface MappingOptions {
  readonly fields?: readonly string[];
  readonly renames?: Readonly<Record<string, string>>;
  readonly casts?: Readonly<Record<string, string>>;
  readonly roles?: Roles;
  readonly metric?: Metric;
  /** Whether vectors are scaled to the length 1. */
  readonly normalize?: boolean;
  /** Whether texts that become geometries may be of any form, and what comes first in a pair of numbers. */
  readonly geometry?: CoordinateOrder;
  /** Further columns, by their new names: see `added-columns.ts`. */
  readonly added?: Readonly<Record<string, string>>;
  /** What the fields of the output are beside their types, by their new names. */
  readonly changes?: FieldChanges;
}

/** How the rows of a source become the rows of a sink. */
export interface Mapping {
  /** The source's columns to read. */
  readonly columns: readonly string[];
  /** The data set as the sink gets it. */
  readonly dataset: Dataset;
  /** What a user should know: of the source's notes those on its columns, what the sink does to them, a metric that is replaced. */
  readonly notes: readonly string[];
  /** A batch of {@linkcode columns}, `firstRow` rows after the first, as the sink takes it. */
  apply(batch: Batch, firstRow: number): Batch;
}

/** What the compiler asks of a sink. */
type Target = Pick<Sink, 'name' | 'features' | 'check' | 'notes'>;

/**
 * Compiles the mapping.
 * @throws VtsError Usage for a name that is not there; PlanRefused, with every reason, when the sink cannot hold the data
 */
export function compileMapping(
  source: Dataset,
  sink: Target,
  options: MappingOptions,
): Mapping {
  const selected = selectFields(source, options);
  const casts = compileCasts(selected, options);
  const renamed = selected.map((field, i) => ({
    ...field,
    ...renaming(field, options),
    type: casts[i]?.to ?? field.type,
  }));
  const added = compileAdded(source.schema, options.added ?? {});
  const together = [...renamed, ...added.map((column) => column.field)];
  refuseTwins(together);
  const roles = mapRoles(selected, together, source.roles, options.roles ?? {});
  const fields = changeFields(markId(together, roles.id), options.changes);
  const metric = options.metric ?? (options.normalize ? normalizedMetric(source.metric) : source.metric);
  const dataset: Dataset = {
    ...source,
    schema: { ...source.schema, fields },
    roles,
    ...(metric === undefined ? {} : { metric }),
  };
  const normalized = options.normalize ? normalizedField(dataset).name : undefined;
  refuseProblems(dataset, sink);
  const names = new Set([
    ...selected.map((field) => field.name),
    ...added.map((column) => column.source),
  ]);
  return {
    columns: source.schema.fields.filter((field) => names.has(field.name)).map((field) => field.name),
    dataset,
    notes: [
      ...notesOn(source, names),
      ...metricNote(source, metric, options),
      ...sink.notes?.(dataset) ?? [],
    ],
    apply(batch, firstRow) {
      const byName = columnsByName(batch);
      const columns = selected.map((field, i) => {
        const column = byName.get(field.name)!;
        const cast = casts[i]?.cast ?? ((same) => same);
        const { name } = fields[i];
        return countRowsFrom(
          firstRow,
          () => name === normalized ? normalizeColumn(cast(column), name) : cast(column),
        );
      });
      const more = added.map((column) => countRowsFrom(firstRow, () => column.make(batch)));
      return makeBatch(dataset.schema, [...columns, ...more]);
    },
  };
}

function selectFields({ schema }: Dataset, { fields }: MappingOptions): readonly Field[] {
  return fields === undefined
    ? schema.fields
    : fields.map((name) => requireField(schema.fields, name, '--fields'));
}

function requireField(fields: readonly Field[], name: string, flag: string): Field {
  const found = fields.find((field) => field.name === name);
  if (found !== undefined) return found;
  throw new VtsError('Usage', `${flag}: there is no column "${name}"`, {
    field: name,
    expected: fields.length === 0
      ? 'the input has no columns'
      : `one of ${fields.map((f) => f.name).join(', ')}`,
  });
}

function renaming(field: Field, { renames = {} }: MappingOptions): { name?: string } {
  return Object.hasOwn(renames, field.name) ? { name: renames[field.name] } : {};
}

function compileCasts(
  selected: readonly Field[],
  options: MappingOptions,
): (undefined | { to: Field['type']; cast: Cast })[] {
  const casts: (undefined | { to: Field['type']; cast: Cast })[] = selected.map(() => undefined);
  for (const name of Object.keys(options.renames ?? {})) requireField(selected, name, '--rename');
  for (const [name, text] of Object.entries(options.casts ?? {})) {
    const field = requireField(selected, oldName(name, selected, options), '--cast');
    const to = parseCastType(text, field.name, field.type);
    const cast = options.geometry !== undefined && to.kind === 'Geometry' && isAnyText(field.type)
      ? geometryCast(field.name, options.geometry)
      : compileCast(field.name, field.type, to);
    if (cast === undefined) {
      throw new VtsError(
        'Usage',
        `--cast ${name}:${text}: ${formatType(field.type)} cannot become ${formatType(to)}`,
        {
          field: name,
        },
      );
    }
    casts[selected.indexOf(field)] = { to, cast };
  }
  return casts;
}

function isAnyText({ kind }: Field['type']): boolean {
  return kind === 'VarChar' || kind === 'JSON' || kind === 'Geometry';
}

/** The source's name of a column that the user may have called by its new name. */
function oldName(name: string, fields: readonly Field[], { renames = {} }: MappingOptions): string {
  if (fields.some((field) => field.name === name)) return name;
  return Object.entries(renames).find(([, to]) => to === name)?.[0] ?? name;
}

function refuseTwins(fields: readonly Field[]): void {
  const seen = new Set<string>();
  for (const { name } of fields) {
    if (seen.has(name)) {
      throw new VtsError('Usage', `Two columns would be called "${name}"`, {
        field: name,
        remedy: '--rename one of them',
      });
    }
    seen.add(name);
  }
}

function mapRoles(selected: readonly Field[], renamed: readonly Field[], source: Roles, asked: Roles): Roles {
  const roles: { id?: string; vector?: string } = {};
  for (const role of ['id', 'vector'] as const) {
    const name = asked[role] ?? source[role];
    if (name === undefined) continue;
    const index = selected.findIndex((field) => field.name === name);
    const found = index >= 0 ? renamed[index] : renamed.find((field) => field.name === name);
    if (found !== undefined) roles[role] = found.name;
    else if (asked[role] !== undefined) requireField(renamed, name, `--${role}`);
  }
  return roles;
}

function markId(fields: readonly Field[], id: string | undefined): readonly Field[] {
  if (id === undefined) return fields;
  return fields.map((field) => {
    const { primaryKey: _, ...rest } = field;
    return field.name === id ? { ...rest, primaryKey: true } : rest;
  });
}

/** The notes on a source without those that begin with the name of a column that is not moved. */
function notesOn({ notes, schema }: Dataset, columns: ReadonlySet<string>): readonly string[] {
  const left = schema.fields.filter((field) => !columns.has(field.name)).map((field) => `"${field.name}" `);
  return notes.filter((note) => !left.some((name) => note.startsWith(name)));
}

function metricNote(
  source: Dataset,
  metric: Metric | undefined,
  options: MappingOptions,
): readonly string[] {
  if (source.metric === undefined || metric === source.metric) return [];
  const why = options.metric === undefined ? 'of vectors of the length 1 the same' : 'as --metric asks';
  return [`the input says metric ${source.metric}; the output gets ${metric}, ${why}`];
}

function refuseProblems(dataset: Dataset, sink: Target): void {
  const { name, features } = sink;
  const unheld = dataset.schema.fields.filter((field) => !features.kinds.has(field.type.kind));
  // What the sink itself says of the data, as they would be once the proposed casts are made, is more to the point.
  const own = sink.check(castAsProposed(dataset, features));
  const general = unheld.flatMap((field): Problem[] => {
    if (own.some((problem) => problem.field === field.name)) return [];
    const cast = proposedCast(field, dataset, features);
    const kept = dataset.schema.fields.filter((other) =>
      !unheld.includes(other) || proposedCast(other, dataset, features) !== undefined
    );
    return [{
      field: field.name,
      message: `no place for ${formatType(field.type)}`,
      remedy: cast === undefined
        ? `--fields ${fieldList(kept.map((other) => other.name))}`
        : `--cast ${shellQuote(`${field.name}:${cast}`)}`,
    }];
  });
  const problems = [...general, ...own];
  if (problems.length === 0) return;
  const lines = problems.map(({ field, message }) =>
    `  ${field === undefined ? '' : `"${field}": `}${message}`
  );
  throw new VtsError('PlanRefused', [`${name} cannot hold this data as it is:`, ...lines].join('\n'), {
    remedy: joinRemedies(problems.map((problem) => problem.remedy)),
  });
}

/** Each flag once: of several `--fields` the last one knows most. */
function joinRemedies(remedies: readonly string[]): string {
  const last = remedies.findLast((remedy) => remedy.includes('--fields '));
  const others = remedies.filter((remedy) => remedy === last || !remedy.startsWith('--fields '));
  return [...new Set(others)].join(' ');
}

/** The type that the sink proposes for a field that it cannot hold, with a dimension where the field knows one. */
function proposedCast(
  { name, type }: Field,
  { schema }: Dataset,
  features: Target['features'],
): string | undefined {
  const cast = features.casts?.[type.kind]?.[0];
  if (type.kind !== 'Array') return cast;
  const proposed = type.maxCapacity === undefined ? cast : cast?.replace('DIM', String(type.maxCapacity));
  // Where there is a vector already, a list beside it (tags, say) is hardly meant to be one.
  const another = schema.fields.some((field) => isVector(field.type)) && proposed !== undefined &&
    isVector(parseCastType(proposed.replace('DIM', '8'), name, type));
  return another ? undefined : proposed;
}

function castAsProposed(dataset: Dataset, features: Target['features']): Dataset {
  const fields = dataset.schema.fields.map((field): Field => {
    const cast = features.kinds.has(field.type.kind)
      ? undefined
      : proposedCast(field, dataset, features)?.replace('DIM', '8');
    return cast === undefined ? field : { ...field, type: parseCastType(cast, field.name, field.type) };
  });
  return { ...dataset, schema: { ...dataset.schema, fields } };
}

function countRowsFrom<T>(firstRow: number, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof VtsError && error.details.row !== undefined) {
      throw new VtsError(error.code, error.message, { ...error.details, row: error.details.row + firstRow });
    }
    throw error;
  }
}
