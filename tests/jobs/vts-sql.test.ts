/** The SQL of transforms as conditions of Milvus. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseSelect, SqlFault } from '../../src/jobs/vts/sql.ts';

const where = (condition: string) => parseSelect(`select * from t where ${condition}`).where!((name) => name);

describe('conditions', () => {
  const cases: readonly [sql: string, milvus: string][] = [
    ['a = 1', 'a == 1'],
    ["a <> 'x'", 'a != "x"'],
    ['a >= -1.5e3 or b < 2', '(a >= -1.5e3) or (b < 2)'],
    ['a = 1 and b = 2 or c = 3', '((a == 1) and (b == 2)) or (c == 3)'],
    ['a = 1 and (b = 2 or c = 3)', '(a == 1) and ((b == 2) or (c == 3))'],
    ['not a = 1', 'not (a == 1)'],
    ['not not a = 1', 'a == 1'],
    ["a in (1, 2) and b not in ('x')", '(a in [1, 2]) and (not (b in ["x"]))'],
    ["a like 'x%'", 'a like "x%"'],
    ['a between 1 and 5', '(a >= 1) and (a <= 5)'],
    ['a is null and b is not null', '(a is null) and (b is not null)'],
    ['t.a = true', 'a == true'],
    ['`odd name` = 1', 'odd name == 1'],
    ['1 < a', '1 < a'],
    ['a = 9223372036854775807', 'a == 9223372036854775807'],
    ['a = \'say "x"\'', 'a == "say \\"x\\""'],
  ];
  for (const [sql, milvus] of cases) test(sql, () => expect(where(sql)).toBe(milvus));

  test('texts and whole numbers keep all their characters', () => {
    fc.assert(
      fc.property(fc.string(), fc.bigInt({ min: 0n, max: 2n ** 63n }), (text, number) => {
        expect(where(`a = '${text.replaceAll("'", "''")}'`)).toBe(`a == ${JSON.stringify(text)}`);
        expect(where(`a = ${number}`)).toBe(`a == ${number}`);
      }),
    );
  });
});

describe('columns', () => {
  test('names, aliases and all', () => {
    expect(parseSelect('SELECT a, t.b AS c, "d e" f, * FROM db.t;').columns).toEqual([
      { column: 'a', name: 'a' },
      { column: 'b', name: 'c' },
      { column: 'd e', name: 'f' },
      { column: '*', name: '*' },
    ]);
  });
});

describe('what is not understood', () => {
  for (
    const text of [
      '',
      'select',
      'select from t',
      'select a t',
      'select a + 1 from t',
      "select 'x' from t",
      'select a from t group by a',
      'select a from t where',
      'select a from t where a',
      'select a from t where a = ',
      'select a from t where a in ()',
      'select a from t order by a',
      'select f(a) from t',
      'delete from t',
      "select a from t where a = 'x",
      'select a from t where (a = 1',
      `select a from t where ${'('.repeat(200)}`,
    ]
  ) {
    test(JSON.stringify(text).slice(0, 60), () => expect(() => parseSelect(text)).toThrow(SqlFault));
  }

  test('any text is a statement or a fault within it', () => {
    const word = fc.constantFrom(
      'select',
      'from',
      'where',
      'a',
      't',
      '*',
      ',',
      '=',
      '(',
      ')',
      "'x'",
      '1',
      'and',
      'or',
      'not',
      'in',
      'is',
      'null',
      'like',
      '.',
      'as',
      '-',
      '"',
      "'",
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 15 }), (words) => {
        const text = words.join(' ');
        try {
          parseSelect(text);
        } catch (error) {
          expect(error).toBeInstanceOf(SqlFault);
          expect((error as SqlFault).offset).toBeWithin(0, text.length + 1);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
