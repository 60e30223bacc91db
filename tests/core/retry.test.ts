import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { backoffMs, type Retry, withRetry } from '../../src/core/retry.ts';
import { isVtsError, VtsError } from '../../src/errors.ts';

const unreachable = new VtsError('Unreachable', 'gone', { remedy: 'look' });
const limited = new VtsError('RateLimited', 'slow down');

/** A clock that only waits move on. */
function fakeTime() {
  const time = { now: 0, waits: [] as number[] };
  return {
    time,
    clock: {
      now: () => time.now,
      sleep: (ms: number) => {
        time.waits.push(ms);
        time.now += ms;
        return Promise.resolve();
      },
    },
  };
}

describe('withRetry()', () => {
  test('returns what the first attempt that works returns', async () => {
    const { time, clock } = fakeTime();
    const seen: Retry[] = [];
    const policy = {
      maxTimeMs: 60_000,
      random: () => 1,
      onRetry: (retry: Retry) => seen.push(retry),
      ...clock,
    };
    const result = await withRetry(policy, (attempt) => {
      if (attempt < 4) throw unreachable;
      return Promise.resolve(attempt);
    });
    expect(result).toBe(4);
    expect(time.waits).toEqual([200, 400, 800]);
    expect(seen.map(({ attempt, waitMs, error }) => [attempt, waitMs, error])).toEqual([
      [1, 200, unreachable],
      [2, 400, unreachable],
      [3, 800, unreachable],
    ]);
  });

  test('does not try again what cannot get better', async () => {
    for (
      const error of [
        new VtsError('AuthFailed', 'no'),
        new VtsError('OutcomeUnknown', '?'),
        new TypeError('bug'),
      ]
    ) {
      let attempts = 0;
      const failed = withRetry({ maxTimeMs: 60_000, ...fakeTime().clock }, () => {
        attempts++;
        throw error;
      });
      expect(await failed.catch((e) => e)).toBe(error);
      expect(attempts).toBe(1);
    }
  });

  test('gives up after the time, with one try at its end, and says what was tried', async () => {
    const { time, clock } = fakeTime();
    let attempts = 0;
    const failed = await withRetry({ maxTimeMs: 10_000, random: () => 1, ...clock }, () => {
      attempts++;
      throw unreachable;
    }).catch((e) => e);
    expect(isVtsError(failed, 'Unreachable')).toBe(true);
    expect((failed as VtsError).details.remedy).toBe(
      'look (tried 7 times in 10 s; --retry-max-time gives it longer)',
    );
    expect(attempts).toBe(7);
    expect(time.now).toBe(10_000);
  });

  test('counts the time from the first failure on: long work before it costs nothing', async () => {
    const { time, clock } = fakeTime();
    const result = await withRetry({ maxTimeMs: 1000, random: () => 0.5, ...clock }, (attempt) => {
      if (attempt > 1) return Promise.resolve('done');
      time.now += 3_600_000;
      throw unreachable;
    });
    expect(result).toBe('done');
  });

  test('tries once with no time to try again, and throws the error as it is', async () => {
    const failed = withRetry({ maxTimeMs: 0, ...fakeTime().clock }, () => Promise.reject(unreachable));
    expect(await failed.catch((e) => e)).toBe(unreachable);
  });

  test('ends a wait at once when the signal fires, with its reason', async () => {
    const controller = new AbortController();
    const reason = new VtsError('Interrupted', 'stop');
    let attempts = 0;
    const failed = withRetry({ maxTimeMs: 1e9, signal: controller.signal, random: () => 1 }, () => {
      attempts++;
      queueMicrotask(() => setTimeout(() => controller.abort(reason), 1));
      throw limited;
    });
    expect(await failed.catch((e) => e)).toBe(reason);
    expect(attempts).toBe(1);
  });

  test('starts nothing under a signal that has fired', async () => {
    const reason = new VtsError('Interrupted', 'stop');
    let attempts = 0;
    const failed = withRetry({ maxTimeMs: 1000, signal: AbortSignal.abort(reason) }, () => {
      attempts++;
      return Promise.resolve();
    });
    expect(await failed.catch((e) => e)).toBe(reason);
    expect(attempts).toBe(0);
  });
});

describe('backoffMs()', () => {
  test('never exceeds 30 s, is never negative, and leaves a limiting server alone for at least half the bound', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, dice) => {
          const wait = backoffMs(unreachable, attempt, dice);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(30_000);
          const patient = backoffMs(limited, attempt, dice);
          expect(patient).toBeGreaterThanOrEqual(Math.min(30_000, 1000 * 2 ** (attempt - 1)) / 2);
          expect(patient).toBeLessThanOrEqual(30_000);
        },
      ),
    );
  });
});
