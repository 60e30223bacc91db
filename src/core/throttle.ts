/** Slows a transfer to a rate that its source can bear beside its other work. */

/** A rate: rows a second, bytes a second, or both. */
export interface Rate {
  readonly rows?: number;
  readonly bytes?: number;
}

/** Keeps to a rate over the whole transfer. */
export interface Throttle {
  /** Waits until `rows` rows of `bytes` bytes more are within the rate. @throws the signal's reason when raised */
  take(rows: number, bytes: number): Promise<void>;
}

/** Time that a burst may be ahead of the rate. */
const BURST_MS = 250;

/** A throttle of `rate`, or one that never waits. */
export function createThrottle(
  rate: Rate | undefined,
  signal?: AbortSignal,
  now: () => number = () => performance.now(),
  sleep: (ms: number, signal?: AbortSignal) => Promise<void> = sleepFor,
): Throttle {
  if (rate === undefined) return { take: () => Promise.resolve() };
  /** When the rows taken so far are due. */
  let due = now();
  return {
    async take(rows, bytes) {
      const seconds = Math.max(rows / (rate.rows ?? Infinity), bytes / (rate.bytes ?? Infinity));
      due = Math.max(due, now() - BURST_MS) + seconds * 1000;
      const wait = due - now();
      if (wait > 0) await sleep(wait, signal);
    },
  };
}

/** Waits `ms`, or until the signal is raised. @throws the signal's reason */
export function sleepFor(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
