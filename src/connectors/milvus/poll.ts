/** Asking again and again until something is done. */
import { setTimeout as delay } from 'node:timers/promises';

const FIRST_WAIT_MS = 100;
const LAST_WAIT_MS = 2000;
/** Of the time gone so far: what takes long is not asked for often, and what is done is found out soon. */
const SHARE = 0.15;

/**
 * Calls `isDone` until it returns true, at growing intervals.
 * @throws the reason of `signal` at once when it fires
 */
export async function poll(signal: AbortSignal | undefined, isDone: () => Promise<boolean>): Promise<void> {
  const began = performance.now();
  while (!await isDone()) {
    const waitMs = Math.min(LAST_WAIT_MS, Math.max(FIRST_WAIT_MS, SHARE * (performance.now() - began)));
    try {
      await delay(waitMs, undefined, signal === undefined ? {} : { signal });
    } catch {
      signal?.throwIfAborted();
    }
  }
}
