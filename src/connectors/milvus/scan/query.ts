/** The questions that a scan asks of a collection: pages of rows in the order of their keys, and counts. */
import type { Column } from '../../../core/column.ts';
import { type RetryPolicy, withRetry } from '../../../core/retry.ts';
import type { Field } from '../../../core/schema.ts';
import { isVtsError, VtsError } from '../../../errors.ts';
import { decodeCount, decodeQueryReply, encodeQuery, type QueryMessage } from '../codec/query.ts';
import { isOk, type Status } from '../codec/status.ts';
import type { MilvusConnection } from '../connection.ts';
import { describeName } from '../metadata-call.ts';
import type { CollectionInfo } from '../model.ts';
import { statusError } from '../status-error.ts';
import type { KeyKind } from './keys.ts';

/** The collection that is read, and how. */
export interface ScanTarget {
  readonly connection: MilvusConnection;
  readonly info: CollectionInfo;
  /** The primary key. */
  readonly key: Field;
  readonly keyKind: KeyKind;
  readonly filter?: string;
  readonly retry: RetryPolicy;
}

/** Which rows a question is about. */
export interface Rows {
  /** Empty for all. */
  readonly expression: string;
  /** All partitions when absent. */
  readonly partition?: string | undefined;
  /** See {@linkcode ScanRange}. */
  readonly timestamp?: bigint | undefined;
}

/** Rows in the order of their keys. */
export interface PageRequest extends Rows {
  readonly fields: readonly Field[];
  /** Rows at most, though servers may send more; all when absent. */
  readonly limit?: number;
  /** Leaves out what makes a server answer in order, for a second opinion. */
  readonly unordered?: boolean;
}

/** A page as the server sent it. */
export interface RawPage {
  readonly reply: Uint8Array;
  readonly keys: Column;
  readonly sessionTs: bigint;
}

/** A busy server takes seconds for a page; one that takes longer than this is asked again. */
const PAGE_TIMEOUT_MS = 180_000;
/** Counting may visit every row. */
const COUNT_TIMEOUT_MS = 600_000;

/** How long a server that was started again may take to hold in memory what it held before. */
const RECOVERY_MS = 60_000;
/** Collections that have answered: they were loaded. */
const answered = new WeakSet<CollectionInfo>();

/**
 * Asks until there is an answer. A server that was killed and started again says for a while that a collection is not loaded: one
 * that has answered before is asked again.
 */
async function ask<T>({ info, retry }: ScanTarget, question: () => Promise<T>): Promise<T> {
  const now = retry.now ?? (() => performance.now());
  let since: number | undefined;
  return await withRetry(retry, async () => {
    try {
      const answer = await question();
      answered.add(info);
      return answer;
    } catch (error) {
      if (!isVtsError(error, 'NotLoaded') || !answered.has(info)) throw error;
      since ??= now();
      if (now() - since >= Math.min(RECOVERY_MS, retry.maxTimeMs)) throw error;
      throw new VtsError('Unreachable', error.message, { ...error.details, cause: error });
    }
  });
}

/** Asks for a page. Only its keys are decoded, so that the next can be asked for at once. */
export async function askPage(target: ScanTarget, request: PageRequest): Promise<RawPage> {
  const { fields, limit, unordered } = request;
  const message = messageOf(target, request, {
    outputFields: fields.map((field) => field.name),
    params: {
      // Without these two, pages lose rows: shards and segments are then not merged in the order of keys.
      ...(unordered ? {} : { iterator: 'True', reduce_stop_for_best: 'True' }),
      ...(limit === undefined ? {} : { limit: String(limit) }),
      ...(fields.some((field) => field.type.kind === 'Timestamptz') ? { timezone: 'UTC' } : {}),
    },
  });
  const { connection, key, info, retry } = target;
  return await ask(target, async () => {
    const options = { timeoutMs: PAGE_TIMEOUT_MS, signal: retry.signal };
    const reply = await connection.call('Query', message, options);
    const { status, columns: [keys], sessionTs } = decodeQueryReply(reply, [key]);
    refuse(status, `read ${describeName(connection, info)}`);
    return { reply, keys, sessionTs };
  });
}

/** The columns of `page` that were asked for as `fields`. */
export function pageColumns(page: RawPage, fields: readonly Field[]): readonly Column[] {
  return decodeQueryReply(page.reply, fields).columns;
}

/** Rows by `count(*)`, which counts each row of the same key. */
export async function countRows(target: ScanTarget, rows: Rows): Promise<number> {
  const { connection, info, retry } = target;
  const action = `count the rows of ${describeName(connection, info)}`;
  // A timestamp is heeded only beside the flag.
  const params = rows.timestamp === undefined ? {} : { iterator: 'True' };
  const message = messageOf(target, rows, { outputFields: ['count(*)'], params });
  return await ask(target, async () => {
    const options = { timeoutMs: COUNT_TIMEOUT_MS, signal: retry.signal };
    const { status, count } = decodeCount(await connection.call('Query', message, options));
    refuse(status, action);
    if (count === undefined || count < 0n || count > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new VtsError('InputMalformed', `cannot ${action}: the server gives no count`);
    }
    return Number(count);
  });
}

function messageOf(
  { info }: ScanTarget,
  { expression, partition, timestamp }: Rows,
  { outputFields, params }: Pick<QueryMessage, 'outputFields' | 'params'>,
): Uint8Array {
  return encodeQuery({
    database: info.database,
    collection: info.name,
    expr: expression,
    outputFields,
    ...(partition === undefined ? {} : { partitions: [partition] }),
    // A server that sees that the name stands for another collection by now says so.
    params: { ...params, ...(info.id > 0n ? { collection_id: String(info.id) } : {}) },
    // Without a time, strong consistency: everything written before the question.
    guaranteeTimestamp: timestamp ?? 0n,
    consistency: 0,
  });
}

function refuse(status: Status, action: string): void {
  if (isOk(status)) return;
  throw statusError(status, { action });
}
