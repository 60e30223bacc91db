/** Indexes of a collection. */
import type { RetryPolicy } from '../../core/retry.ts';
import { isVector } from '../../core/types.ts';
import type { OnStage } from '../../core/endpoint.ts';
import { VtsError } from '../../errors.ts';
import type { MilvusConnection } from './connection.ts';
import {
  collectionFields,
  type CollectionName,
  DEFAULT_RETRY,
  describeName,
  fromPairs,
  request,
  toNumber,
  toPairs,
} from './metadata-call.ts';
import type { CollectionInfo, IndexInfo, IndexRequest, Properties } from './model.ts';
import { hasMilvusCode } from './status-error.ts';
import { poll } from './poll.ts';

/** The code of "index not found", by which servers say that there is none. */
const NO_INDEX = 700;

/** `IndexDescription` as the SDK decodes it. */
interface Described {
  readonly index_name: string;
  readonly field_name: string;
  readonly params: readonly { key: string; value: string }[];
  readonly state: string;
  readonly indexed_rows: string;
  readonly total_rows: string;
  readonly pending_index_rows: string;
  readonly index_state_fail_reason: string;
}

/** All indexes of a collection. */
export async function listIndexes(
  connection: MilvusConnection,
  collection: CollectionName,
  retry?: RetryPolicy,
): Promise<IndexInfo[]> {
  return (await describeIndexes(connection, collection, retry)).map((index) => ({
    name: index.index_name,
    field: index.field_name,
    params: flattenParams(fromPairs(index.params)),
    state: index.state,
    indexedRows: toNumber(index.indexed_rows),
    totalRows: toNumber(index.total_rows),
    failReason: index.index_state_fail_reason,
  }));
}

async function describeIndexes(
  connection: MilvusConnection,
  collection: CollectionName,
  retry?: RetryPolicy,
): Promise<readonly Described[]> {
  const action = `list the indexes of ${describeName(connection, collection)}`;
  const context = { action };
  try {
    const reply = await request<{ index_descriptions?: Described[] }>(
      connection,
      'DescribeIndex',
      collectionFields(collection),
      context,
      retry,
    );
    return reply.index_descriptions ?? [];
  } catch (error) {
    if (hasMilvusCode(error, NO_INDEX)) return [];
    throw error;
  }
}

/** Parameters of one level: old servers keep those of the index type as JSON text under `params`. */
export function flattenParams(params: Properties): Record<string, string> {
  const { params: nested, ...flat } = params;
  if (nested === undefined) return flat;
  let parsed: unknown;
  try {
    parsed = JSON.parse(nested);
  } catch {
    parsed = undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return { ...params };
  const inner = Object.entries(parsed).map(([key, value]) =>
    [key, typeof value === 'string' ? value : JSON.stringify(value)] as const
  );
  return { ...flat, ...Object.fromEntries(inner) };
}

/** The vector fields that no index is on; a collection with one cannot be loaded. */
export function fieldsWithoutIndex(info: CollectionInfo, indexes: readonly IndexInfo[]): string[] {
  return info.schema.fields
    .filter((field) => isVector(field.type) && !indexes.some((index) => index.field === field.name))
    .map((field) => field.name);
}

/** Begins to build an index; the server goes on by itself. */
export async function createIndex(
  connection: MilvusConnection,
  collection: CollectionName,
  index: IndexRequest,
  retry: RetryPolicy = DEFAULT_RETRY,
): Promise<void> {
  const action = `create the index ${index.type} on "${index.field}" of ${
    describeName(connection, collection)
  }`;
  const { metric_type, ...params } = index.params;
  // Under `params` as JSON is where all versions look for what belongs to the index type; the rest has keys of its own.
  const typed = Object.entries(params).filter(([key]) => !TOP_LEVEL.test(key));
  const others = Object.entries(params).filter(([key]) => TOP_LEVEL.test(key));
  const message = {
    ...collectionFields(collection),
    field_name: index.field,
    index_name: index.name ?? '',
    extra_params: toPairs({
      // Without a type the server chooses one, and says so by telling none.
      ...(index.type === '' ? {} : { index_type: index.type }),
      ...(metric_type === undefined ? {} : { metric_type }),
      // Empty ones are told too, as Milvus' own clients do.
      ...(index.type === '' && typed.length === 0 ? {} : { params: toJson(typed) }),
      ...Object.fromEntries(others),
    }),
  };
  await request(connection, 'CreateIndex', message, { action, field: index.field }, retry);
}

const TOP_LEVEL = /\.|^json_/;

/** JSON text of parameters; numbers without quotes, their digits as they are. */
function toJson(params: readonly (readonly [string, string])[]): string {
  const members = params.map(([key, value]) =>
    `${JSON.stringify(key)}: ${
      /^(-?(0|[1-9]\d*)(\.\d+)?|true|false)$/.test(value) ? value : JSON.stringify(value)
    }`
  );
  return `{${members.join(', ')}}`;
}

/**
 * Waits until all indexes of a collection are built, or those of `fields`.
 * @throws VtsError ServerRefused when one fails
 */
export async function waitForIndexes(
  connection: MilvusConnection,
  collection: CollectionName,
  onStage: OnStage = () => {},
  retry: RetryPolicy = DEFAULT_RETRY,
  fields?: readonly string[],
): Promise<void> {
  await poll(retry.signal, async () => {
    const indexes = (await describeIndexes(connection, collection, retry))
      .filter((index) => fields === undefined || fields.includes(index.field_name));
    const failed = indexes.find((index) => index.state === 'Failed');
    if (failed !== undefined) {
      throw new VtsError(
        'ServerRefused',
        `the index "${failed.index_name}" of ${
          describeName(connection, collection)
        } cannot be built: ${failed.index_state_fail_reason}`,
        { field: failed.field_name },
      );
    }
    const building = indexes.filter((index) => !isFinished(index));
    for (const index of building) {
      const total = toNumber(index.total_rows);
      onStage(
        `building the index on "${index.field_name}"`,
        total === 0 ? undefined : Math.min(1, toNumber(index.indexed_rows) / total),
      );
    }
    return building.length === 0;
  });
}

function isFinished({ state, pending_index_rows }: Described): boolean {
  // Milvus Lite has no states; what it lists is built.
  const done = state === 'Finished' || state === 'IndexStateNone' || state === '';
  return done && toNumber(pending_index_rows) === 0;
}
