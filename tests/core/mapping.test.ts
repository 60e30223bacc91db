import { describe, expect, test } from 'bun:test';
import { memorySink } from '../../src/connectors/memory/memory.ts';
import { type Batch, makeBatch, sliceBatch } from '../../src/core/batch.ts';
import type { Problem, Sink } from '../../src/core/endpoint.ts';
import { compileMapping, type MappingOptions } from '../../src/core/mapping.ts';
import { type Dataset, field, type Schema } from '../../src/core/schema.ts';
import { columnFromValues, type Value, valueAt } from '../../src/core/values.ts';
import { jsonText } from '../../src/core/json-text.ts';
import { formatType, type LogicalType } from '../../src/core/types.ts';
import { isVtsError, type VtsError } from '../../src/errors.ts';

const SCHEMA: Schema = {
  fields: [
    field('id', { kind: 'Int64' }),
    field('title', { kind: 'VarChar' }),
    field('v', { kind: 'FloatVector', dim: 2 }),
  ],
};
const TABLE = makeBatch(SCHEMA, [
  columnFromValues({ kind: 'Int64' }, [1n, 2n]),
  columnFromValues({ kind: 'VarChar' }, ['a', 'b']),
  columnFromValues({ kind: 'FloatVector', dim: 2 }, [Float32Array.of(1, 2), Float32Array.of(3, 4)]),
]);

function dataset(schema: Schema = SCHEMA, more: Partial<Dataset> = {}): Dataset {
  return { schema, roles: {}, notes: [], ...more };
}

function compile(options: MappingOptions, sink: Sink = memorySink(), source = dataset()) {
  return compileMapping(source, sink, options);
}

function refusal(options: MappingOptions, sink?: Sink): VtsError {
  try {
    compile(options, sink);
  } catch (error) {
    if (isVtsError(error)) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('compileMapping()', () => {
  test('selects, orders and renames by the names of the source', () => {
    const { dataset: target, apply, columns } = compile({
      fields: ['v', 'id'],
      renames: { id: 'pk' },
      roles: { id: 'pk' },
    });
    expect(target.schema.fields.map((f) => [f.name, f.primaryKey])).toEqual([['v', undefined], ['pk', true]]);
    expect(columns).toEqual(['id', 'v']);
    const { fields } = SCHEMA;
    const read: Batch = {
      ...TABLE,
      schema: { fields: [fields[0], fields[2]] },
      columns: [TABLE.columns[0], TABLE.columns[2]],
    };
    expect(valueAt(apply(read, 0).columns[1], 1)).toBe(2n);
  });

  test('follows roles through renames, from either side', () => {
    expect(compile({ renames: { v: 'w' }, roles: { vector: 'v' } }).dataset.roles).toEqual({ vector: 'w' });
    expect(compile({ renames: { v: 'w' }, roles: { vector: 'w' } }).dataset.roles).toEqual({ vector: 'w' });
    const source = dataset(SCHEMA, { roles: { id: 'id', vector: 'v' } });
    expect(compile({ fields: ['v'] }, memorySink(), source).dataset.roles).toEqual({ vector: 'v' });
  });

  test('names the columns there are when one is not', () => {
    for (
      const options of [{ fields: ['x'] }, { renames: { x: 'y' } }, { casts: { x: 'int8' } }, {
        roles: { id: 'x' },
      }]
    ) {
      expect(refusal(options)).toMatchObject({ code: 'Usage', details: { expected: 'one of id, title, v' } });
    }
    expect(refusal({ renames: { id: 'v' } })).toMatchObject({ code: 'Usage' });
  });

  test('lists every reason before anything is written, with the flags that help', () => {
    const problem: Problem = { message: 'the moon is full', remedy: '--wait' };
    const sink: Sink = {
      ...memorySink(),
      name: 'target',
      features: { kinds: new Set(['Int64']), nulls: true, casts: { FloatVector: ['float16'] } },
      check: () => [problem],
    };
    const error = refusal({}, sink);
    expect(error.code).toBe('PlanRefused');
    expect(error.exitCode).toBe(2);
    for (
      const part of ['"title": no place for VarChar', '"v": no place for FloatVector(2)', 'the moon is full']
    ) {
      expect(error.message).toContain(part);
    }
    expect(error.details.remedy).toBe('--fields id,v --cast v:float16 --wait');
  });

  test('errors in casts count rows from the start of the data', () => {
    const mapping = compile({ casts: { title: 'int64' } });
    expect(() => mapping.apply(TABLE, 1000)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ row: 1000 }) }),
    );
  });
});

/** Casts `values` of type `from` and returns the new type and the JSON text of each row. */
function cast(from: LogicalType, to: string, values: Value[]): [string, ...string[]] {
  const schema: Schema = { fields: [field('f', from, { nullable: true })] };
  const mapping = compile({ casts: { f: to } }, memorySink(), dataset(schema));
  const { columns } = mapping.apply(makeBatch(schema, [columnFromValues(from, values)]), 0);
  return [formatType(columns[0].type), ...values.map((_, row) => jsonText(columns[0], row))];
}

/** The float32 of these bits. */
const floatOf = (bits: number) => new Float32Array(Int32Array.of(bits).buffer)[0];

const f32 = (...values: number[]) => Float32Array.from(values);

describe('--cast', () => {
  const good: [LogicalType, string, Value[], string[]][] = [
    [{ kind: 'Int64' }, 'int8', [127n, null, -128n], ['Int8', '127', 'null', '-128']],
    [{ kind: 'Int8' }, 'int64', [1, null], ['Int64', '1', 'null']],
    [{ kind: 'Int64' }, 'double', [2n ** 53n], ['Double', '9007199254740992']],
    [{ kind: 'Double' }, 'float32', [0.1, -0, NaN], ['Float', '0.1', '-0.0', '"NaN"']],
    [{ kind: 'Double' }, 'int32', [3], ['Int32', '3']],
    [{ kind: 'Bool' }, 'int8', [true, false], ['Int8', '1', '0']],
    [{ kind: 'Int8' }, 'bool', [1, 0], ['Bool', 'true', 'false']],
    [{ kind: 'VarChar' }, 'int64', ['9223372036854775807', ' -1'], ['Int64', '9223372036854775807', '-1']],
    [{ kind: 'VarChar' }, 'double', ['1e3', '-Infinity'], ['Double', '1000', '"-Infinity"']],
    // Beside the half-way point of two floats; a float whose digits, as a double, lie nearer to its neighbour.
    [{ kind: 'VarChar' }, 'float32', ['1.000000059604644775390625000001', '7.038531e-26'], [
      'Float',
      '1.0000001',
      '7.038531e-26',
    ]],
    [{ kind: 'Float' }, 'varchar', [floatOf(0x15ae43fe), floatOf(0x15ae43fd), -0], [
      'VarChar',
      '"7.0385313e-26"',
      '"7.038531e-26"',
      '"-0.0"',
    ]],
    [{ kind: 'Double' }, 'varchar', [-0, 0.1, NaN], ['VarChar', '"-0.0"', '"0.1"', '"NaN"']],
    [{ kind: 'Array', element: { kind: 'Int64' } }, 'Float16Vector(2)', [[2048n, -65504n]], [
      'Float16Vector(2)',
      '[2048,-65504]',
    ]],
    [{ kind: 'VarChar' }, 'bool', ['true', null], ['Bool', 'true', 'null']],
    [{ kind: 'VarChar' }, 'json', ['{"a":1.0}'], ['JSON', '{"a":1.0}']],
    [{ kind: 'VarChar' }, 'timestamptz', ['1970-01-01T00:00:01+00:00'], [
      'Timestamptz',
      '"1970-01-01T00:00:01Z"',
    ]],
    [{ kind: 'JSON' }, 'varchar(9)', ['{"a":1.0}'], ['VarChar(9)', '"{\\"a\\":1.0}"']],
    [{ kind: 'Int64' }, 'string', [2n ** 63n - 1n], ['VarChar', '"9223372036854775807"']],
    [{ kind: 'Timestamptz' }, 'varchar', [1_500_000n], ['VarChar', '"1970-01-01T00:00:01.5Z"']],
    [{ kind: 'Timestamptz' }, 'int64', [5n], ['Int64', '5']],
    [{ kind: 'FloatVector', dim: 2 }, 'float16', [f32(0.1, -2), null], [
      'Float16Vector(2)',
      '[0.099975586,-2]',
      'null',
    ]],
    [{ kind: 'FloatVector', dim: 2 }, 'bfloat16', [f32(0.1, -2)], ['BFloat16Vector(2)', '[0.100097656,-2]']],
    [{ kind: 'FloatVector', dim: 2 }, 'int8', [f32(127, -128)], ['Int8Vector(2)', '[127,-128]']],
    [{ kind: 'FloatVector', dim: 2 }, 'float64', [f32(0.5, NaN)], ['DoubleVector(2)', '[0.5,"NaN"]']],
    [{ kind: 'FloatVector', dim: 2 }, 'array<double>', [f32(0.5, 1)], ['Array<Double>', '[0.5,1]']],
    [{ kind: 'FloatVector', dim: 2 }, 'json', [f32(0.1, -0)], ['JSON', '[0.1,-0.0]']],
    [{ kind: 'DoubleVector', dim: 1 }, 'float32', [Float64Array.of(0.1)], ['FloatVector(1)', '[0.1]']],
    [{ kind: 'Float16Vector', dim: 2 }, 'float32', [Uint16Array.of(0x3c00, 0xfc00)], [
      'FloatVector(2)',
      '[1,"-Infinity"]',
    ]],
    [{ kind: 'Array', element: { kind: 'Double' } }, 'FloatVector(2)', [[0.5, 1], null], [
      'FloatVector(2)',
      '[0.5,1]',
      'null',
    ]],
    [{ kind: 'Array', element: { kind: 'Int16' } }, 'BinaryVector(16)', [[255, 1]], [
      'BinaryVector(16)',
      '[255,1]',
    ]],
    [{ kind: 'Array', element: { kind: 'Int64' } }, 'array<int8>', [[5n], []], ['Array<Int8>', '[5]', '[]']],
    [{ kind: 'Array', element: { kind: 'VarChar' } }, 'json', [['a"b']], ['JSON', '["a\\"b"]']],
  ];
  for (const [from, to, values, expected] of good) {
    test(`${formatType(from)} to ${to}`, () => expect(cast(from, to, values)).toEqual(expected as [string]));
  }

  const bad: [LogicalType, string, Value][] = [
    [{ kind: 'Int64' }, 'int8', 128n],
    [{ kind: 'Int64' }, 'double', 2n ** 53n + 1n],
    [{ kind: 'Int32' }, 'float32', 16777217],
    [{ kind: 'Array', element: { kind: 'Int64' } }, 'FloatVector(1)', [16777217n]],
    [{ kind: 'Array', element: { kind: 'Int64' } }, 'Float16Vector(1)', [2049n]],
    [{ kind: 'Array', element: { kind: 'Int32' } }, 'BFloat16Vector(1)', [257]],
    [{ kind: 'VarChar' }, 'double', '0x10'],
    [{ kind: 'Double' }, 'int32', 1.5],
    [{ kind: 'Double' }, 'int64', 1e300],
    [{ kind: 'Double' }, 'float32', 1e300],
    [{ kind: 'Int8' }, 'bool', 2],
    [{ kind: 'VarChar' }, 'int64', '9223372036854775808'],
    [{ kind: 'VarChar' }, 'int64', '1.0'],
    [{ kind: 'VarChar' }, 'double', ''],
    [{ kind: 'VarChar' }, 'float32', '1e39'],
    [{ kind: 'VarChar' }, 'json', '{'],
    [{ kind: 'FloatVector', dim: 2 }, 'float16', f32(70000, 1)],
    [{ kind: 'FloatVector', dim: 2 }, 'bfloat16', f32(3.4e38, 1)],
    [{ kind: 'FloatVector', dim: 2 }, 'int8', f32(0.5, 1)],
    [{ kind: 'FloatVector', dim: 2 }, 'int8', f32(200, 1)],
    [{ kind: 'Array', element: { kind: 'Double' } }, 'FloatVector(2)', [1]],
    [{ kind: 'Array', element: { kind: 'Double' } }, 'FloatVector(2)', [1, null]],
    [{ kind: 'Array', element: { kind: 'Double' } }, 'Float16Vector(1)', [1e6]],
  ];
  for (const [from, to, value] of bad) {
    test(`${formatType(from)} to ${to} refuses what would not survive: ${jsonText(columnFromValues(from, [value]), 0)}`, () => {
      expect(() => cast(from, to, [value])).toThrow(expect.objectContaining({ code: 'RowInvalid' }));
    });
  }

  test('elements of lists and vectors are told by their rows, and those of other rows are left alone', () => {
    const list: LogicalType = { kind: 'Array', element: { kind: 'Int64' } };
    const schema: Schema = { fields: [field('f', list)] };
    const rows = makeBatch(schema, [columnFromValues(list, [[999n], [1n, 2n], [], [3n, 999n]])]);
    const mapping = compile({ casts: { f: 'array<int8>' } }, memorySink(), dataset(schema));
    const { columns } = mapping.apply(sliceBatch(rows, 1, 3), 1);
    expect([0, 1].map((row) => jsonText(columns[0], row))).toEqual(['[1,2]', '[]']);
    expect(() => mapping.apply(sliceBatch(rows, 1, 4), 1)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ row: 3, field: 'f' }) }),
    );
    const vectors: [LogicalType, string, Value[]] = [{ kind: 'FloatVector', dim: 2 }, 'array<int8>', [
      f32(1, 2),
      f32(3, 300),
    ]];
    expect(() => cast(...vectors)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ row: 1 }) }),
    );
  });

  test('refuses types that are none, that do not go together, and missing dimensions', () => {
    for (const text of ['float8', 'array<thing>', 'int8<x>', 'varchar()']) {
      expect(refusal({ casts: { id: text } })).toMatchObject({ code: 'Usage' });
    }
    expect(refusal({ casts: { v: 'timestamptz' } }).message).toContain('cannot become Timestamptz');
    expect(refusal({ casts: { v: 'FloatVector(3)' } }).details.expected).toBe('FloatVector(2)');
    const source = dataset({ fields: [field('a', { kind: 'Array', element: { kind: 'Float' } })] });
    expect(() => compile({ casts: { a: 'floatvector' } }, memorySink(), source)).toThrow(
      'dimension is missing',
    );
  });
});

describe('further columns', () => {
  const JSON_SCHEMA: Schema = {
    fields: [
      field('id', { kind: 'Int64' }, { primaryKey: true }),
      field('$meta', { kind: 'JSON' }, { nullable: true, dynamic: true }),
    ],
  };
  const metas = [
    '{"t":"a \\"b\\"","big":9007199254740993,"tags":["x","y, z"],"deep":{"k":[1, 2.50]},"f":0.1,"b":true}',
    '{"t":null,"big":-1,"big":7}',
    null,
  ];
  const rows = makeBatch(JSON_SCHEMA, [
    columnFromValues({ kind: 'Int64' }, [1n, 2n, 3n]),
    columnFromValues({ kind: 'JSON' }, metas),
  ]);
  const made = (added: Record<string, string>, fields: readonly string[] = []) => {
    const { apply, dataset: target, columns } = compile(
      { added, fields },
      memorySink(),
      dataset(JSON_SCHEMA),
    );
    const read = { ...rows, schema: JSON_SCHEMA };
    const batch = apply(read, 0);
    return {
      columns,
      types: target.schema.fields.map((f) => `${f.name} ${formatType(f.type)}${f.nullable ? '?' : ''}`),
      values: batch.columns.map((column) => [0, 1, 2].map((row) => valueAt(column, row))),
    };
  };

  test('copies are plain columns', () => {
    expect(made({ again: 'id' }, ['id'])).toEqual({
      columns: ['id'],
      types: ['id Int64', 'again Int64'],
      values: [[1n, 2n, 3n], [1n, 2n, 3n]],
    });
  });

  test('keys of JSON columns, exact, null where they are not there', () => {
    expect(
      made({
        t: '$meta.t:varchar(10)',
        big: '$meta.big:int64',
        tags: '$meta.tags:array<varchar>(4)',
        k: '$meta.deep.k',
        f: '$meta.f:float64',
        b: '$meta.b:bool',
        text: '$meta.f:varchar',
      }),
    ).toEqual({
      columns: ['$meta'],
      types: [
        't VarChar(10)?',
        'big Int64?',
        'tags Array<VarChar>(4)?',
        'k JSON?',
        'f Double?',
        'b Bool?',
        'text VarChar?',
      ],
      values: [
        ['a "b"', null, null],
        [9007199254740993n, 7n, null],
        [['x', 'y, z'], null, null],
        ['[1, 2.50]', null, null],
        [0.1, null, null],
        [true, null, null],
        ['0.1', null, null],
      ],
    });
  });

  test('a value of another type is an error with its row', () => {
    const { apply } = compile(
      { added: { t: '$meta.t:int64' }, fields: ['id'] },
      memorySink(),
      dataset(JSON_SCHEMA),
    );
    try {
      apply(rows, 10);
      throw new Error('was not refused');
    } catch (error) {
      if (!isVtsError(error)) throw error;
      expect(error).toMatchObject({ code: 'RowInvalid', details: { row: 10, field: 't' } });
    }
  });

  test('names that are not there, and keys of what is no JSON', () => {
    expect(refusal({ added: { a: 'nope.k' } }).message).toContain('there is no column "nope"');
    expect(refusal({ added: { a: 'title.k' } }).message).toContain('is no JSON column');
    expect(refusal({ added: { title: 'id' } }).message).toContain('Two columns would be called "title"');
    expect(refusal({ added: { a: 'id:varchar' } }).details.remedy).toContain('--cast a:varchar');
  });

  test('what fields are beside their types', () => {
    const { dataset: target } = compile({
      changes: {
        title: { nullable: 'true', default: 'none', description: 'd', enable_match: 'true' },
        id: { default: '9007199254740993' },
      },
    });
    expect(target.schema.fields[1]).toMatchObject({
      nullable: true,
      defaultValue: 'none',
      description: 'd',
      params: { enable_match: 'true' },
    });
    expect(target.schema.fields[0].defaultValue).toBe(9007199254740993n);
    expect(refusal({ changes: { nope: {} } }).message).toContain('there is no column "nope"');
    expect(refusal({ changes: { id: { default: 'x' } } }).message).toContain('no default for Int64');
    expect(refusal({ changes: { id: { nullable: 'maybe' } } }).message).toContain('true or false');
  });
});
