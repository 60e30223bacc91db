/** Trying again, as `--retry-max-time` allows, and telling about it. */
import type { RetryPolicy } from '../core/retry.ts';
import type { Report } from './report/report.ts';

/** A retry policy, and how often it tried again. */
export interface Retries {
  readonly policy: RetryPolicy;
  count(): number;
}

/** A retry policy that reports and counts. */
export function countedRetries(maxTimeMs: number, report: Report, signal: AbortSignal): Retries {
  let count = 0;
  return {
    policy: {
      maxTimeMs,
      signal,
      onRetry(retry) {
        count++;
        report.retry(retry);
      },
    },
    count: () => count,
  };
}
