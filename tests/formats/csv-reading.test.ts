/** What CSV is understood as, what is said about what is not, and what other tools make of ours. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { makeBatch } from '../../src/core/batch.ts';
import { field, type Schema } from '../../src/core/schema.ts';
import { formatType, type LogicalType } from '../../src/core/types.ts';
import { columnFromValues, valueAt } from '../../src/core/values.ts';
import { VtsError } from '../../src/errors.ts';
import { csv } from '../../src/formats/csv/format.ts';
import type { ReadOptions, ReadRequest, WriteOptions } from '../../src/formats/format.ts';
import { memorySource } from '../../src/stores/memory.ts';
import { runPython } from '../support/python.ts';
import { openBytes, READ, readAll, readTable, WRITE, writeTable } from '../support/format-io.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);

async function understood(
  text: string | Uint8Array,
  options: Partial<ReadOptions> = {},
  request: Partial<ReadRequest> = {},
) {
  const bytes = typeof text === 'string' ? utf8(text) : text;
  const { table, dataset } = await readTable(csv, bytes, { ...READ, ...options }, request);
  const fields = dataset.schema.fields.map((f) => `${f.name} ${formatType(f.type)}`);
  const rows = Array.from({ length: table.length }, (_, row) =>
    table.columns.map((column) => {
      const value = valueAt(column, row);
      return ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value;
    }));
  return { fields, rows, dataset };
}

const fieldsOf = async (text: string, options: Partial<ReadOptions> = {}) =>
  (await understood(text, options)).fields;
const rowsOf = async (text: string, options: Partial<ReadOptions> = {}) =>
  (await understood(text, options)).rows;

async function failure(text: string | Uint8Array, options: Partial<ReadOptions> = {}): Promise<VtsError> {
  try {
    await understood(text, options);
  } catch (error) {
    if (error instanceof VtsError) return error;
    throw error;
  }
  throw new TypeError('nothing was wrong');
}

const schemaOf = (types: Record<string, LogicalType>, nullable = false): Schema => ({
  fields: Object.entries(types).map(([name, type]) => field(name, type, { nullable })),
});

describe('cells', () => {
  test('quotes hold delimiters, quotes and line ends', async () => {
    expect(await rowsOf('a,b\r\n"x, ""y""","1\r\n2"\r\nz,"\n"\r\n')).toEqual([
      ['x, "y"', '1\r\n2'],
      ['z', '\n'],
    ]);
  });

  test('a quote within a bare cell is a character', async () => {
    expect(await rowsOf('a,b\n5" disk,it\'s "so"\n')).toEqual([['5" disk', 'it\'s "so"']]);
  });

  test('nothing is null, quotes around nothing are the empty text', async () => {
    expect(await rowsOf('id,a\n1,\n2,""\n3,x\n')).toEqual([[1n, null], [2n, ''], [3n, 'x']]);
  });

  test('of a text that cannot be null nothing is the empty text', async () => {
    const schema = schemaOf({ id: { kind: 'Int64' }, a: { kind: 'VarChar' } });
    expect(await rowsOf('id,a\n1,\n', { schema })).toEqual([[1n, '']]);
  });

  test('lines with nothing on them are no rows, but in a file of one column they are nulls', async () => {
    expect(await rowsOf('a,b\n\n1,2\n\n')).toEqual([[1n, 2n]]);
    expect(await rowsOf('a\n1\n\n2\n')).toEqual([[1n], [null], [2n]]);
  });

  test('a byte order mark, gzip, zstd, a last line without an end, and a header only', async () => {
    const text = '\uFEFFa,b\n1,x\n2,y';
    const rows = [[1n, 'x'], [2n, 'y']];
    expect(await rowsOf(text)).toEqual(rows);
    expect((await understood(gzipSync(text))).rows).toEqual(rows);
    expect((await understood(zstdCompressSync(text))).rows).toEqual(rows);
    expect(await rowsOf('a,b\n', { schema: schemaOf({ a: { kind: 'Int64' }, b: { kind: 'Bool' } }) }))
      .toEqual([]);
  });

  test('semicolons, tabs and bars are found in the first line', async () => {
    for (const mark of [';', '\t', '|', ',']) {
      expect(await rowsOf(`a${mark}"b,c;d"${mark}v\n1${mark}x${mark}"[0.5,1]"\n`)).toEqual([[1n, 'x', [
        0.5,
        1,
      ]]]);
    }
  });

  test('a quote within a bare cell of the first line opens nothing', async () => {
    expect(await rowsOf('id;len 5"\n1;2\n')).toEqual([[1n, 2n]]);
    expect(await rowsOf('id;a"";"b;""c"\n1;2;3\n')).toEqual([[1n, 2n, 3n]]);
  });

  test('any texts come back, however they are cut into chunks', async () => {
    const cell = fc.option(
      fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ';', ' ', 'é', '1', '[') }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell), { maxLength: 12 }),
        fc.integer({ min: 1, max: 20 }),
        async (rows, chunk) => {
          const schema = schemaOf({ 'a,"': { kind: 'VarChar' }, b: { kind: 'VarChar' } }, true);
          const columns = schema.fields.map((f, i) => columnFromValues(f.type, rows.map((row) => row[i])));
          const bytes = await writeTable(csv, makeBatch(schema, columns));
          const whole = memorySource(bytes);
          const source = {
            ...whole,
            async *stream(start = 0) {
              for (let at = start; at < bytes.length; at += chunk) yield bytes.slice(at, at + chunk);
            },
          };
          const reader = await csv.reader!.open(source, { ...READ, schema });
          const { table } = await readAll(reader, { batchBytes: 64 });
          await reader.close();
          const found = rows.map((_, row) => table.columns.map((column) => valueAt(column, row)));
          expect(found).toEqual(rows.map((row) => [...row]));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('types without a schema', () => {
  test('scalars', async () => {
    expect(await fieldsOf('a,b,c,d,e,f,g\n1,1.5,x,true,,1e3,9223372036854775808\n-2,2,1,FALSE,,2,1\n'))
      .toEqual([
        'a Int64',
        'b Double',
        'c VarChar',
        'd Bool',
        'e VarChar',
        'f Double',
        'g VarChar',
      ]);
  });

  test('int64 and floats are exact', async () => {
    const text =
      'i,d\n9223372036854775807,0.1\n-9223372036854775808,1.7976931348623157e308\n9007199254740993,5e-324\n';
    expect(await rowsOf(text)).toEqual([
      [9223372036854775807n, 0.1],
      [-9223372036854775808n, 1.7976931348623157e308],
      [9007199254740993n, 5e-324],
    ]);
  });

  test('numbers with leading zeros stay text, digits and all', async () => {
    expect(await understood('zip\n01234\n00001\n')).toMatchObject({
      fields: ['zip VarChar'],
      rows: [['01234'], ['00001']],
    });
  });

  test('NaN and infinities of all writers', async () => {
    const { fields, rows } = await understood('a\n1.5\nnan\nNaN\ninf\n-inf\nInfinity\n-Infinity\n');
    expect(fields).toEqual(['a Double']);
    expect(rows.flat()).toEqual([1.5, NaN, NaN, Infinity, -Infinity, Infinity, -Infinity]);
  });

  test('vectors, arrays, sparse vectors, objects', async () => {
    const text = 'v,w,s,sparse,o\n' +
      '"[0.5, 1]","[1,2]","[""a"",""b""]","{""3"":0.5}","{""k"":[1]}"\n' +
      '"[1,2]","[3]","[]","{}","{""k"": ""x""}"\n';
    expect(await understood(text)).toMatchObject({
      fields: [
        'v FloatVector(2)',
        'w Array<Int64>',
        's Array<VarChar>',
        'sparse SparseFloatVector',
        'o JSON',
      ],
      rows: [[[0.5, 1], [1n, 2n], ['a', 'b'], expect.anything(), '{"k":[1]}'], [
        [1, 2],
        [3n],
        [],
        expect.anything(),
        '{"k": "x"}',
      ]],
    });
  });

  test('quotes make text of numbers, unless all cells have them', async () => {
    expect(await fieldsOf('a,b\n1,"2"\n')).toEqual(['a Int64', 'b VarChar']);
    expect(await fieldsOf('"a","b","c"\n"1","true",""\n"2","false","x"\n')).toEqual([
      'a Int64',
      'b Bool',
      'c VarChar',
    ]);
    expect(await rowsOf('"a","b"\n"1",""\n"2","3"\n')).toEqual([[1n, null], [2n, 3n]]);
  });

  test('what looks like JSON and is none is text', async () => {
    expect(await fieldsOf('a,b\n[draft],{x}\n[final],y\n')).toEqual(['a VarChar', 'b VarChar']);
  });

  test('JSON over several lines', async () => {
    expect(await rowsOf('id,j\n1,"{""a"":\n 1}"\n')).toEqual([[1n, '{"a":  1}']]);
    expect(
      (await failure('id,j\n1,"{""a"": ""x\ny""}"\n', {
        schema: schemaOf({ id: { kind: 'Int64' }, j: { kind: 'JSON' } }),
      })).message,
    )
      .toContain('not valid JSON');
  });

  test('columns without a name get one, and a note says so', async () => {
    const { fields, dataset } = await understood(',a\n0,x\n');
    expect(fields).toEqual(['column_1 Int64', 'a VarChar']);
    expect(dataset.notes[0]).toContain('column 1 has no name');
  });
});

describe('a schema', () => {
  const schema = schemaOf({ id: { kind: 'Int64' }, v: { kind: 'FloatVector', dim: 2 } });

  test('goes by name, in any order', async () => {
    expect(await rowsOf('v,id\n"[1,2]",7\n', { schema })).toEqual([[7n, [1, 2]]]);
  });

  test('stands for a header that is not there', async () => {
    const { rows, dataset } = await understood('7,"[1,2]"\n8,"[3,4]"\n', { schema });
    expect(rows).toEqual([[7n, [1, 2]], [8n, [3, 4]]]);
    expect(dataset.notes).toEqual([expect.stringContaining('no header')]);
  });

  test('tells what separates the cells where texts hold more of something else', async () => {
    const two = schemaOf({ id: { kind: 'Int64' }, t: { kind: 'VarChar' } });
    expect(await rowsOf('1,a;b;c\n2,d\n', { schema: two })).toEqual([[1n, 'a;b;c'], [2n, 'd']]);
    expect(await rowsOf('a|b\nc\n', { schema: schemaOf({ t: { kind: 'VarChar' } }) })).toEqual([['a|b'], [
      'c',
    ]]);
    expect((await failure('1,2,3\n', { schema: two })).message).toContain('3 cells');
  });

  test('every scalar type, with the words that other writers have', async () => {
    const all = schemaOf({
      a: { kind: 'Bool' },
      b: { kind: 'Int8' },
      c: { kind: 'Float' },
      d: { kind: 'Timestamptz' },
      e: { kind: 'Bool' },
    });
    expect(await rowsOf('a,b,c,d,e\nTrue,-128,inf,2024-05-01T12:00:00Z,0\n', { schema: all })).toEqual([
      [true, -128, Infinity, 1714564800000000n, false],
    ]);
  });
});

describe('errors', () => {
  const three = schemaOf({
    id: { kind: 'Int64' },
    v: { kind: 'FloatVector', dim: 2 },
    s: { kind: 'VarChar', maxLength: 3 },
  });
  const cases: readonly [name: string, text: string, code: string, message: string, place: object][] = [
    ['a missing cell', 'id,v,s\n1,"[1,2]"\n', 'InputMalformed', 'The row has 2 cells, the first line 3', {
      line: 2,
    }],
    [
      'a cell too many',
      'id,v,s\n1,"[1,2]",a,b\n',
      'InputMalformed',
      'The row has 4 cells, the first line 3',
      { line: 2 },
    ],
    ['no number', 'id,v,s\n"a\nb","[1,2]",a\n', 'RowInvalid', '"a\\nb" is no Int64', {
      line: 2,
      field: 'id',
      byte: 8,
    }],
    ['a number behind two lines', 'id,v,s\n1,"[1,\n2]",a\nx,"[1,2]",b\n', 'RowInvalid', '"x" is no Int64', {
      line: 4,
      row: 1,
      field: 'id',
    }],
    ['an empty cell', 'id,v,s\n,"[1,2]",a\n', 'RowInvalid', 'The cell is empty', { line: 2, field: 'id' }],
    ['a short vector', 'id,v,s\n1,[1],a\n', 'RowInvalid', 'The vector has 1 element', {
      line: 2,
      field: 'v',
    }],
    [
      'a vector without quotes',
      'id,v,s\n1,[1,2],a\n',
      'InputMalformed',
      'The row has 4 cells, the first line 3',
      { line: 2 },
    ],
    ['numpy text', 'id,v,s\n1,[0.5 1.5],a\n', 'InputMalformed', 'The cell is not valid JSON: found "1"', {
      line: 2,
      field: 'v',
      byte: 14,
    }],
    [
      'a value and more',
      'id,v,s\n1,"[1,2] x",a\n',
      'InputMalformed',
      'The cell is not valid JSON: found "x"',
      { line: 2, field: 'v' },
    ],
    ['long text', 'id,v,s\n1,"[1,2]",abcd\n', 'RowInvalid', 'The text has 4 bytes', { line: 2, field: 's' }],
    [
      'out of range',
      'id,v,s\n9223372036854775808,"[1,2]",a\n',
      'RowInvalid',
      '9223372036854775808 is out of range',
      { line: 2, field: 'id' },
    ],
    [
      'a quote left open',
      'id,v,s\n1,"[1,2],a\n2,b,c\n',
      'InputTruncated',
      'The file ends within a cell in quotes',
      { line: 2 },
    ],
    [
      'text behind a quote',
      'id,v,s\n1,"[1,2]"x,a\n',
      'InputMalformed',
      'After the quote that ends a cell comes "x"',
      { line: 2, byte: 16 },
    ],
    [
      'a space before a quote',
      'id,v,s\n1, "[1,2]",a\n',
      'InputMalformed',
      'There is a space before the quote',
      { line: 2, byte: 9 },
    ],
    ['an unknown column', 'id,v,t\n', 'RowInvalid', 'The column "t" is not in the schema', { line: 1 }],
    ['a missing column', 'id,v\n', 'RowInvalid', 'There is no column "s"', { line: 1 }],
    ['half a row at the end', 'id,v,s\n1,"[1,2]",a\n2,"[3', 'InputTruncated', 'The file ends within', {
      line: 3,
    }],
    [
      'a row cut between cells',
      'id,v,s\n1,"[1,2]",a\n2',
      'InputTruncated',
      'The last line ends in the middle',
      { line: 3 },
    ],
  ];
  for (const [name, text, code, message, place] of cases) {
    test(name, async () => {
      const error = await failure(text, { schema: three });
      expect({ code: error.code, message: error.message }).toEqual({
        code: code as never,
        message: expect.stringContaining(message),
      });
      expect(error.details).toMatchObject({ file: 'memory', ...place });
      expect(error.details.remedy).toBeString();
    });
  }

  test('of the first line', async () => {
    expect((await failure('')).message).toBe('The file is empty');
    expect((await failure('a,a\n1,2\n')).message).toBe('Two columns are called "a"');
    expect((await failure('1,"[0.5,1]"\n')).message).toContain('holds values, not the names');
    expect((await failure(Uint8Array.of(0xff, 0xfe, 0x61, 0))).message).toBe('The file is in UTF-16');
    expect((await failure(Uint8Array.of(0x61, 0x0a, 0xff, 0x0a))).message).toBe(
      'The text is not valid UTF-8',
    );
    expect((await failure('a,b\n')).message).toBe('There are no rows that could tell the types');
  });

  test('bytes are told of the file, doubled quotes included', async () => {
    const schema = schemaOf({ j: { kind: 'JSON' } });
    const text = 'j\n"{""a"": ""b"", !}"\n';
    const { details } = await failure(text, { schema });
    expect(text[details.byte!]).toBe('!');
  });

  test('a later row that breaks a guessed type names the schema as the way out', async () => {
    const rows = Array.from({ length: 1500 }, (_, i) => `${i}`).join('\n');
    const error = await failure(`a\n${rows}\nx\n`);
    expect(error.message).toBe('"x" is no Int64');
    expect(error.details).toMatchObject({
      line: 1502,
      row: 1500,
      remedy: expect.stringContaining('--schema'),
    });
  });
});

describe('writing', () => {
  const write = async (
    types: Record<string, LogicalType>,
    rows: unknown[][],
    options: Partial<WriteOptions> = {},
  ) => {
    const schema = schemaOf(types, true);
    const columns = schema.fields.map((f, i) => columnFromValues(f.type, rows.map((row) => row[i] as never)));
    return new TextDecoder().decode(
      await writeTable(csv, makeBatch(schema, columns), { options: { ...WRITE, ...options } }),
    );
  };

  test('as few quotes as keep the meaning', async () => {
    const rows = [[1n, 'plain words'], [2n, ''], [null, null], [3n, '12'], [4n, 'true'], [5n, 'a "b"'], [
      6n,
      'x\ny',
    ]];
    expect(await write({ id: { kind: 'Int64' }, s: { kind: 'VarChar' } }, rows)).toBe(
      'id,s\n1,plain words\n2,""\n,\n3,"12"\n4,"true"\n5,"a ""b"""\n6,"x\ny"\n',
    );
  });

  test('vectors and JSON as JSON, times and infinities bare', async () => {
    const types: Record<string, LogicalType> = {
      v: { kind: 'FloatVector', dim: 2 },
      j: { kind: 'JSON' },
      d: { kind: 'Double' },
      t: { kind: 'Timestamptz' },
    };
    expect(
      await write(types, [[Float32Array.of(0.1, NaN), '{"a":"x"}', -Infinity, 0n], [
        Float32Array.of(1, 2),
        'null',
        0.1,
        1n,
      ]]),
    ).toBe(
      'v,j,d,t\n"[0.1,""NaN""]","{""a"":""x""}",-Infinity,1970-01-01T00:00:00Z\n' +
        '"[1.0,2.0]","null",0.1,1970-01-01T00:00:00.000001Z\n',
    );
  });

  test('without a header', async () => {
    const text = await write({ id: { kind: 'Int64' } }, [[1n], [2n]], { layout: 'no-header' });
    expect(text).toBe('1\n2\n');
    expect(await csv.reader!.countRows!(memorySource(utf8(text)), 'no-header')).toBe(2);
    expect(await csv.reader!.countRows!(memorySource(utf8(`a\n${text}`)))).toBe(2);
  });

  test('types come back without a schema where text says them', async () => {
    const text = await write({ n: { kind: 'Int64' }, s: { kind: 'VarChar' }, b: { kind: 'Bool' } }, [
      [1n, '1', true],
      [2n, 'nan', false],
    ]);
    expect(await fieldsOf(text)).toEqual(['n Int64', 's VarChar', 'b Bool']);
  });
});

describe('other tools', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vts-csv-'));
  const python = (code: string) => runPython(`import os; os.chdir(${JSON.stringify(folder)})\n${code}`);

  test("Python's csv module reads what we write, and we what it writes", async () => {
    const schema = schemaOf({
      id: { kind: 'Int64' },
      s: { kind: 'VarChar' },
      v: { kind: 'FloatVector', dim: 3 },
    });
    const texts = ['a, b', 'say "x"', 'two\nlines', '', ' é '];
    const batch = makeBatch(schema, [
      columnFromValues(schema.fields[0].type, texts.map((_, i) => 2n ** 62n + BigInt(i))),
      columnFromValues(schema.fields[1].type, texts),
      columnFromValues(schema.fields[2].type, texts.map((_, i) => Float32Array.of(i / 3, -0.1, 1e-45))),
    ]);
    writeFileSync(join(folder, 'ours.csv'), await writeTable(csv, batch));
    const rows = python(`
import csv, json, numpy
rows = list(csv.reader(open('ours.csv', newline='')))
print(json.dumps([rows[0], [r[1] for r in rows[1:]], [r[0] for r in rows[1:]]]))
for i, row in enumerate(rows[1:]):
    assert (numpy.array(json.loads(row[2]), 'f4') == numpy.array([i / 3, -0.1, 1e-45], 'f4')).all()
csv.writer(open('minimal.csv', 'w', newline='')).writerows(rows)
csv.writer(open('all.csv', 'w', newline=''), quoting=csv.QUOTE_ALL).writerows(rows)
csv.writer(open('tabs.csv', 'w', newline=''), delimiter='\\t').writerows(rows)
`);
    expect(JSON.parse(rows)).toEqual([
      ['id', 's', 'v'],
      texts,
      texts.map((_, i) => String(2n ** 62n + BigInt(i))),
    ]);
    for (const file of ['minimal.csv', 'all.csv', 'tabs.csv']) {
      const reader = await openBytes(csv, readFileSync(join(folder, file)), { ...READ, schema });
      const { table } = await readAll(reader);
      expect(table.columns.map((column) => column.values)).toEqual(
        batch.columns.map((column) => column.values),
      );
      await reader.close();
    }
    rmSync(folder, { recursive: true });
  });
});
