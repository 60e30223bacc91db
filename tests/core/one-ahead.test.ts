import { expect, test } from 'bun:test';
import { oneAhead } from '../../src/core/one-ahead.ts';

const aMoment = () => new Promise((resolve) => setImmediate(resolve));

/** Numbers below `end`, each noted in `log` when it is begun and when it is there. */
async function* numbers(end: number, log: string[]): AsyncGenerator<number> {
  try {
    for (let i = 0; i < end; i++) {
      log.push(`begin ${i}`);
      await aMoment();
      log.push(`end ${i}`);
      yield i;
    }
  } finally {
    log.push('closed');
  }
}

test('an item is handed out when the next one has been begun, and no more', async () => {
  const log: string[] = [];
  for await (const i of oneAhead(numbers(3, log))) {
    log.push(`use ${i}`);
    await aMoment();
    await aMoment();
  }
  expect(log).toEqual(
    'begin 0,end 0,begin 1,use 0,end 1,begin 2,use 1,end 2,closed,use 2'.split(','),
  );
});

test('who stops early waits for what was begun, and no more is made', async () => {
  const log: string[] = [];
  for await (const _ of oneAhead(numbers(9, log))) break;
  expect(log).toEqual('begin 0,end 0,begin 1,end 1,closed'.split(','));
});

test('an error comes after the items before it, or not at all when nobody asks for it', async () => {
  async function* failing() {
    yield 1;
    throw new Error('made to fail');
  }
  const seen: number[] = [];
  const read = async (most: number) => {
    for await (const i of oneAhead(failing())) if (seen.push(i) === most) break;
  };
  await expect(read(2)).rejects.toThrow('made to fail');
  expect(seen).toEqual([1]);
  seen.length = 0;
  await read(1);
  expect(seen).toEqual([1]);
});
