/** Keys, ranges and splits of a scan: no server needed. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  compareKeys,
  INT64_MAX,
  INT64_MIN,
  type Key,
  keyLiteral,
  keysExpression,
  rangeExpression,
} from '../../src/connectors/milvus/scan/keys.ts';
import { keySpace } from '../../src/connectors/milvus/scan/key-space.ts';
import { decodeRange, encodeRange } from '../../src/connectors/milvus/scan/scan-range.ts';
import { splitKeys } from '../../src/connectors/milvus/scan/split.ts';
import { MAX_PAGE_ROWS, PageSize } from '../../src/connectors/milvus/scan/page-size.ts';

const int64 = fc.bigInt({ min: INT64_MIN, max: INT64_MAX });
const text = fc.string({ unit: 'binary', maxLength: 60 }).map((s) => s.replace(/\p{Surrogate}/gu, ''));

describe('expressions', () => {
  test('bounds of integers never need the literal of INT64_MIN', () => {
    expect(rangeExpression('id', {})).toBe('');
    expect(rangeExpression('id', { from: INT64_MIN })).toBe('id >= -9223372036854775807');
    expect(rangeExpression('id', { to: INT64_MIN })).toBe('id < -9223372036854775807');
    expect(rangeExpression('id', { from: -1n, to: 5n }, 'a or b')).toBe('id > -1 and id <= 5 and (a or b)');
    expect(keysExpression('id', [INT64_MIN, 3n], 'f')).toBe(
      '(id in [3] or id < -9223372036854775807) and (f)',
    );
  });

  test('text is escaped, and only what must be', () => {
    expect(keyLiteral('a"b\\c\nd\re\tf')).toBe('"a\\"b\\\\c\\nd\\re\\tf"');
    expect(keyLiteral("it's \u0000 日本 \u{1F600}")).toBe('"it\'s \u0000 日本 \u{1F600}"');
  });

  test('keys compare as their UTF-8 bytes do', () => {
    expect(compareKeys('\uE000', '\u{1F600}')).toBeLessThan(0);
    expect(compareKeys('', 'a')).toBeLessThan(0);
    expect(compareKeys(-1n, 1n)).toBeLessThan(0);
  });
});

describe('ids of ranges', () => {
  test('say everything', () => {
    const shape = (key: fc.Arbitrary<Key>) =>
      fc.record(
        {
          partition: text,
          from: key,
          to: key,
          timestamp: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
          snapshot: fc.boolean(),
          planned: fc.nat(),
        },
        { requiredKeys: [] },
      );
    fc.assert(fc.property(shape(int64), (range) => {
      expect(decodeRange(encodeRange(range), 'Int64')).toEqual(range);
    }));
    fc.assert(fc.property(shape(text), (range) => {
      expect(decodeRange(encodeRange(range), 'VarChar')).toEqual(range);
    }));
  });

  test.each([
    '',
    '[]',
    'null',
    '{"from":"x"}',
    '{"from":"99999999999999999999"}',
    '{"timestamp":"-1"}',
    '{"b":1}',
  ])(
    'that are none are refused: %s',
    (id) => {
      expect(() => decodeRange(id, 'Int64')).toThrow('the journal has a range');
    },
  );
});

describe('keys as numbers', () => {
  test('text keeps its order, and each number lies at or below its key', () => {
    fc.assert(fc.property(text, text, fc.array(text, { maxLength: 5 }), (a, b, sample) => {
      const space = keySpace('VarChar', sample);
      const number = space.toNumber(a);
      expect(number >= space.first && number <= space.last).toBe(true);
      if (number > space.first) expect(compareKeys(space.toKey(number), a)).toBeLessThanOrEqual(0);
      if (number < space.last) expect(compareKeys(space.toKey(number + 1n), a)).toBeGreaterThan(0);
      if (compareKeys(a, b) <= 0) expect(number <= space.toNumber(b)).toBe(true);
    }));
  });
});

/** A server that knows `keys`, sorted, and counts what it is asked. */
function server(keys: readonly Key[]) {
  const asked = { questions: 0 };
  const above = (key: Key) => {
    let [low, high] = [0, keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareKeys(keys[middle], key) > 0) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return {
    asked,
    // deno-lint-ignore require-await
    async countUpTo(key: Key) {
      asked.questions++;
      return above(key);
    },
    // deno-lint-ignore require-await
    async firstAbove(key: Key | undefined) {
      asked.questions++;
      return keys[key === undefined ? 0 : above(key)];
    },
  };
}

async function split(keys: readonly Key[], ranges: number, probes = 64) {
  const kind = typeof keys[0] === 'string' ? 'VarChar' : 'Int64';
  const probe = server(keys);
  const space = keySpace(kind, keys.slice(0, 1000));
  const parts = await splitKeys(probe, { space, rows: keys.length, ranges, probes });
  return { parts, questions: probe.asked.questions };
}

const countFrom = (n: number, key: (i: number) => Key) => Array.from({ length: n }, (_, i) => key(i));
const sorted = (keys: readonly Key[]) => [...new Set(keys)].sort(compareKeys);

describe('splitting', () => {
  const random = (() => {
    let state = 12345n;
    return () => (state = (state * 6364136223846793005n + 1442695040888963407n) & (2n ** 64n - 1n)) >> 16n;
  })();
  const hex = (n: bigint, digits: number) => n.toString(16).padStart(digits, '0').slice(0, digits);
  test.each<[string, Key[]]>([
    ['numbers from 0 on', countFrom(20_000, (i) => BigInt(i))],
    ['every seventh number', countFrom(20_000, (i) => BigInt(i) * 7n - 50_000n)],
    ['spread over all of int64', sorted(countFrom(20_000, () => BigInt.asIntN(64, random() << 16n)))],
    [
      'made by a server, in batches',
      countFrom(20_000, (i) => (450_000_000n + BigInt(i >> 12) * 977n << 18n) + BigInt(i & 4095)),
    ],
    ['two crowds far apart', countFrom(20_000, (i) => i < 9000 ? BigInt(i) : 2n ** 60n + BigInt(i))],
    ['document names', sorted(countFrom(20_000, (i) => `documents/2024/doc-${String(i).padStart(8, '0')}`))],
    [
      'UUIDs',
      sorted(countFrom(20_000, () => `${hex(random(), 8)}-${hex(random(), 4)}-${hex(random(), 12)}`)),
    ],
    ['numbers as text', sorted(countFrom(20_000, String))],
    ['Japanese', sorted(countFrom(20_000, (i) => `文書${String.fromCodePoint(0x4e00 + i % 200)}${i}`))],
  ])('%s', async (_, keys) => {
    const { parts, questions } = await split(keys, 8);
    expect(questions).toBeLessThanOrEqual(65);
    expect(parts.length).toBeGreaterThanOrEqual(6);
    for (const { rows } of parts) expect(rows).toBeLessThanOrEqual(keys.length / 3);
  });

  test('whatever the keys, the ranges hold each key once, and the counts are right', async () => {
    await fc.assert(fc.asyncProperty(
      fc.oneof(fc.array(int64, { minLength: 1 }), fc.array(text, { minLength: 1 })),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 0, max: 64 }),
      async (some, ranges, probes) => {
        const keys = sorted(some as Key[]);
        const { parts, questions } = await split(keys, ranges, probes);
        expect(questions).toBeLessThanOrEqual(probes + 1);
        expect(parts[0].from).toBeUndefined();
        expect(parts.at(-1)!.to).toBeUndefined();
        parts.slice(1).forEach((part, i) => expect(part.from).toBe(parts[i].to!));
        for (const { from, to, rows } of parts) {
          const inside = keys.filter((key) =>
            (from === undefined || compareKeys(key, from) > 0) &&
            (to === undefined || compareKeys(key, to) <= 0)
          );
          expect(inside.length).toBe(rows);
        }
      },
    ));
  });
});

describe('page sizes', () => {
  test('reach the wanted bytes in a few pages', () => {
    const size = new PageSize(8_000_000, 10);
    expect(size.rows).toBe(1024);
    for (let page = 0; page < 3; page++) size.arrived(size.rows, size.rows, size.rows * 1000);
    expect(size.rows).toBe(8000);
    size.arrived(8000, 8000, 8_000_000 * 16);
    expect(size.rows).toBe(500);
  });

  test('heed that a server sends more rows than asked for, and fewer at the end', () => {
    const size = new PageSize(8_000_000, 1000);
    size.arrived(size.rows, size.rows * 8, size.rows * 8 * 1000);
    expect(size.rows).toBe(2000);
    size.arrived(2000, 2500, 2500 * 1000);
    expect(size.rows).toBe(8000);
    size.arrived(8000, 10, 10 * 1000);
    expect(size.rows).toBe(8000);
  });

  test('are between one row and the limit of the server', () => {
    fc.assert(fc.property(
      fc.integer({ min: 1, max: 1e8 }),
      fc.array(fc.tuple(fc.nat(40_000), fc.nat(1e9), fc.boolean())),
      (target, pages) => {
        const size = new PageSize(target, 100);
        for (const [rows, bytes, tooLarge] of pages) {
          if (tooLarge) size.tooLarge(size.rows);
          else size.arrived(size.rows, rows, bytes);
          expect(size.rows).toBeGreaterThanOrEqual(1);
          expect(size.rows).toBeLessThanOrEqual(MAX_PAGE_ROWS);
        }
      },
    ));
  });

  test('halve down to one row when they are too large, and grow again with patience', () => {
    const size = new PageSize(8_000_000, 1000);
    let halvings = 0;
    while (size.tooLarge(size.rows)) halvings++;
    expect(size.rows).toBe(1);
    expect(halvings).toBe(10);
    size.arrived(1, 1, 100);
    expect(size.rows).toBe(1);
    for (let page = 0; page < 400; page++) size.arrived(size.rows, size.rows, size.rows * 100);
    expect(size.rows).toBe(MAX_PAGE_ROWS);
  });
});
