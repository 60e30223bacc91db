/** How the values of flags are written. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { indexes } from '../../src/cli/options/index-request.ts';
import { bytes, countUpTo, duration, list, lists, oneOf, rate } from '../../src/cli/options/parse.ts';

describe('--index', () => {
  test('takes a field, a type and parameters, bare or as JSON', () => {
    const request = (field: string, type: string, params = {}, name?: string) =>
      name === undefined ? { field, type, params } : { field, type, name, params };
    expect(indexes('vector:HNSW{M:16,efConstruction:200}')).toEqual([
      request('vector', 'HNSW', { M: '16', efConstruction: '200' }),
    ]);
    expect(indexes('vector:autoindex')).toEqual([request('vector', 'AUTOINDEX')]);
    expect(indexes('a:b:FLAT{}')).toEqual([request('a:b', 'FLAT')]);
    expect(indexes('year:STL_SORT{name=by_year}, v:IVF_FLAT{"nlist": 128, metric_type:"IP"}')).toEqual([
      request('year', 'STL_SORT', {}, 'by_year'),
      request('v', 'IVF_FLAT', { nlist: '128', metric_type: 'IP' }),
    ]);
    expect(indexes('meta:INVERTED{json_path:"meta[\\"a,b\\"]",json_cast_type:varchar}')).toEqual([
      request('meta', 'INVERTED', { json_path: 'meta["a,b"]', json_cast_type: 'varchar' }),
    ]);
    expect(indexes('b:FLAT', indexes('a:FLAT')).map(({ field }) => field)).toEqual(['a', 'b']);
  });

  test('says what is wrong', () => {
    const wrong: readonly [string, string][] = [
      ['vector', 'Write FIELD:TYPE'],
      [':HNSW', 'Write FIELD:TYPE'],
      ['vector:', 'Write FIELD:TYPE'],
      ['vector:HNSW{M:16', 'closing brace is missing'],
      ['vector:HNSW}', 'closing brace too many'],
      ['vector:HNSW{M}', 'KEY:VALUE'],
      ['vector:HNSW{M:16,M:32}', 'given twice'],
      ['vector:HNSW,vector:FLAT', 'two indexes'],
      ['vector:HN SW', 'Write FIELD:TYPE'],
    ];
    for (const [text, message] of wrong) expect(() => indexes(text)).toThrow(message);
  });

  test('never ends in another error than its own', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'ab:{},="\\[] 1') }), (text) => {
      try {
        indexes(text);
      } catch (error) {
        expect((error as { code?: string }).code).toBe('commander.invalidArgument');
      }
    }));
  });
});

test('--rate-limit takes rows or bytes a second', () => {
  expect(rate('5000')).toEqual({ rows: 5000 });
  expect(rate('5000rows/s')).toEqual({ rows: 5000 });
  expect(rate('5k rows/s')).toEqual({ rows: 5000 });
  expect(rate('20MB/s')).toEqual({ bytes: 20_000_000 });
  expect(rate('20MiB/s')).toEqual({ bytes: 20 * 2 ** 20 });
  expect(rate('1000rows/s,1MB/s')).toEqual({ rows: 1000, bytes: 1_000_000 });
  for (const text of ['', 'fast', '0', '-5', '5 apples', '5MB/h', '1e3']) {
    expect([text, () => rate(text)][1]).toThrow('rows or bytes a second');
  }
});

test('times, counts, lists and choices refuse nonsense', () => {
  expect(['90', '90s', '10m', '1h30m', '500ms', '1.5s'].map(duration)).toEqual([
    90_000,
    90_000,
    600_000,
    5_400_000,
    500,
    1500,
  ]);
  for (const text of ['', 'soon', '10', '10 m', 'm', '-1s', '1h30'].filter((t) => t !== '10')) {
    expect(() => duration(text)).toThrow('30s, 10m');
  }
  expect(countUpTo(8)('8')).toBe(8);
  for (const text of ['0', '9', '', '1.5', 'x', '-1']) expect(() => countUpTo(8)(text)).toThrow('1 to 8');
  expect(lists('c', lists('a,b'))).toEqual(['a', 'b', 'c']);
  expect(list('a\\,b,c')).toEqual(['a,b', 'c']);
  expect(oneOf(['Strong', 'Bounded'])('STRONG')).toBe('Strong');
  expect(() => oneOf(['keep', 'new'])('old')).toThrow('Choose one of keep, new.');
  expect(bytes('1.5 KiB')).toBe(1536);
});
