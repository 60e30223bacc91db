/** Whether the collection holds the rows that were written, asked of the collection itself. */
import { type RetryPolicy, withRetry } from '../../../core/retry.ts';
import type { Field } from '../../../core/schema.ts';
import { decodeQueryReply, encodeQuery } from '../codec/query.ts';
import { isOk } from '../codec/status.ts';
import type { MilvusConnection } from '../connection.ts';
import { type CollectionName, describeName } from '../metadata-call.ts';
import { countRows } from '../metadata-rows.ts';
import { INT64_MAX, type Key, keysExpression } from '../scan/keys.ts';
import { statusError } from '../status-error.ts';
import { type Key as ComparedKey, keysOf } from './key-guard.ts';
import type { KeySpool } from './key-spool.ts';

/** What is known when all is written. */
export interface ProofRequest {
  readonly connection: MilvusConnection;
  readonly collection: CollectionName;
  /** The primary key. */
  readonly key: Field;
  /** Rows that were written by this job, earlier runs included. */
  readonly written: number;
  /** Rows that were there before. */
  readonly before: number;
  /** The keys written by this run; absent where nothing was there before. */
  readonly keys: KeySpool | undefined;
  readonly retry: RetryPolicy;
}

const TIMEOUT_MS = 180_000;

/**
 * Rows of the job that the collection, which is loaded, holds; `undefined` where that cannot be told: rows replaced others, and some
 * were written by an earlier run, whose keys are gone.
 */
export async function provenRows(proof: ProofRequest): Promise<number | undefined> {
  const { connection, collection, written, before, keys, retry } = proof;
  const grown = await countRows(connection, collection, {}, retry) - before;
  if (grown === written || keys === undefined) return grown;
  // Rows with known keys replaced some, or others write too: each key is looked up.
  let found = 0;
  for (const batch of keys.batches()) found += await rowsFound(proof, batch);
  if (found < keys.rows) return written - (keys.rows - found);
  return keys.rows === written ? written : undefined;
}

/** How many of `keys` are there; a key that comes twice counts twice. */
async function rowsFound(
  { connection, collection, key, retry }: ProofRequest,
  keys: readonly Key[],
): Promise<number> {
  const distinct = [...new Set(keys)];
  const message = encodeQuery({
    database: collection.database,
    collection: collection.name,
    expr: keysExpression(key.name, distinct),
    outputFields: [key.name],
  });
  const action = `look up keys of ${describeName(connection, collection)}`;
  const there = await withRetry(retry, async () => {
    const options = { timeoutMs: TIMEOUT_MS, signal: retry.signal };
    const { status, columns: [column] } = decodeQueryReply(await connection.call('Query', message, options), [
      key,
    ]);
    if (!isOk(status)) throw statusError(status, { action });
    return new Set<ComparedKey>(keysOf(column));
  });
  // Milvus 2.3 counts a row of this key and never returns it.
  if (distinct.includes(INT64_MAX) && !there.has(INT64_MAX)) {
    const expr = `${key.name} == ${INT64_MAX}`;
    if (await countRows(connection, collection, { expr }, retry) > 0) there.add(INT64_MAX);
  }
  return keys.filter((one) => there.has(one)).length;
}
