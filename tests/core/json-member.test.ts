import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { canonicalJson } from '../../src/core/compare/canonical-json.ts';
import { jsonMember } from '../../src/core/json-member.ts';

test('jsonMember() finds what JSON.parse finds', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { noNullPrototype: true }),
      fc.constantFrom(undefined, 1),
      (object, space) => {
        const text = JSON.stringify(object, null, space);
        const parsed: Record<string, unknown> = JSON.parse(text);
        for (const key of [...Object.keys(parsed), 'not there']) {
          const found = jsonMember(text, [key]);
          const expected = Object.hasOwn(parsed, key) ? parsed[key] : undefined;
          expect(found === undefined ? undefined : JSON.parse(found)).toEqual(expected);
        }
      },
    ),
  );
});

test('jsonMember() of what is no object', () => {
  for (const text of ['', '[1]', '"a"', 'null', '{', '{"a"', '{"a":', '}{']) {
    expect(jsonMember(text, ['a']) ?? 'none').toBeString();
  }
  expect(jsonMember('{"a":{"b":1.50}}', ['a', 'b'])).toBe('1.50');
  expect(jsonMember('{"a":1}', ['a', 'b'])).toBeUndefined();
});

test('strings of any length are found, and their ends', () => {
  const long = 'a\\"'.repeat(1_000_000);
  const text = JSON.stringify({ s: long, '"k\\': 7 });
  expect(jsonMember(text, ['"k\\'])).toBe('7');
  expect(jsonMember(text, ['s'])?.length).toBe(JSON.stringify(long).length);
  expect(canonicalJson(` { "k" : 1 , "s" : ${JSON.stringify(long)} }`)).toBe(
    canonicalJson(`{"s":${JSON.stringify(long)},"k":1}`)!,
  );
  for (const bad of ['"a', '"a\\"', '"\\x"', '"\u0001"']) expect(canonicalJson(bad)).toBeUndefined();
});
