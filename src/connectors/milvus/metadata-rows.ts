/** Rows of a collection as a whole: how many there are, and making them last. */
import { type RetryPolicy, withRetry } from '../../core/retry.ts';
import { VtsError } from '../../errors.ts';
import { decodeCount, encodeQuery } from './codec/query.ts';
import { isOk } from './codec/status.ts';
import type { MilvusConnection } from './connection.ts';
import {
  collectionFields,
  type CollectionName,
  DEFAULT_RETRY,
  describeName,
  request,
} from './metadata-call.ts';
import { poll } from './poll.ts';
import { statusError } from './status-error.ts';

/** Counting visits every segment; large collections take a while. */
const COUNT_TIMEOUT_MS = 600_000;
/** Servers allow a flush of a collection only now and then (every 10 s by default). */
const FLUSH_PATIENCE_MS = 120_000;

/** Which rows to count. */
export interface CountRequest {
  readonly expr?: string;
  readonly partitions?: readonly string[];
  /** Counts what was there at that time; without it, everything written before the call. */
  readonly guaranteeTimestamp?: bigint;
}

/**
 * The rows of a loaded collection by `count(*)`, which counts rows of the same primary key each.
 * @throws VtsError NotLoaded
 */
export async function countRows(
  connection: MilvusConnection,
  collection: CollectionName,
  { expr = '', partitions = [], guaranteeTimestamp }: CountRequest = {},
  retry: RetryPolicy = DEFAULT_RETRY,
): Promise<number> {
  const { database, name } = collection;
  const message = encodeQuery({
    database,
    collection: name,
    expr,
    outputFields: ['count(*)'],
    partitions,
    ...(guaranteeTimestamp === undefined ? {} : { guaranteeTimestamp }),
  });
  const action = `count the rows of ${describeName(connection, collection)}`;
  return await withRetry(retry, async () => {
    const options = { timeoutMs: COUNT_TIMEOUT_MS, signal: retry.signal };
    const { status, count } = decodeCount(await connection.call('Query', message, options));
    if (!isOk(status)) throw statusError(status, { action });
    if (count === undefined || count < 0n || count > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new VtsError('InputMalformed', `cannot ${action}: the server gives no count`);
    }
    return Number(count);
  });
}

/** Makes all rows that were written last, and waits until the server says so. */
export async function flush(
  connection: MilvusConnection,
  collection: CollectionName,
  retry: RetryPolicy = DEFAULT_RETRY,
): Promise<void> {
  const { database, name } = collection;
  const context = { action: `flush ${describeName(connection, collection)}` };
  const patient = { ...retry, maxTimeMs: Math.max(retry.maxTimeMs, FLUSH_PATIENCE_MS) };
  const message = { db_name: database, collection_names: [name] };
  const reply = await request<FlushReply>(connection, 'Flush', message, context, patient);
  const segmentIDs = reply.coll_segIDs?.[name]?.data ?? [];
  const flush_ts = reply.coll_flush_ts?.[name] ?? '0';
  if (segmentIDs.length === 0 && flush_ts === '0') return;
  await poll(retry.signal, async () => {
    const state = { ...collectionFields(collection), segmentIDs, flush_ts };
    const { flushed } = await request<{ flushed?: boolean }>(
      connection,
      'GetFlushState',
      state,
      context,
      retry,
    );
    return flushed === true;
  });
}

/** `FlushResponse` as the SDK decodes it, by collection. */
interface FlushReply {
  readonly coll_segIDs?: Readonly<Record<string, { readonly data?: readonly string[] }>>;
  readonly coll_flush_ts?: Readonly<Record<string, string>>;
}
