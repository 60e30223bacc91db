/** Trying again: growing waits with jitter, until it works, makes no sense, or has taken too long. */
import { setTimeout as delay } from 'node:timers/promises';
import { isVtsError, VtsError } from '../errors.ts';

/** What is about to be tried again. */
export interface Retry {
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  readonly waitMs: number;
  readonly error: VtsError;
}

/** How long and how often to try again. */
export interface RetryPolicy {
  /** From the first failure on; 0 tries once. */
  readonly maxTimeMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onRetry?: ((retry: Retry) => void) | undefined;
  /** The clock and the dice, for tests. */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly random?: () => number;
  readonly now?: () => number;
}

/** Waits are drawn from 0 to the upper bound (full jitter), which doubles from the first to the last of these. */
const BACKOFF = { firstMs: 200, lastMs: 30_000 };
/** A server that limits the rate wants to be left alone, so the wait is at least half of its upper bound. */
const RATE_LIMIT_BACKOFF = { firstMs: 1000, lastMs: 30_000 };

/**
 * Runs `action` until it succeeds. Only retryable errors are tried again.
 * @throws the last error, with what was tried in its remedy; the reason of `signal` at once when it fires
 */
export async function withRetry<T>(policy: RetryPolicy, action: (attempt: number) => Promise<T>): Promise<T> {
  const { signal, sleep = pause, random = Math.random, now = () => performance.now() } = policy;
  let firstFailure: number | undefined;
  for (let attempt = 1;; attempt++) {
    signal?.throwIfAborted();
    try {
      return await action(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      if (!isVtsError(error) || !error.retryable) throw error;
      firstFailure ??= now();
      const elapsed = now() - firstFailure;
      const remaining = policy.maxTimeMs - elapsed;
      if (remaining <= 0) throw gaveUp(error, attempt, elapsed);
      // The last wait is cut, so that one try falls on the end of the time.
      const waitMs = Math.min(backoffMs(error, attempt, random()), remaining);
      policy.onRetry?.({ attempt, waitMs, error });
      await sleep(waitMs, signal);
    }
  }
}

/** The wait after attempt `attempt` (from 1), in milliseconds; `dice` is from 0 to 1. */
export function backoffMs(error: VtsError, attempt: number, dice: number): number {
  const patient = error.code === 'RateLimited';
  const { firstMs, lastMs } = patient ? RATE_LIMIT_BACKOFF : BACKOFF;
  const bound = Math.min(lastMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return patient ? bound / 2 + dice * bound / 2 : dice * bound;
}

function gaveUp(error: VtsError, attempts: number, elapsedMs: number): VtsError {
  if (attempts === 1) return error;
  const tried = `tried ${attempts} times in ${Math.round(elapsedMs / 1000)} s`;
  const remedy = error.details.remedy === undefined
    ? `${tried}; --retry-max-time gives it longer`
    : `${error.details.remedy} (${tried}; --retry-max-time gives it longer)`;
  return new VtsError(error.code, error.message, { ...error.details, remedy });
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch {
    // Only a signal ends a wait early; its reason tells more than the error of the timer.
    signal?.throwIfAborted();
  }
}
