import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { oneRun, rowReader } from '../../src/formats/faiss/rows/rows.ts';
import { sortOrder } from '../../src/formats/faiss/rows/sort-order.ts';
import { sortById } from '../../src/formats/faiss/rows/sorted-index.ts';
import { memoryScratch, memorySource } from '../../src/stores/memory.ts';

/** Numbers of all magnitudes, many of them equal. */
const keys = fc.array(fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(-3n, 3n)), {
  maxLength: 300,
});

function expectedOrder(list: readonly bigint[]): number[] {
  const order = list.map((_, i) => i);
  return order.sort((a, b) => list[a] < list[b] ? -1 : list[a] > list[b] ? 1 : a - b);
}

describe('sorting by id', () => {
  test('orders int64 keys, equal ones as they came', () => {
    fc.assert(fc.property(keys, (list) => {
      expect([...sortOrder(BigInt64Array.from(list))]).toEqual(expectedOrder(list));
    }));
  });

  test('merges runs of any length, in scratch files that are all closed', async () => {
    await fc.assert(
      fc.asyncProperty(keys, fc.integer({ min: 1, max: 100 }), async (list, runLength) => {
        let open = 0;
        const scratch = () => {
          open++;
          return Object.assign(memoryScratch(), { close: () => void open-- });
        };
        const bytes = new Uint8Array(BigInt64Array.from(list).buffer);
        const ids = rowReader(memorySource(bytes), oneRun(0, list.length, 8));
        const sorted = await sortById(ids, { scratch, runLength });
        const order = expectedOrder(list);
        expect([...sorted.rows(0, list.length)].map(Number)).toEqual(order);
        const [from, to] = [Math.floor(list.length / 3), list.length];
        expect([...sorted.ids(from, to - from)]).toEqual(order.slice(from).map((row) => list[row]));
        sorted.close();
        expect(open).toBe(0);
      }),
    );
  });

  test('closes its scratch files when reading fails', async () => {
    let open = 0;
    const scratch = () => {
      open++;
      return Object.assign(memoryScratch(), { close: () => void open-- });
    };
    const ids = rowReader(memorySource(new Uint8Array(80)), oneRun(0, 11, 8));
    await expect(sortById(ids, { scratch, runLength: 4 })).rejects.toThrow('shorter');
    expect(open).toBe(0);
  });
});

test('rows are picked in any order, also twice, near and far', async () => {
  const rowBytes = 3;
  const bytes = Uint8Array.from({ length: 60_000 }, (_, i) => i * 7 + (i >> 8));
  const reader = rowReader(memorySource(bytes), oneRun(5, 19_000, rowBytes));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 18_999 }), { maxLength: 50 }), async (rows) => {
      const picked = await reader.pick(BigInt64Array.from(rows.map(BigInt)));
      const expected = rows.flatMap((
        row,
      ) => [...bytes.subarray(5 + row * rowBytes, 5 + (row + 1) * rowBytes)]);
      expect([...picked]).toEqual(expected);
    }),
  );
});
