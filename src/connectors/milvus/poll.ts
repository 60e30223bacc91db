/** Asking again and again until something is done. */
import { setTimeout as delay } from 'node:timers/promises';

const FIRST_WAIT_MS = 100;
const LAST_WAIT_MS = 2000;

/**
 * Calls `isDone` until it returns true, at growing intervals: what takes long is not asked for often.
 * @throws the reason of `signal` at once when it fires
 */
export async function poll(signal: AbortSignal | undefined, isDone: () => Promise<boolean>): Promise<void> {
  for (let waitMs = FIRST_WAIT_MS; !await isDone(); waitMs = Math.min(waitMs * 1.5, LAST_WAIT_MS)) {
    try {
      await delay(waitMs, undefined, signal === undefined ? {} : { signal });
    } catch {
      signal?.throwIfAborted();
    }
  }
}
