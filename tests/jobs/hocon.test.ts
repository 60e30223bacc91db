/** HOCON documents as values with places, and what is said of those that are none. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { flatten, get, type Node } from '../../src/jobs/hocon/node.ts';
import { readHocon } from '../../src/jobs/hocon/read.ts';
import { Problems } from '../../src/jobs/problems.ts';

const VARIABLES = { HOME: '/home/ann', EMPTY: '', BIG: '9007199254740993' };

function read(text: string, repeatable: readonly string[] = []) {
  const problems = new Problems('job.conf');
  const document = readHocon(text, problems, { variables: VARIABLES, repeatable });
  return {
    document,
    problems: problems.found.map(({ line, column, message }) => `${line}:${column} ${message}`),
  };
}

/** The plain value of a node: scalars as text, null as null. */
function plain(node: Node): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.text === 'null' && !node.quoted ? null : node.text;
    case 'list':
      return node.items.map(plain);
    case 'object':
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]));
  }
}

/** The value of a document without problems. */
function value(text: string): unknown {
  const { document, problems } = read(text);
  expect(problems).toEqual([]);
  return plain(document!);
}

describe('documents', () => {
  const cases: readonly [name: string, text: string, expected: unknown][] = [
    ['braces around all are optional', '{ a = 1, b: "x" }', { a: '1', b: 'x' }],
    ['fields are parted by commas or lines', 'a = 1\nb = 2, c = 3,\n', { a: '1', b: '2', c: '3' }],
    ['comments', '# one\na = 1 // two\n// three\nb = x # four', { a: '1', b: 'x' }],
    ['objects without a sign', 'env { parallelism = 2 }', { env: { parallelism: '2' } }],
    ['paths', 'a.b.c = 1\na.b.d = 2\na."x.y" = 3', { a: { b: { c: '1', d: '2' }, 'x.y': '3' } }],
    ['bare texts', 'a = plain words here  \nb = a-b_c.d/e', { a: 'plain words here', b: 'a-b_c.d/e' }],
    ['escapes', String.raw`a = "q\"\\\n\u00e9\/"`, { a: 'q"\\\né/' }],
    ['three quotes', 'a = """x "y"\n\\n z"""', { a: 'x "y"\n\\n z' }],
    ['four quotes at the end', 'a = """x"""" ', { a: 'x"' }],
    ['numbers keep their digits', 'a = 9007199254740993\nb = 1.50\nc = true\nd = null', {
      a: '9007199254740993',
      b: '1.50',
      c: 'true',
      d: null,
    }],
    ['lists over lines', 'a = [\n  1\n  2,\n  {b = x}\n]', { a: ['1', '2', { b: 'x' }] }],
    ['later keys go before earlier ones', 'a = 1\na = 2', { a: '2' }],
    ['objects are merged', 'a { b = 1 }\na { c = 2, b = 3 }', { a: { b: '3', c: '2' } }],
    ['a text ends an object', 'a { b = 1 }\na = x\na { c = 2 }', { a: { c: '2' } }],
    ['+= adds to a list', 'a = [1]\na += 2\na += {b = 3}\nc += x', { a: ['1', '2', { b: '3' }], c: ['x'] }],
    ['lists behind each other', 'a = [1] [2]', { a: ['1', '2'] }],
    ['objects behind each other', 'a = {b = 1} {c = 2}', { a: { b: '1', c: '2' } }],
    ['an empty document', '# nothing\n', {}],
    ['a byte order mark', '\uFEFFa = 1', { a: '1' }],
    ['Windows line ends', 'a = 1\r\nb = "x"\r\n', { a: '1', b: 'x' }],
    ['a key with spaces and one that is called include', 'a b c = 1\nincluded = 2\ninclude = 3', {
      'a b c': '1',
      included: '2',
      include: '3',
    }],
  ];
  for (const [name, text, expected] of cases) test(name, () => expect(value(text)).toEqual(expected));

  test('all JSON is HOCON', () => {
    const text = fc.string({ unit: 'binary' }).filter((part) => !part.includes('${'));
    const tree = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, text, fc.constant(null), tie('list'), tie('object')),
      list: fc.array(tie('value'), { maxLength: 4 }),
      object: fc.dictionary(text, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    }));
    fc.assert(
      fc.property(tree.object, fc.constantFrom(undefined, 2), (object, space) => {
        const { document, problems } = read(JSON.stringify(object, null, space));
        expect(problems).toEqual([]);
        expect(plain(document!)).toEqual(object);
      }),
      { numRuns: 300 },
    );
  });

  test('any text ends in a value or a problem with a place in it', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      '"""',
      '=',
      ':',
      ',',
      '+=',
      '${',
      '${a}',
      '${?b.c}',
      '#',
      '//',
      '\n',
      ' ',
      'a',
      '.',
      'b.c',
      '\\',
      '1',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        const text = pieces.join('');
        const problems = new Problems('job.conf');
        const document = readHocon(text, problems, { variables: {} });
        expect(document !== undefined || problems.found.length > 0).toBeTrue();
        for (const { line, column } of problems.found) {
          const lines = text.split('\n');
          expect(line).toBeWithin(1, lines.length + 1);
          expect(column).toBeWithin(1, lines[line - 1].length + 2);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('variables', () => {
  const cases: readonly [name: string, text: string, expected: unknown][] = [
    ['of the environment', 'a = ${HOME}/x\nb = "${HOME}/y"', { a: '/home/ann/x', b: '/home/ann/y' }],
    ['with a default', 'a = ${NOPE:7}\nb = "${NOPE:x y}_z"\nc = "${HOME:q}"\nd = "${NOPE:}"', {
      a: '7',
      b: 'x y_z',
      c: '/home/ann',
      d: '',
    }],
    ['optional ones leave nothing', 'a = ${?NOPE}\nb = x${?NOPE}y\nc = [1, ${?NOPE}]', { b: 'xy', c: ['1'] }],
    ['an optional one overrides', 'a = 1\na = ${?HOME}\nb = 2\nb = ${?NOPE}', { a: '/home/ann', b: '2' }],
    ['of the document', 'a { b = 1, c = ${a.b} }\nd = ${a.c}', { a: { b: '1', c: '1' }, d: '1' }],
    ['of later keys', 'a = ${b}\nb = 2', { a: '2', b: '2' }],
    ['objects, merged', 'base { x = 1, y = 2 }\na = ${base} { y = 3 }\nc = ${a.x}', {
      base: { x: '1', y: '2' },
      a: { x: '1', y: '3' },
      c: '1',
    }],
    ['what the key was before', 'p = "a"\np = ${p}":b"\nl = [1]\nl = ${l} [2]', { p: 'a:b', l: ['1', '2'] }],
    ['the document goes before the environment', 'HOME = here\na = ${HOME}', { HOME: 'here', a: 'here' }],
    ['int64 keeps its digits', 'a = ${BIG}', { a: '9007199254740993' }],
    ['names that stand for tables stay', 'a = "out/${table_name}"', { a: 'out/${table_name}' }],
  ];
  for (const [name, text, expected] of cases) test(name, () => expect(value(text)).toEqual(expected));

  test('three quotes and JSON quotes alike', () => {
    expect(value('a = """${HOME}"""')).toEqual({ a: '/home/ann' });
  });

  test('that double themselves end in a problem', () => {
    const lines = Array.from({ length: 40 }, (_, i) => `a${i + 1} = [\${a${i}}, \${a${i}}]`);
    expect(() => read(`a0 = [x]\n${lines.join('\n')}`)).toThrow('more than 100000 values');
    const texts = Array.from({ length: 40 }, (_, i) => `a${i + 1} { x = \${a${i}}, y = \${a${i}} }`);
    expect(() => read(`a0 { k = 1 }\n${texts.join('\n')}`)).toThrow('more than 100000 values');
  });
});

describe('places', () => {
  test('of keys and values', () => {
    const { document } = read(
      'env {\n  job.mode = "BATCH"\n}\nsink {\n  Milvus { url = "x",\n    token = y }\n}\n',
    );
    expect(get(document!, 'env', 'job', 'mode')).toMatchObject({
      at: { line: 2, column: 3 },
      value: { at: { line: 2, column: 14 } },
    });
    expect(get(document!, 'sink', 'Milvus', 'token')).toMatchObject({ at: { line: 6, column: 5 } });
    const env = get(document!, 'env')!.value;
    expect(env.kind === 'object' && flatten(env).map(({ key }) => key)).toEqual(['job.mode']);
  });

  test('blocks of one name stay apart where they may be repeated', () => {
    const { document } = read('source {\n Milvus { a = 1 }\n Milvus { a = 2 }\n}\nsource { Other { } }', [
      'source',
    ]);
    const source = get(document!, 'source')!.value;
    expect(
      source.kind === 'object' && source.entries.map(({ key, at, value }) => [key, at.line, plain(value)]),
    )
      .toEqual([['Milvus', 2, { a: '1' }], ['Milvus', 3, { a: '2' }], ['Other', 5, {}]]);
  });
});

describe('problems', () => {
  const cases: readonly [name: string, text: string, expected: string][] = [
    ['an open brace', 'a {\n b = 1\n', '1:3 The brace that begins here is not closed'],
    ['an open bracket', 'a = [1,\n', '1:5 The bracket that begins here is not closed'],
    ['an open quote', 'a = 1\nb = "x\nc = 2', '2:5 The quote that begins here is not closed'],
    ['open quotes of three', 'a = """x', '1:5 The three quotes that begin here are not closed'],
    ['a brace too many', 'a = 1\n}\n', '2:1 Found "}", expected a key'],
    ['a key without a value', 'a = \n', '2:1 Found the end of the file, expected a value'],
    [
      'a key without a sign',
      'a "b"',
      '1:6 Found the end of the file behind the key a b, expected "=" or "{"',
    ],
    ['a bare address', 'url = http://127.0.0.1', '1:11 ":" cannot be in a text without quotes'],
    ['an escape that is none', 'a = "C:\\data"', '1:8 \\d is no escape'],
    ['an open variable', 'a = ${HOME', '1:5 The variable that begins here is not closed'],
    ['a variable without a name', 'a = ${}', '1:5 The variable has no name'],
    ['a variable that is not set', '\n a = ${NOPE}', '2:6 ${NOPE} is not set'],
    ['one in quotes', 'a = "x${NOPE}"', '1:5 ${NOPE} is not set'],
    ['keys that need each other', 'a = ${b}\nb = ${a}', '2:5 ${a} needs itself'],
    ['a key that needs itself', 'a = ${a}', '1:5 ${a} needs itself'],
    ['an include', 'include "other.conf"\na = 1', '1:1 Includes are not read'],
    ['a list for a document', '[1]', '1:1 The file is a list'],
    ['two commas', 'a = [1,,2]', '1:8 There are two commas'],
    ['an object behind a text', 'a = x {b = 1}', '1:7 An object cannot follow a text'],
    ['+= to a text', 'a = x\na += 1', '2:1 += adds to a list, and this is none'],
    ['an empty key', 'a..b = 1', '1:1 A key is empty between its dots'],
    ['deep nesting', `a = ${'['.repeat(100)}`, '1:69 Lists are nested more than 64 levels deep'],
  ];
  for (const [name, text, expected] of cases) {
    test(name, () => expect(read(text).problems).toContain(expected));
  }
});
