/** The indexes of a new collection: those asked for, those of the collection that it equals, else one for each vector. */
import type { Problem } from '../../../core/endpoint.ts';
import { type Dataset, type Field, type Metric, METRICS } from '../../../core/schema.ts';
import { isVector, type Kind } from '../../../core/types.ts';
import type { IndexInfo, IndexRequest } from '../model.ts';
import type { CreateOptions } from './options.ts';
import { isLegalName } from './target-schema.ts';

/** Indexes to be built, or why not. */
export interface IndexPlan {
  readonly indexes: readonly IndexRequest[];
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
}

/** What Milvus measures each kind of vector by; the first is the one that is meant where there is no other. */
function metricsOf(kind: Kind): readonly string[] {
  if (kind === 'BinaryVector') return ['HAMMING', 'JACCARD', 'SUBSTRUCTURE', 'SUPERSTRUCTURE', 'MHJACCARD'];
  if (kind === 'SparseFloatVector') return ['IP', 'BM25'];
  return ['L2', 'IP', 'COSINE'];
}

/** What describes an index, and is not for the one who makes it. */
const TOLD: ReadonlySet<string> = new Set(['index_type', 'min_index_version', 'max_index_version']);

/** Plans the indexes of a collection with `fields`. */
export function planIndexes(
  dataset: Dataset,
  fields: readonly Field[],
  { indexes, like, noIndex }: CreateOptions,
): IndexPlan {
  const nothing = { indexes: [], problems: [], notes: [] };
  if (noIndex) return nothing;
  const plans = indexes.filter((asked) => !fields.some((f) => isIndexed(f, asked.field)))
    .map(({ field, type }): IndexPlan => ({
      ...nothing,
      problems: [{
        field,
        message: `there is no field for the index ${type}`,
        remedy: `--index with one of ${fields.map((f) => f.name).join(', ')}`,
      }],
    }));
  for (const f of fields) {
    const asked = indexes.filter((index) => isIndexed(f, index.field));
    const equalled = (like?.indexes ?? []).filter((index) => isIndexed(f, index.field)).map(requestOf);
    const wanted = asked.length > 0 ? asked : equalled;
    if (isVector(f.type)) plans.push(planVector(dataset, f, wanted));
    else plans.push({ ...nothing, indexes: wanted });
  }
  if (like?.indexes?.some((index) => index.field === '$meta') && !indexes.some((i) => i.field === '$meta')) {
    plans.push({ ...nothing, indexes: like.indexes.filter((i) => i.field === '$meta').map(requestOf) });
  }
  return {
    indexes: plans.flatMap((plan) => plan.indexes),
    problems: plans.flatMap((plan) => plan.problems),
    notes: plans.flatMap((plan) => plan.notes),
  };
}

/** Whether an index on `name` is on `field`: on itself, or on a field of its structs. */
function isIndexed({ name, type }: Field, on: string): boolean {
  return on === name || (type.kind === 'StructArray' && on.startsWith(`${name}[`));
}

function requestOf({ name, field, params }: IndexInfo): IndexRequest {
  const own = Object.entries(params).filter(([key]) => !TOLD.has(key));
  return {
    field,
    type: params.index_type ?? '',
    // Servers give some indexes names that they do not take.
    ...(isLegalName(name) ? { name } : {}),
    params: Object.fromEntries(own),
  };
}

function planVector(dataset: Dataset, f: Field, wanted: readonly IndexRequest[]): IndexPlan {
  const requests = wanted.length > 0
    ? wanted
    : [{ field: f.name, type: defaultType(f.type.kind), params: {} }];
  const plan = { indexes: [] as IndexRequest[], problems: [] as Problem[], notes: [] as string[] };
  for (const request of requests) {
    const given = request.params.metric_type;
    const metric = given ?? metricFor(dataset.metric, f);
    const legal = metricsOf(f.type.kind);
    if (metric === undefined) plan.problems.push(unknownMetric(f, legal));
    // What vts does not know the server may.
    else if (!legal.includes(metric) && (METRICS.includes(metric as Metric) || given === undefined)) {
      plan.problems.push(wrongMetric(f, metric, legal, given !== undefined));
    } else {
      plan.indexes.push({ ...request, params: { ...request.params, metric_type: metric } });
      if (given === undefined && dataset.metric !== metric) {
        plan.notes.push(`"${f.name}": the metric of sparse vectors is ${metric}`);
      }
    }
  }
  return plan;
}

function metricFor(metric: Metric | undefined, { type }: Field): string | undefined {
  // Sparse vectors beside dense ones, whose metric the data set knows, are measured by the one metric they have.
  return type.kind === 'SparseFloatVector' ? 'IP' : metric;
}

function defaultType(kind: Kind): string {
  if (kind === 'BinaryVector') return 'BIN_FLAT';
  return kind === 'SparseFloatVector' ? 'SPARSE_INVERTED_INDEX' : 'AUTOINDEX';
}

function unknownMetric({ name }: Field, legal: readonly string[]): Problem {
  return {
    field: name,
    message: 'the metric is not known, and the index needs it',
    remedy: `--metric ${usual(legal)} (or --no-index)`,
  };
}

function wrongMetric(
  { name, type }: Field,
  metric: string,
  legal: readonly string[],
  given: boolean,
): Problem {
  return {
    field: name,
    message: `Milvus does not measure a ${type.kind} by ${metric}`,
    remedy: given ? `--index with metric_type:${usual(legal)}` : `--metric ${usual(legal)} (or --no-index)`,
  };
}

function usual(legal: readonly string[]): string {
  return legal.filter((metric) => METRICS.includes(metric as Metric)).join('|');
}
