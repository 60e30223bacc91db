/** Metadata calls: a request as an object, the reply checked for what the server says in its status, retries. */
import { type RetryPolicy, withRetry } from '../../core/retry.ts';
import { VtsError } from '../../errors.ts';
import type { Status } from './codec/status.ts';
import { isOk } from './codec/status.ts';
import type { MilvusConnection } from './connection.ts';
import { isUnimplemented } from './grpc-error.ts';
import { OLD_CODES, type StatusContext, statusError } from './status-error.ts';

/** How long one metadata call may take; some create things, which busy servers queue. */
export const CALL_TIMEOUT_MS = 60_000;

/** How metadata calls are tried again unless the caller says otherwise. */
export const DEFAULT_RETRY: RetryPolicy = { maxTimeMs: 30_000 };

/** A collection on a server. */
export interface CollectionName {
  readonly database: string;
  readonly name: string;
}

/** The fields of a request that name a collection. */
export function collectionFields(
  { database, name }: CollectionName,
): { db_name: string; collection_name: string } {
  return { db_name: database, collection_name: name };
}

/** `collection milvus://host:19530/default/docs`. */
export function describeName(connection: MilvusConnection, { database, name }: CollectionName): string {
  return `collection ${connection.name}/${encodeURIComponent(database)}/${encodeURIComponent(name)}`;
}

/** `Status` as the SDK decodes it. */
interface DecodedStatus {
  readonly error_code?: string | number;
  readonly reason?: string;
  readonly code?: number;
  readonly retriable?: boolean;
  readonly detail?: string;
}

/**
 * Calls `method`. Retries what may be sent twice, which holds for all of metadata: what is there already, or already gone, is as it
 * should be.
 * @throws VtsError as `rpc` and `statusError` say
 */
export async function request<Reply>(
  connection: MilvusConnection,
  method: string,
  message: object,
  context: StatusContext,
  retry: RetryPolicy = DEFAULT_RETRY,
): Promise<Reply> {
  return await withRetry(retry, async () => {
    const options = { timeoutMs: CALL_TIMEOUT_MS, signal: retry.signal };
    const reply = await connection.rpc(method, message, options) as DecodedStatus & {
      status?: DecodedStatus;
    };
    const status = plainStatus(reply.status ?? (typeof reply.reason === 'string' ? reply : {}));
    if (!isOk(status)) throw statusError(status, context);
    return reply as Reply;
  });
}

/** As {@linkcode request}; `undefined` where the server does not know the method. */
export async function requestIfKnown<Reply>(...call: Parameters<typeof request>): Promise<Reply | undefined> {
  try {
    return await request<Reply>(...call);
  } catch (error) {
    if (isUnimplemented(error)) return undefined;
    throw error;
  }
}

function plainStatus(status: DecodedStatus): Status {
  const { error_code: old = 0, reason = '', code = 0, retriable = false, detail = '' } = status;
  return {
    code,
    errorCode: typeof old === 'number' ? old : OLD_CODES[old] ?? 1,
    reason,
    retriable,
    detail,
    extra: {},
  };
}

/** A 64-bit number of a reply, which the SDK gives as text, as a number: counts of rows, shares in percent. */
export function toNumber(text: unknown): number {
  const number = Number(text ?? 0);
  if (Number.isSafeInteger(number)) return number;
  throw new VtsError('InputMalformed', `a server counts ${String(text)}, which is no count`);
}

/** Key-value pairs of a reply as a record; of the same key the last counts. */
export function fromPairs(
  pairs: readonly { key: string; value: string }[] | undefined,
): Record<string, string> {
  return Object.fromEntries((pairs ?? []).map(({ key, value }) => [key, value]));
}

/** A record as key-value pairs of a request. */
export function toPairs(record: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(record).map(([key, value]) => ({ key, value }));
}
