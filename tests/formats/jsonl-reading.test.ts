/** What JSON lines are understood as, and what is said about those that are not. */
import { describe, expect, test } from 'bun:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { columnFromValues, valueAt } from '../../src/core/values.ts';
import { concatBatches, makeBatch } from '../../src/core/batch.ts';
import { field, type Schema } from '../../src/core/schema.ts';
import { formatType, type LogicalType } from '../../src/core/types.ts';
import { VtsError } from '../../src/errors.ts';
import { jsonl } from '../../src/formats/jsonl/format.ts';
import { jsonl as info } from '../../src/formats/jsonl/info.ts';
import type { ReadOptions, ReadRequest } from '../../src/formats/format.ts';
import type { ByteSource } from '../../src/stores/bytes.ts';
import { memorySink, memorySource } from '../../src/stores/memory.ts';
import { datasetOf, openBytes, READ, readAll, readTable, WRITE, writeTable } from '../support/format-io.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);

/** The fields of `text` as `name type`, and its values row by row. */
async function understood(
  text: string | Uint8Array,
  options: Partial<ReadOptions> = {},
  request: Partial<ReadRequest> = {},
) {
  const bytes = typeof text === 'string' ? utf8(text) : text;
  const { table, dataset } = await readTable(jsonl, bytes, { ...READ, ...options }, request);
  const fields = dataset.schema.fields.map((f) =>
    `${f.name} ${formatType(f.type)}${f.nullable ? '' : ' never null'}${f.primaryKey ? ' key' : ''}`
  );
  const rows = Array.from({ length: table.length }, (_, row) =>
    table.columns.map((column) => {
      const value = valueAt(column, row);
      return ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value;
    }));
  return { fields, rows, dataset };
}

const fieldsOf = async (text: string, options: Partial<ReadOptions> = {}) =>
  (await understood(text, options)).fields;

async function failure(text: string | Uint8Array, options: Partial<ReadOptions> = {}): Promise<VtsError> {
  try {
    await understood(text, options);
  } catch (error) {
    if (error instanceof VtsError) return error;
    throw error;
  }
  throw new TypeError('nothing was wrong');
}

const schemaOf = (types: Record<string, LogicalType>): Schema => ({
  fields: Object.entries(types).map(([name, type]) => field(name, type)),
});

describe('types without a schema', () => {
  test('scalars', async () => {
    expect(await fieldsOf('{"a":1,"b":1.0,"c":"x","d":true,"e":{"k":1},"f":null}\n')).toEqual([
      'a Int64',
      'b Double',
      'c VarChar',
      'd Bool',
      'e JSON',
      'f JSON',
    ]);
  });

  test('integers and decimals together are doubles, anything else together is JSON', async () => {
    expect(await fieldsOf('{"a":1,"b":1,"c":"x","d":1}\n{"a":1.5,"b":"x","c":true,"d":1e2}\n')).toEqual([
      'a Double',
      'b JSON',
      'c JSON',
      'd Double',
    ]);
  });

  test('arrays', async () => {
    const text =
      '{"a":[1,2],"b":[0.5,1],"c":[0.5],"d":["x"],"e":[],"f":[[1.5]],"g":[1,null],"h":[0.5,1],"i":[true]}\n' +
      '{"a":[1,2],"b":[1,2],"c":[1.5],"d":[],"e":[],"f":[],"g":[],"h":[1.5],"i":[]}\n';
    expect(await fieldsOf(text)).toEqual([
      'a Array<Int64>',
      'b FloatVector(2)',
      'c Array<Double>',
      'd Array<VarChar>',
      'e JSON',
      'f JSON',
      'g Array<Int64>',
      'h Array<Double>',
      'i Array<Bool>',
    ]);
  });

  test('the roles that the user named', async () => {
    const text = '{"k":7,"v":[1,2],"w":{"3":0.5}}\n';
    expect(await fieldsOf(text, { roles: { id: 'k', vector: 'v' } })).toEqual([
      'k Int64 never null key',
      'v FloatVector(2)',
      'w JSON',
    ]);
    expect(await fieldsOf(text, { roles: { vector: 'w' } })).toEqual([
      'k Int64',
      'v Array<Int64>',
      'w SparseFloatVector',
    ]);
    expect(await fieldsOf('{"sparse_v":{"3":0.5}}\n')).toEqual(['sparse_v SparseFloatVector']);
    expect(await fieldsOf('{"sparse_v":{"x":0.5}}\n')).toEqual(['sparse_v JSON']);
  });

  test('any field may be missing or null, but for the id', async () => {
    const { fields, rows } = await understood('{"a":1}\n{"b":"x","a":null}\n{}\n');
    expect(fields).toEqual(['a Int64', 'b VarChar']);
    expect(rows).toEqual([[1n, null], [null, 'x'], [null, null]]);
  });

  test('infinities and NaN among numbers are numbers, among texts they are text', async () => {
    const { fields, rows } = await understood(
      '{"a":1.5,"b":"NaN","c":["NaN",1]}\n{"a":"NaN","b":"x","c":[-Infinity,2]}\n',
    );
    expect(fields).toEqual(['a Double', 'b VarChar', 'c FloatVector(2)']);
    expect(rows).toEqual([[1.5, 'NaN', [NaN, 1]], [NaN, 'x', [-Infinity, 2]]]);
  });

  test('integers past 64 bits keep their digits as JSON', async () => {
    const { fields, rows } = await understood('{"a":18446744073709551615,"b":9223372036854775807}\n');
    expect(fields).toEqual(['a JSON', 'b Int64']);
    expect(rows).toEqual([['18446744073709551615', 9223372036854775807n]]);
  });

  test('a null after the sample is a null', async () => {
    const text = Array.from({ length: 1500 }, (_, i) => `{"id":${i},"v":[0.5,1],"n":${i}}\n`).join('');
    const { fields, rows } = await understood(`${text}{"id":1500,"v":null}\n`, { roles: { id: 'id' } });
    expect(fields).toEqual(['id Int64 never null key', 'v FloatVector(2)', 'n Int64']);
    expect(rows.at(-1)).toEqual([1500n, null, null]);
  });

  test('digits that float32 rounds are stated, and kept when a cast asks for them', async () => {
    const text = '{"v":[0.1257302210231229,0.5]}\n';
    const rounded = await understood(text);
    expect(rounded.dataset.notes[1]).toBe(
      '"v" is read as float32, which rounds its digits; --cast v:float64 keeps them',
    );
    for (const cast of ['float64', 'Double', 'DoubleVector(2)']) {
      const exact = await understood(text, { casts: { v: cast } });
      expect(exact.fields).toEqual(['v DoubleVector(2)']);
      expect(exact.rows).toEqual([[[0.1257302210231229, 0.5]]]);
      expect(exact.dataset.notes.length).toBe(1);
    }
  });

  test('digits are rounded where float32 has others, in any row of the sample', async () => {
    const plain = '{"v":[0.5,1.5]}\n'.repeat(900);
    const notes = async (value: string) => {
      const { dataset } = await understood(`${plain}{"v":[${value},0.5]}\n`);
      return dataset.notes.length - 1;
    };
    for (const value of ['16777217', '0.123456789', '0.30000000000000004', '1e-50', '12345678901234567890']) {
      expect([value, await notes(value)]).toEqual([value, 1]);
    }
    // The fewest digits of a float32, nine of them, its double, and all.
    for (
      const value of [
        '0.12573022',
        '0.125730217',
        '0.12573021650314331',
        '0.100000001490116119384765625',
        '1e-45',
        '1.4e-45',
        '3.4028235e38',
        '9.8607613e-32',
        '16777216',
        '100000000000000000000',
        '-0.0',
        '"NaN"',
        '-Infinity',
      ]
    ) expect([value, await notes(value)]).toEqual([value, 0]);
  });

  test('lists of which a few have another length are no vectors, as a note says', async () => {
    const lists = (odd: string, others: number) =>
      `${'{"v":[0.5,1,2]}\n'.repeat(others)}{"v":${odd}}\n${'{"v":null}\n{"v":[1,2,3]}\n'.repeat(20)}`;
    const notes = async (text: string) => (await understood(text)).dataset.notes.slice(1);
    expect(await notes(lists('[1,2]', 500))).toEqual([
      '"v" is an Array: row 500 has 2 elements, most have 3',
    ]);
    expect(await notes(lists('[1.5]', 500))).toEqual(['"v" is an Array: row 500 has 1 element, most have 3']);
    expect(await notes(lists('[]', 500))).toEqual(['"v" is an Array: row 500 has 0 elements, most have 3']);
    expect(await notes('{"v":[0.5,1]}\n{"v":[0.5]}\n')).toEqual([]);
    expect(await notes(lists('[1,2]', 500).replaceAll('0.5', '5'))).toEqual([]);
    expect(await notes(lists('["x"]', 500))).toEqual([]);
  });

  test('a list of another length is an error in the vector that the user named', async () => {
    const text = `{"v":[]}\n{"v":[1]}\n${'{"v":[0.5,1,2]}\n'.repeat(5)}`;
    const roles = { vector: 'v' };
    const error = await failure(text, { roles });
    expect([error.code, error.message]).toEqual(['RowInvalid', 'The vector has 0 elements']);
    expect(error.details).toMatchObject({ row: 0, field: 'v', expected: '3 elements' });
    const later = await failure(text.slice(text.indexOf('\n') + 1) + text, { roles });
    expect(later.details).toMatchObject({ row: 0, line: 1, field: 'v' });
    const tie = await failure('{"v":[1.5,2]}\n{"v":[1.5]}\n', { roles });
    expect(tie.details).toMatchObject({ row: 1, line: 2, expected: '2 elements' });
  });

  test('nulls in arrays and for arrays', async () => {
    const { fields, rows } = await understood('{"a":[1,null]}\n{"a":null}\n');
    expect(fields).toEqual(['a Array<Int64>']);
    expect(rows).toEqual([[[1n, null]], [null]]);
  });

  test('a number past float32 can be kept by a cast', async () => {
    const text = '{"a v":[1e39,0.5]}\n';
    const error = await failure(text);
    expect(error.message).toBe('1e39 is past the largest float32');
    expect(error.details.remedy).toContain("--cast 'a v':float64");
    expect((await understood(text, { casts: { 'a v': 'float64' } })).rows).toEqual([[[1e39, 0.5]]]);
    const schema = schemaOf({ 'a v': { kind: 'FloatVector', dim: 2 } });
    expect((await failure(text, { schema })).details.remedy).toBe('correct the row, or the schema');
    const sparse = await failure('{"sparse":{"1":1e39}}\n');
    expect(sparse.details.remedy).toContain('--schema FILE');
  });

  test('rows without keys are not taken for no rows', async () => {
    const error = await failure('{}\n{}\n');
    expect(error.code).toBe('InputMalformed');
    expect(error.message).toContain('only rows without keys');
    expect(error.details.remedy).toContain('--schema FILE');
  });

  test('are stated', async () => {
    const { dataset } = await understood('{"a":1}\n{"a":null}\n');
    expect(dataset.notes).toEqual(['types inferred from the first 2 rows: a Int64']);
    expect(dataset.rows).toBeUndefined();
  });
});

describe('rows', () => {
  test('in any order of keys, with any spacing, CRLF, blank lines, a byte order mark and no last line end', async () => {
    const text =
      '\ufeff{"a":1,"v":[0.5,1]}\r\n\r\n  { "v" : [ 2 , 3.5 ] , "a" : -2 }  \n\t\n{"a":3,"v":[4,5]}';
    expect((await understood(text)).rows).toEqual([[1n, [0.5, 1]], [-2n, [2, 3.5]], [3n, [4, 5]]]);
  });

  test('with every escape', async () => {
    const { rows } = await understood(
      '{"\\u0061":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u65e5\\ud83d\\udc4d\\u0000"}\n',
    );
    expect(rows).toEqual([['"\\/\b\f\n\r\té日👍\0']]);
  });

  test('whose keys JSON must escape go to the fields of those names', async () => {
    const { fields, rows } = await understood(
      '{"a\\\\b":1,"a\\b":2,"a\\"c":3}\n{"a\\b":20,"a\\\\b":10}\n{"a\\u0062":5,"a\\"c":30}\n',
    );
    expect(fields).toEqual(['a\\b Int64', 'a\b Int64', 'a"c Int64', 'ab Int64']);
    expect(rows).toEqual([[1n, 2n, 3n, null], [10n, 20n, null, null], [null, null, 30n, 5n]]);
  });

  test('JSON keeps its digits, spaces and escapes', async () => {
    const json = '{ "n" : [1.50, 1e5 , 9007199254740993], "s":"\\u00e9\\ud800" }';
    expect((await understood(`{"j":${json} }\n`)).rows).toEqual([[json]]);
  });

  test('times with any offset', async () => {
    const schema = schemaOf({ t: { kind: 'Timestamptz' } });
    const times: [string, bigint][] = [
      ['1970-01-01T00:00:00Z', 0n],
      ['1970-01-01T02:00:00.000001+02:00', 1n],
      ['1969-12-31T23:59:59.999999z', -1n],
      ['0001-01-01T00:00:00Z', -62135596800000000n],
      ['9999-12-31 23:59:59.9999990Z', 253402300799999999n],
      ['2024-02-29T12:00:00-23:59', 1709294340000000n],
    ];
    const { rows } = await understood(times.map(([t]) => `{"t":"${t}"}\n`).join(''), { schema });
    expect(rows).toEqual(times.map(([, micros]) => [micros]));
    for (
      const bad of [
        '2023-02-29T00:00:00Z',
        '2024-01-01',
        '2024-01-01T00:00:00',
        '2024-01-01T00:00:00.0000001Z',
        '',
      ]
    ) {
      expect((await failure(`{"t":"${bad}"}\n`, { schema })).code).toBe('RowInvalid');
    }
  });

  test('sparse vectors in both forms, sorted', async () => {
    const schema = schemaOf({ s: { kind: 'SparseFloatVector' } });
    const { rows } = await understood(
      '{"s":{"9":1.5,"4294967295":2,"1":0.5}}\n{"s":{"values":[1],"indices":[7]}}\n{"s":{}}\n',
      {
        schema,
      },
    );
    const pairs = (bytes: unknown) => {
      const words = Uint8Array.from(bytes as number[]).buffer;
      return [...new Uint32Array(words)].map((word, i) => i % 2 === 0 ? word : new Float32Array(words)[i]);
    };
    expect(rows.map(([value]) => pairs(value))).toEqual([[1, 0.5, 9, 1.5, 4294967295, 2], [7, 1], []]);
    for (
      const bad of [
        '{"1":1,"1":2}',
        '{"x":1}',
        '{"-1":1}',
        '{"4294967296":1}',
        '{"indices":[1,2],"values":[1]}',
        '[1]',
      ]
    ) {
      expect(['RowInvalid', 'InputMalformed']).toContain((await failure(`{"s":${bad}}\n`, { schema })).code);
    }
  });

  test('keys that no field has go into the dynamic field', async () => {
    const schema: Schema = {
      fields: [field('id', { kind: 'Int64' }), field('$meta', { kind: 'JSON' }, { dynamic: true })],
    };
    const text =
      '{"id":1,"x":[1, 2.50],"y":"z"}\n{"id":2,"$meta":{"a":1}}\n{"$meta":{ "a":1 },"b":null,"id":3}\n{"id":4}\n';
    expect((await understood(text, { schema })).rows).toEqual([
      [1n, '{"x":[1, 2.50],"y":"z"}'],
      [2n, '{"a":1}'],
      [3n, '{ "a":1 ,"b":null}'],
      [4n, '{}'],
    ]);
    expect((await understood(text, { schema }, { columns: ['id'] })).rows).toEqual([[1n], [2n], [3n], [4n]]);
    expect((await failure('{"id":1,"a":1,"$meta":{"a":2}}\n', { schema })).message).toContain(
      '"a" occurs twice',
    );
    expect((await failure('{"id":1,"$meta":[1]}\n', { schema })).message).toContain('an array');
  });

  test('null and the JSON value null are two things', async () => {
    const schema: Schema = { fields: [field('j', { kind: 'JSON' }, { nullable: true })] };
    const table = makeBatch(schema, [columnFromValues({ kind: 'JSON' }, [null, 'null', ' null', '"null"'])]);
    const { table: back } = await readTable(jsonl, await writeTable(jsonl, table), { ...READ, schema });
    expect(Array.from({ length: 4 }, (_, row) => valueAt(back.columns[0], row))).toEqual([
      null,
      'null',
      'null',
      '"null"',
    ]);
    expect((await understood('{"j":null}\n{"j": null}\n{"j":null,"k":1}\n{"k":2}\n', {
      schema: { fields: [...schema.fields, field('k', { kind: 'Int64' }, { nullable: true })] },
    })).rows.map(([j]) => j)).toEqual([null, null, null, null]);
  });

  test('columns nobody asked for are passed over', async () => {
    const text =
      '{"a":1,"b":[NaN,-Infinity],"c":{"d":["x\\"]",{}]},"e":null}\n{"e":1,"c":{},"b":["NaN",2.5],"a":2}\n';
    expect((await understood(text, {}, { columns: ['a'] })).rows).toEqual([[1n], [2n]]);
    expect((await failure('{"j":{"a":NaN}}\n')).code).toBe('InputMalformed');
  });

  test('JSON with line breaks stays on its line', async () => {
    const schema = schemaOf({ j: { kind: 'JSON' } });
    const table = makeBatch(schema, [columnFromValues({ kind: 'JSON' }, ['{\r\n  "a": 1\n}'])]);
    const bytes = await writeTable(jsonl, table);
    expect(new TextDecoder().decode(bytes)).toBe('{"j":{    "a": 1 }}\n');
  });
});

describe('errors say where and what', () => {
  const good = '{"id":1,"v":[0.5,1.5],"s":"x"}\n';
  const schema: Schema = {
    fields: [
      field('id', { kind: 'Int64' }),
      field('v', { kind: 'FloatVector', dim: 2 }),
      field('s', { kind: 'VarChar', maxLength: 3 }, { nullable: true }),
    ],
  };
  const cases: [name: string, line: string, code: string, message: string, byte: number, field?: string][] = [
    ['a fraction in an integer', '{"id":1.5,"v":[1,2]}', 'RowInvalid', '1.5 is not a whole number', 6, 'id'],
    ['an exponent in an integer', '{"id":1e3,"v":[1,2]}', 'RowInvalid', '1e3 is not a whole number', 6, 'id'],
    [
      'an integer out of range',
      '{"id":9223372036854775808,"v":[1,2]}',
      'RowInvalid',
      'out of range',
      6,
      'id',
    ],
    ['a string for a number', '{"id":"1","v":[1,2]}', 'RowInvalid', 'The value is a string', 6, 'id'],
    ['too few elements', '{"id":1,"v":[1]}', 'RowInvalid', 'The vector has 1 element', 14, 'v'],
    ['too many elements', '{"id":1,"v":[1,2,3]}', 'RowInvalid', 'more than 2 elements', 16, 'v'],
    ['no elements', '{"id":1,"v":[]}', 'RowInvalid', 'The vector has 0 elements', 13, 'v'],
    ['a null element', '{"id":1,"v":[1,null]}', 'RowInvalid', 'The value is null', 15, 'v'],
    ['a null where none may be', '{"id":null,"v":[1,2]}', 'RowInvalid', 'The value is null', 6, 'id'],
    ['a missing key', '{"v":[1,2]}', 'RowInvalid', 'The value is missing', 0, 'id'],
    ['an unknown key', '{"id":1,"v":[1,2],"w":3}', 'RowInvalid', 'The key "w" is not a field', 18],
    ['a key twice', '{"id":1,"v":[1,2],"id":2}', 'InputMalformed', 'The key "id" occurs twice', 18, 'id'],
    [
      'a float past float32',
      '{"id":1,"v":[1,1e39]}',
      'RowInvalid',
      '1e39 is past the largest float32',
      15,
      'v',
    ],
    ['a text too long', '{"id":1,"v":[1,2],"s":"éé"}', 'RowInvalid', 'The text has 4 bytes', 22, 's'],
    ['text behind the row', '{"id":1,"v":[1,2]} x', 'InputMalformed', 'found "x"', 19],
    ['two rows on a line', '{"id":1,"v":[1,2]}{}', 'InputMalformed', 'found "{"', 18],
    ['an array for a row', '[1]', 'RowInvalid', 'The value is an array', 0],
    ['a comma too many', '{"id":1,}', 'InputMalformed', 'found "}"', 8],
    ['no colon', '{"id" 1}', 'InputMalformed', 'found "1"', 6, 'id'],
    ['a line end in a text', '{"s":"x', 'InputMalformed', 'found the end of the line', 7, 's'],
    ['a lone surrogate', '{"s":"\\udc00"}', 'InputMalformed', '\\udc00 is half a character', 6, 's'],
    ['an escape that is none', '{"s":"\\x"}', 'InputMalformed', 'found "x"', 7, 's'],
    ['a control character', '{"s":"\t"}', 'InputMalformed', 'found byte 0x09', 6, 's'],
    ['a word that is none', '{"s":nil}', 'InputMalformed', 'found "n"', 5, 's'],
  ];
  for (const [name, line, code, message, byte, at] of cases) {
    test(name, async () => {
      const error = await failure(`${good}\n${good}${line}\n${good}`, { schema });
      expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)] as never);
      const { file, line: lineNumber, row, byte: byteAt, field: name } = error.details;
      expect({ file, lineNumber, row, byte: byteAt! - good.length * 2 - 1, name }).toEqual({
        file: 'memory',
        lineNumber: 4,
        row: 2,
        byte,
        name: at,
      });
    });
  }

  test('a later row that does not fit what the first rows said', async () => {
    const rows = Array.from({ length: 1500 }, (_, i) => `{"id":${i},"v":[0.5,${i}]}\n`);
    rows[1400] = '{"id":1400,"v":[0.5,1,2]}\n';
    const error = await failure(rows.join(''));
    expect(error.details).toMatchObject({ line: 1401, row: 1400, field: 'v' });
    expect(error.details.remedy).toContain('--schema');
  });

  test('a remedy fits what the user gave', async () => {
    const given = await failure('{"id":"x","v":[1,2]}\n', { schema });
    expect(given.details.remedy).toBe('correct the row, or the schema');
    const unknown = await failure('{"id":1,"v":[1,2],"w":3}\n', { schema });
    expect(unknown.details.remedy).toBe(
      'correct the row, or the schema: a dynamic field in it takes any further keys',
    );
    const later = `${'{"id":1}\n'.repeat(1000)}{"id":1,"w":3}\n`;
    expect((await failure(later)).details.remedy).toStartWith(
      'give the types of all fields with --schema FILE',
    );
  });

  test('text that is not UTF-8', async () => {
    for (
      const [bytes, at] of [[[0xff], 0], [[0x61, 0xc3], 1], [[0xc3, 0xa9, 0xed, 0xa0, 0x80], 2], [[
        0xc0,
        0xaf,
      ], 0]] as const
    ) {
      const text = Uint8Array.of(...utf8('{"s":"'), ...bytes, ...utf8('"}\n'));
      const error = await failure(text);
      expect([error.code, error.details.byte]).toEqual(['InputMalformed', 6 + at]);
    }
  });

  test('a file that ends within a row', async () => {
    for (const cut of ['{"id":1,"v":[1', '{"id":1', '{"id":1,"v":[1,2]', '{"s":"x', '{']) {
      expect((await failure(good + cut, { schema })).code).toBe('InputTruncated');
    }
  });

  test('nothing to infer from', async () => {
    for (const text of ['', '\n\n', '\ufeff']) {
      const error = await failure(text);
      expect([error.code, error.message]).toEqual([
        'InputMalformed',
        'There are no rows that could tell the types',
      ]);
      expect((await understood(text, { schema })).rows).toEqual([]);
    }
  });

  test('values nested without end', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect((await failure(`{"j":${deep}}\n`)).message).toContain('nested more than 512 levels');
    expect((await understood(`{"j":${'['.repeat(512)}${']'.repeat(512)}}\n`)).fields).toEqual(['j JSON']);
  });

  test('a schema whose rows are absurdly large', async () => {
    const error = await failure(good, { schema: schemaOf({ v: { kind: 'FloatVector', dim: 2 ** 30 } }) });
    expect(error.code).toBe('MemoryLimit');
  });

  test('arrays longer than their capacity', async () => {
    const capacity = schemaOf({ a: { kind: 'Array', element: { kind: 'Int8' }, maxCapacity: 2 } });
    expect((await understood('{"a":[1,2]}\n', { schema: capacity })).rows).toEqual([[[1, 2]]]);
    expect((await failure('{"a":[1,2,3]}\n', { schema: capacity })).message).toContain('3 elements');
    expect((await failure('{"a":[128]}\n', { schema: capacity })).message).toContain('out of range');
    expect((await failure('{"a":[null]}\n', { schema: capacity })).message).toContain('null');
  });

  test('structs name the field within them', async () => {
    const structs = schemaOf({ st: { kind: 'StructArray', fields: [field('n', { kind: 'Int8' })] } });
    expect((await failure('{"st":[{"n":1},{"n":"x"}]}\n', { schema: structs })).details.field).toBe('st.n');
    expect((await failure('{"st":[{}]}\n', { schema: structs })).message).toContain('missing');
  });
});

/** A source that can be read once, in chunks of `size` bytes. */
function streamSource(bytes: Uint8Array, size: number): ByteSource {
  return {
    ...memorySource(bytes, 'stdin'),
    size: undefined,
    async *stream() {
      for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
    },
  };
}

describe('streams', () => {
  const text = Array.from({ length: 3000 }, (_, i) => `{"id":${i},"v":[${i}.5,${i}.25],"s":"né${i}"}\n`).join(
    '',
  );
  const half = text.indexOf('\n', text.length / 2) + 1;
  const files: [string, Uint8Array][] = [
    ['plain', utf8(text)],
    ['gzip', gzipSync(text)],
    ['gzip of two members', Buffer.concat([gzipSync(text.slice(0, half)), gzipSync(text.slice(half))])],
    [
      'gzip cut between members within a line',
      Buffer.concat([gzipSync(text.slice(0, 5)), gzipSync(text.slice(5))]),
    ],
    ['zstd', zstdCompressSync(text)],
    [
      'zstd of two frames',
      Buffer.concat([zstdCompressSync(text.slice(0, half)), zstdCompressSync(text.slice(half))]),
    ],
  ];
  for (const [name, bytes] of files) {
    test(`${name}: read once from a pipe, in chunks of any size`, async () => {
      for (const size of [1, 7, 4096, 1 << 20]) {
        if (size === 1 && bytes.length > 50_000) continue;
        const reader = await jsonl.reader!.open(streamSource(bytes, size), READ);
        const { table } = await readAll(reader, { batchBytes: 5000 });
        expect(table.length).toBe(3000);
        expect(valueAt(table.columns[2], 2999)).toBe('né2999');
        await expect(readAll(reader)).rejects.toThrow('can be read only once');
        await reader.close();
      }
    });

    test(`${name}: goes on after any cursor`, async () => {
      const reader = await openBytes(jsonl, bytes);
      const parts = [];
      for await (const part of reader.read({ batchBytes: 20_000 })) parts.push(part);
      expect(parts.length).toBeGreaterThan(3);
      const { table: whole } = await readAll(reader);
      expect(concatBatches(parts.map(({ batch }) => batch)).length).toBe(whole.length);
      const { table } = await readAll(reader, { after: JSON.parse(JSON.stringify(parts[2].cursor)) });
      const rows = parts.slice(0, 3).reduce((sum, { batch }) => sum + batch.length, 0);
      expect(table.length).toBe(3000 - rows);
      expect(valueAt(table.columns[0], 0)).toBe(BigInt(rows));
      await reader.close();
    });

    if (name === 'plain') continue;
    test(`${name}: every loss and flip in it is an input error`, async () => {
      const outcomes = new Set<string>();
      for (let cut = 8; cut < bytes.length; cut += Math.ceil(bytes.length / 40)) {
        expect((await failure(bytes.slice(0, cut))).code).toBe('InputTruncated');
        const flipped = Uint8Array.from(bytes);
        flipped[cut] ^= 0x10;
        try {
          await understood(flipped);
        } catch (error) {
          outcomes.add((error as VtsError).code);
        }
      }
      for (const code of outcomes) expect(['InputTruncated', 'InputMalformed', 'RowInvalid']).toContain(code);
    });
  }

  test('stops reading when the consumer does', async () => {
    for (const [, bytes] of files) {
      const reader = await openBytes(jsonl, bytes);
      for await (const { batch } of reader.read({ batchBytes: 1000 })) {
        expect(batch.length).toBeGreaterThan(0);
        break;
      }
      await reader.close();
    }
  });

  test('an aborted signal ends it', async () => {
    const reader = await openBytes(jsonl, utf8(text));
    const stop = new AbortController();
    const reading = (async () => {
      for await (const _ of reader.read({ batchBytes: 1000, signal: stop.signal })) stop.abort();
    })();
    await expect(reading).rejects.toThrow();
    await reader.close();
  });

  test('rows are counted without being read', async () => {
    for (const [, bytes] of files) expect(await jsonl.reader!.countRows!(memorySource(bytes))).toBe(3000);
    for (
      const [lines, rows] of [['', 0], ['\n \r\n\t\n', 0], ['{}\n\n  {}', 2], [
        `\n{"a":"${' '.repeat(70_000)}"}`,
        1,
      ]] as const
    ) {
      expect(await jsonl.reader!.countRows!(memorySource(utf8(lines)))).toBe(rows);
    }
    expect(await jsonl.reader!.countRows!(streamSource(utf8('{}\n \n{}\n'), 1))).toBe(2);
  });

  test('a line longer than any chunk', async () => {
    const long = `{"s":"${'x'.repeat(3_000_000)}"}\n{"s":"y"}\n`;
    const { rows } = await understood(long);
    expect(rows.map(([s]) => (s as string).length)).toEqual([3_000_000, 1]);
  });

  test('inspect tells what the sample shows', async () => {
    const reader = await openBytes(jsonl, utf8('{"a":1}\r\n{"a":2}\r\n'));
    expect(await reader.inspect()).toEqual({
      compression: 'none',
      size: 18,
      sampledLines: 2,
      lineEndings: 'CRLF',
      bytesPerLine: 9,
      estimatedRows: 2,
    });
    await reader.close();
  });
});

describe('the format is known by', () => {
  test('its first bytes', () => {
    expect(info.matches(utf8('{"a":1}'))).toBe(true);
    expect(info.matches(utf8('\ufeff \r\n{'))).toBe(true);
    expect(info.matches(gzipSync('x'))).toBe(true);
    expect(info.matches(zstdCompressSync('x'))).toBe(true);
    for (const other of ['PAR1', '[1]', '', 'a,b\n']) expect(info.matches(utf8(other))).toBe(false);
  });
});

describe('writing', () => {
  const schema = schemaOf({ id: { kind: 'Int64' }, text: { kind: 'VarChar' } });
  const table = makeBatch(schema, [
    columnFromValues({ kind: 'Int64' }, [1n, 2n]),
    columnFromValues({ kind: 'VarChar' }, ['a"\\\n\u0001', '日本']),
  ]);

  test('one object a line', async () => {
    const text = new TextDecoder().decode(await writeTable(jsonl, table));
    expect(text).toBe('{"id":1,"text":"a\\"\\\\\\n\\u0001"}\n{"id":2,"text":"日本"}\n');
    expect(text.trim().split('\n').map((line) => JSON.parse(line).text)).toEqual(['a"\\\n\u0001', '日本']);
  });

  test('compressed as asked for', async () => {
    const choices = Object.keys(jsonl.writer!.choices!.compression!);
    expect(choices).toEqual(['none', 'gzip', 'zstd']);
    for (const compression of choices) {
      const options = { ...READ, compression };
      const bytes = await writeTable(jsonl, table, { options });
      const { dataset, table: back } = await readTable(jsonl, bytes);
      expect(back.length).toBe(2);
      expect(dataset.schema.fields.length).toBe(2);
    }
  });

  test('a name that says another compression than the flag is refused', async () => {
    const open = (name: string, compression?: string) =>
      jsonl.writer!.open(memorySink(name), datasetOf(table), {
        ...WRITE,
        ...(compression === undefined ? {} : { compression }),
      });
    for (
      const [name, compression, named] of [
        ['o.jsonl.gz', 'zstd', 'gzip'],
        ['o.jsonl.zst', 'gzip', 'zstd'],
        ['o.jsonl.GZ', 'none', 'gzip'],
      ]
    ) {
      const error = await open(name, compression).catch((error) => error);
      expect([error.code, error.message]).toEqual([
        'Usage',
        `--compression ${compression}: the name ${name} says ${named}`,
      ]);
    }
    for (
      const [name, compression] of [['o.jsonl.gz', 'gzip'], ['o.jsonl.zst', undefined], ['o.jsonl', 'zstd']]
    ) {
      await (await open(name!, compression)).abort();
    }
  });

  test('refuses what JSON cannot say', async () => {
    const bad = (type: LogicalType, value: string | bigint) => {
      const one = schemaOf({ x: type });
      return writeTable(jsonl, makeBatch(one, [columnFromValues(type, [value])]));
    };
    for (const json of ['', '{', '{"a":1}}', '1 2', "{'a':1}", '{"a":"\n"}', 'nul']) {
      await expect(bad({ kind: 'JSON' }, json)).rejects.toThrow('not valid JSON');
    }
    await expect(bad({ kind: 'Timestamptz' }, 2n ** 62n)).rejects.toThrow('years 1 to 9999');
  });
});
