import { expect, test } from 'bun:test';
import { createThrottle, sleepFor } from '../../src/core/throttle.ts';

/** A clock that only sleeping moves. */
function fakeClock() {
  const clock = { ms: 0, now: () => clock.ms, sleep: (ms: number) => Promise.resolve(void (clock.ms += ms)) };
  return clock;
}

test('rows come no faster than the rate, whatever the batch', async () => {
  const clock = fakeClock();
  const throttle = createThrottle({ rows: 1000 }, undefined, clock.now, clock.sleep);
  for (let i = 0; i < 100; i++) await throttle.take(50 + i, 1e9);
  expect(clock.ms).toBeCloseTo(100 * 50 + 99 * 50, -3);
});

test('bytes too, and time that was spent elsewhere counts up to a burst', async () => {
  const clock = fakeClock();
  const throttle = createThrottle({ bytes: 1e6 }, undefined, clock.now, clock.sleep);
  clock.ms = 60_000;
  await throttle.take(1, 2e6);
  expect(clock.ms).toBe(61_750);
});

test('no rate never waits, and a signal ends the wait with its reason', async () => {
  await createThrottle(undefined).take(1e9, 1e12);
  const controller = new AbortController();
  const wait = sleepFor(1e6, controller.signal);
  controller.abort(new TypeError('stop'));
  expect(await wait.catch((e) => e.message)).toBe('stop');
});
