/**
 * Sends rows so that each is stored exactly once: waits and tries again when the server is busy or away, cuts what is too large,
 * finds the rows that the server refuses among those that it takes.
 */
import { type Batch, batchBytes, sliceBatch } from '../../../core/batch.ts';
import { type RetryPolicy, withRetry } from '../../../core/retry.ts';
import { isVtsError, VtsError } from '../../../errors.ts';
import { insertMessage } from '../codec/insert.ts';
import { decodeMutation, type MutationReply } from '../codec/mutation.ts';
import { isOk } from '../codec/status.ts';
import type { MilvusConnection } from '../connection.ts';
import { type CollectionName, describeName } from '../metadata-call.ts';
import { statusError } from '../status-error.ts';
import { SLACK } from './requests.ts';
import type { Window } from './window.ts';

/** Servers that are busy hold requests back rather than refuse them. */
const TIMEOUT_MS = 180_000;
/** Servers take 64 MiB at most. */
const MAX_BYTES = 60 * 1024 * 1024;

/** Rows to be stored. */
export interface Request {
  readonly batch: Batch;
  readonly partition: string | undefined;
  /** Whether rows of the same key are replaced. */
  readonly upsert: boolean;
  /** Called for each row that the server refuses, with its place in the batch; it may throw to end everything. */
  readonly onRefused: (row: number, reason: VtsError) => void;
  /** Called with rows that are stored. */
  readonly onStored?: ((batch: Batch) => void) | undefined;
}

/** What became of a request. */
export interface Outcome {
  readonly accepted: number;
  /** The highest id that the server made; of rows with keys of their own it is not asked for. */
  readonly lastId?: bigint | undefined;
}

/** Where rows go, and with what patience. */
export interface SenderOptions {
  readonly connection: MilvusConnection;
  readonly collection: CollectionName;
  readonly window: Window;
  readonly retry: RetryPolicy;
  /** Whether rows have keys, by which what may have been stored can be sent again. */
  readonly keyed: boolean;
  /** Looks for rows that the server would take and change. @throws VtsError RowInvalid */
  readonly check?: (batch: Batch) => void;
  /** Breaks calls on their way. */
  readonly signal?: AbortSignal | undefined;
}

/** Sends a request; resolves when all its rows are stored or refused. `signal` ends waits, but no call on its way. */
export type Send = (request: Request, signal: AbortSignal) => Promise<Outcome>;

/** A sender of rows. */
export function createSender(options: SenderOptions): Send {
  return async (request, signal) => {
    const doubtful: { row: number; reason: VtsError }[] = [];
    const onRefused = (row: number, reason: VtsError) => {
      if (isVtsError(reason, 'ServerRefused')) doubtful.push({ row, reason });
      else request.onRefused(row, reason);
    };
    const outcome = await send(options, { ...request, onRefused }, signal);
    // Where a server takes none of many rows, and does not say that they are bad, it is not the rows.
    if (doubtful.length > 0 && outcome.accepted === 0) throw doubtful[0].reason;
    for (const { row, reason } of doubtful) request.onRefused(row, reason);
    return outcome;
  };
}

/** A request on its way. */
interface Attempted extends Request {
  /** Set too once its rows may have been stored. */
  upsert: boolean;
}

async function send(options: SenderOptions, asked: Request, signal: AbortSignal): Promise<Outcome> {
  // Pieces of it know what was tried before they were cut.
  const request: Attempted = { ...asked };
  const { batch } = request;
  const half = Math.ceil(batch.length / 2);
  try {
    const reply = await persist(options, request, signal);
    if (reply === undefined) return await sendPieces(options, request, [half], signal);
    const accepted = checkCount(reply, batch, options);
    options.window.succeeded();
    request.onStored?.(batch);
    return { accepted, lastId: highest(reply.ids) };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (isVtsError(error, 'ServerRefused')) {
      // It may have failed after it had stored some: its words are not known.
      if (!options.keyed) throw unknownOutcome(error, options);
      request.upsert = true;
    }
    if (batch.length === 1) {
      request.onRefused(0, error);
      return { accepted: 0 };
    }
    const { row } = error.details;
    return await sendPieces(options, request, row === undefined ? [half] : [row, row + 1], signal);
  }
}

/** Sends the rows before, between and after `cuts`, one piece after the other. */
async function sendPieces(
  options: SenderOptions,
  request: Request,
  cuts: readonly number[],
  signal: AbortSignal,
): Promise<Outcome> {
  const { batch, onRefused } = request;
  const bounds = [0, ...cuts, batch.length];
  let outcome: Outcome = { accepted: 0 };
  for (let i = 0; i + 1 < bounds.length; i++) {
    const [from, to] = [bounds[i], bounds[i + 1]];
    if (from === to) continue;
    const piece = {
      ...request,
      batch: sliceBatch(batch, from, to),
      onRefused: (row: number, reason: VtsError) => onRefused(from + row, reason),
    };
    outcome = addOutcomes(outcome, await send(options, piece, signal));
  }
  return outcome;
}

/** Sends until there is an answer. @returns undefined when the rows are to be sent in smaller requests */
async function persist(
  options: SenderOptions,
  request: Attempted,
  signal: AbortSignal,
): Promise<MutationReply | undefined> {
  const { window, keyed } = options;
  const { batch } = request;
  return await withRetry({ ...options.retry, signal }, async () => {
    if (batch.length > 1 && batchBytes(batch) > SLACK * window.bytes) return undefined;
    const { pace } = window;
    try {
      return await call(options, request);
    } catch (error) {
      if (isVtsError(error, 'RateLimited')) window.slowDown(pace);
      if (isVtsError(error, 'MessageTooLarge') && batch.length > 1) return undefined;
      if (!mayBeStored(error)) throw error;
      if (!keyed) throw unknownOutcome(error, options);
      // What was stored is replaced by the same rows.
      request.upsert = true;
      throw new VtsError('Unreachable', error.message, { ...error.details, cause: error.cause });
    }
  });
}

async function call(
  options: SenderOptions,
  { batch, partition, upsert }: Request,
): Promise<MutationReply> {
  const { connection, collection, keyed, check, signal } = options;
  check?.(batch);
  const message = insertMessage({
    database: collection.database,
    collection: collection.name,
    ...(partition === undefined ? {} : { partition }),
    batch,
  });
  if (message.size > MAX_BYTES) {
    throw new VtsError(
      'MessageTooLarge',
      `the row takes ${message.size} bytes, and servers take ${MAX_BYTES} at a time`,
    );
  }
  const method = upsert ? 'Upsert' : 'Insert';
  const reply = await connection.call(method, message, { timeoutMs: TIMEOUT_MS, signal });
  const result = decodeMutation(reply, { withIds: !keyed });
  if (isOk(result.status)) return result;
  throw statusError(result.status, { action: actionOf(options), rows: true });
}

function actionOf({ connection, collection }: SenderOptions): string {
  return `write to ${describeName(connection, collection)}`;
}

/** Both outcomes as one. */
export function addOutcomes(a: Outcome, b: Outcome): Outcome {
  const lastId = a.lastId === undefined || (b.lastId !== undefined && b.lastId > a.lastId)
    ? b.lastId
    : a.lastId;
  return { accepted: a.accepted + b.accepted, lastId };
}

/** Whether the rows of a call that failed with `error` may have been stored, all or some of them. */
function mayBeStored(error: unknown): error is VtsError {
  if (isVtsError(error, 'OutcomeUnknown')) return true;
  // With several shards, one may have taken its rows before another one failed.
  return isVtsError(error, 'Unreachable') && fromServer(error);
}

/** Whether it is the rows that a server does not take. Milvus 2.3 has no code for some of the reasons. */
function isRefusal(error: unknown): error is VtsError {
  if (isVtsError(error, 'RowInvalid', 'MessageTooLarge')) return true;
  return isVtsError(error, 'ServerRefused') && fromServer(error);
}

function fromServer(error: VtsError): boolean {
  return (error.cause as { milvus?: unknown } | undefined)?.milvus !== undefined;
}

function unknownOutcome(error: VtsError, options: SenderOptions): VtsError {
  return new VtsError('OutcomeUnknown', `cannot ${actionOf(options)}: ${error.message}`, {
    expected:
      'an answer: as the server makes the ids of these rows, sending them again could store them twice',
    remedy: 'run the same command with --resume, which first looks whether they arrived',
    cause: error.cause,
  });
}

function checkCount(
  { inserted, upserted, errorIndexes }: MutationReply,
  { length }: Batch,
  options: SenderOptions,
): number {
  // An upsert is counted as an insert too, or not, from server to server.
  const stored = Math.max(inserted, upserted);
  if (stored === length && errorIndexes.length === 0) return stored;
  throw new VtsError(
    'RowsMissing',
    `cannot ${actionOf(options)}: the server says that it stored ${stored} rows`,
    {
      expected: `${length} rows, as sent`,
      remedy: 'do not use the collection; report this as a bug',
    },
  );
}

function highest(ids: MutationReply['ids']): bigint | undefined {
  if (ids === undefined) return undefined;
  const numbers = ids instanceof BigInt64Array
    ? [...ids]
    : ids.filter((id) => /^\d{1,19}$/.test(id)).map(BigInt);
  return numbers.length === 0 ? undefined : numbers.reduce((a, b) => a > b ? a : b);
}
