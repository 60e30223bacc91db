import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { canonicalJson } from '../../src/core/compare/canonical-json.ts';
import { digestColumn, drawSeeds, hash } from '../../src/core/compare/digest.ts';
import { columnFromValues } from '../../src/core/values.ts';

/** `value` as JSON, written as `pick` (numbers from 0 to 1, in turn) has it: order of members, spaces, escapes, forms of floats. */
function writtenAnew(value: unknown, pick: () => number): string {
  const space = () => ' \n'.slice(Math.floor(pick() * 3));
  if (Array.isArray(value)) {
    return `[${space()}${value.map((one) => writtenAnew(one, pick)).join(`,${space()}`)}]`;
  }
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value).map((
      [key, one],
    ) => [pick(), `${text(key)}${space()}:${writtenAnew(one, pick)}`]);
    return `{${
      members.sort(([a], [b]) => (a as number) - (b as number)).map(([, member]) => member).join(',')
    }${space()}}`;
  }
  if (typeof value === 'string') return text(value);
  if (typeof value === 'number' && !Number.isInteger(value) && pick() < 0.5) {
    return value.toExponential().replace('e', 'E').replace('E+', pick() < 0.5 ? 'e' : 'E+0');
  }
  return JSON.stringify(value);

  function text(string: string): string {
    return JSON.stringify(string).replaceAll(
      /[a-z]/g,
      (letter, at, all) =>
        all[at - 1] === '\\' || pick() < 0.8 || /\\u[0-9a-f]{0,3}$/.test(all.slice(0, at))
          ? letter
          : `\\u00${letter.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  }
}

describe('canonicalJson()', () => {
  test('is one text for all ways to write a value', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (value, picks) => {
          const written = writtenAnew(value, () => picks.next().value!);
          expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(value)));
          expect(canonicalJson(written)).toBe(canonicalJson(JSON.stringify(value))!);
        },
      ),
    );
  });

  test('is another text for every other value', () => {
    const texts = [
      '1',
      '1.0',
      '-1',
      '10',
      '100.0',
      '0',
      '-0',
      '0.0',
      '-0.0',
      '9007199254740993',
      '9007199254740992',
      '0.1',
      '0.10000000000000001',
      '1e400',
      '1e-400',
      '"1"',
      '"a"',
      '"A"',
      '""',
      'null',
      'true',
      'false',
      '[]',
      '{}',
      '[[]]',
      '[1,2]',
      '[2,1]',
      '[12]',
      '{"a":1}',
      '{"a":null}',
      '{"a":1,"a":2}',
      '{"a":2,"a":1}',
      '{"b":1}',
      '"\\ud800"',
      '"\\ud801"',
    ];
    expect(new Set(texts.map(canonicalJson)).size).toBe(texts.length);
    expect(canonicalJson('100.0')).toBe(canonicalJson('1e2')!);
  });

  test('is none for what is no JSON', () => {
    const texts = [
      '',
      '{',
      '[1,]',
      '{"a"}',
      '01',
      '1.',
      '.5',
      '+1',
      'nul',
      '"\n"',
      '"\\x"',
      '1 2',
      "'a'",
      '[1}',
      '{"a":1,}',
    ];
    expect(texts.map(canonicalJson)).toEqual(texts.map(() => undefined));
    expect(canonicalJson('['.repeat(100_000))).toBeUndefined();
  });

  test('agrees with JSON.parse about what is JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:01.-eE+ tnu\\a'), maxLength: 12 }), (text) => {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        expect(canonicalJson(text) !== undefined).toBe(valid);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('digests', () => {
  test('depend on all 64 bits of the seed', () => {
    const seeds = Array.from({ length: 64 }, (_, bit) => 1n << BigInt(bit));
    for (const length of [0, 3, 16, 100, 3000]) {
      expect(new Set(seeds.map((seed) => hash(new Uint8Array(length), seed))).size).toBe(64);
    }
  });

  test('of no JSON are those of its bytes', () => {
    const seeds = drawSeeds();
    const digests = digestColumn(columnFromValues({ kind: 'JSON' }, ['{', '{ ', '{}', '{ }']), seeds);
    const words = new BigUint64Array(digests.buffer);
    expect([words[0] === words[1], words[2] === words[3]]).toEqual([false, true]);
  });
});
