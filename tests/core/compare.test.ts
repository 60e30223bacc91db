import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { memorySink, memorySource } from '../../src/connectors/memory/memory.ts';
import { type Batch, concatBatches, makeBatch, sliceBatch } from '../../src/core/batch.ts';
import {
  type Column,
  concatColumns,
  encodingOf,
  fixedColumnFromBytes,
  isNull,
} from '../../src/core/column.ts';
import {
  type CompareOptions,
  compareSources,
  type Comparison,
  type Difference,
} from '../../src/core/compare/compare.ts';
import type { Source } from '../../src/core/endpoint.ts';
import { compileMapping, type MappingOptions } from '../../src/core/mapping.ts';
import { field, type Schema } from '../../src/core/schema.ts';
import type { LogicalType } from '../../src/core/types.ts';
import { columnFromValues, type Value, valueAt } from '../../src/core/values.ts';
import { VtsError } from '../../src/errors.ts';
import { memoryScratch } from '../../src/stores/memory.ts';
import { everyKind, filterFields, random, randomTable } from '../support/tables.ts';

const EVERY = everyKind(4);

/** Compares tables, or sources, and collects all differences. */
async function compare(
  a: Batch | Source,
  b: Batch | Source,
  options: Partial<CompareOptions> = {},
  mapping: MappingOptions = {},
): Promise<Comparison & { differences: Difference[] }> {
  const [left, right] = [a, b].map((side) => {
    const source = 'dataset' in side ? side : memorySource([side]);
    return { source, mapping: compileMapping(source.dataset, memorySink(), mapping) };
  });
  const differences: Difference[] = [];
  const result = await compareSources(left, right, {
    scratch: memoryScratch,
    onDifference: (difference) => differences.push(difference),
    ...options,
  });
  return { ...result, differences };
}

function table(columns: Record<string, [LogicalType, readonly Value[]]>, more: Partial<Schema> = {}): Batch {
  const fields = Object.entries(columns).map(([name, [type]]) =>
    field(name, type, name === 'id' ? { primaryKey: true } : { nullable: true })
  );
  return makeBatch(
    { fields, ...more },
    Object.values(columns).map(([type, values]) => columnFromValues(type, values)),
  );
}

/** The rows of `batch` in another order. */
function shuffled(batch: Batch, next: () => number): Batch {
  if (batch.length === 0) return batch;
  const rows = Array.from({ length: batch.length }, (_, i) => [next(), i]).sort(([a], [b]) => a - b);
  return concatBatches(rows.map(([, row]) => sliceBatch(batch, row, row + 1)));
}

/** `column` with another value in `row`. */
function changed(column: Column, row: number): Column {
  const one = fixedOrListed(column, row);
  return concatColumns([sliceOf(column, 0, row), one, sliceOf(column, row + 1, column.length)]);
}

function sliceOf(column: Column, start: number, end: number): Column {
  const schema = { fields: [field('x', column.type)] };
  return sliceBatch(makeBatch(schema, [column]), start, end).columns[0];
}

function fixedOrListed(column: Column, row: number): Column {
  const { type } = column;
  if (isNull(column, row)) return columnFromValues(type, [otherValue(type, undefined)]);
  const encoding = encodingOf(type);
  if (encoding.layout !== 'fixed') return columnFromValues(type, [otherValue(type, valueAt(column, row))]);
  // A single bit of a fixed value, sign of a zero and payload of a NaN included.
  const size = encoding.stride * encoding.array.BYTES_PER_ELEMENT;
  const { buffer, byteOffset } = column.values;
  const bytes = new Uint8Array(buffer, byteOffset + row * size, size).slice();
  bytes[size - 1] ^= 0x80;
  return fixedColumnFromBytes(type, bytes);
}

function otherValue(type: LogicalType, value: Value | undefined): Value {
  switch (type.kind) {
    case 'Bool':
      return value !== true;
    case 'VarChar':
    case 'Geometry':
      return `${value ?? ''}!`;
    case 'JSON':
      return `[${value ?? 1}]`;
    case 'SparseFloatVector':
      return value === undefined || (value as Uint8Array).length > 0
        ? new Uint8Array(0)
        : new Uint8Array([1, 0, 0, 0, 0, 0, 128, 63]);
    case 'Array':
      return [...(value as Value[] | undefined) ?? [], otherValue(type.element, undefined)];
    case 'StructArray':
      return [...(value as Value[] | undefined) ?? [], {}].map((struct, i, all) =>
        i < all.length - 1
          ? struct
          : Object.fromEntries(type.fields.map((f) => [f.name, otherValue(f.type, undefined)]))
      );
    default: {
      const encoding = encodingOf(type);
      if (encoding.layout !== 'fixed') throw new TypeError(type.kind);
      const values = new encoding.array(encoding.stride);
      return type.kind.endsWith('Vector') ? values : values[0];
    }
  }
}

const byKey = (a: Difference, b: Difference) => String(a.key) < String(b.key) ? -1 : 1;

describe('compareSources()', () => {
  test('finds tables of every type equal, whatever the order of rows, columns and ranges', async () => {
    const rows = randomTable(EVERY, { rows: 200 });
    const turned: Batch = {
      ...shuffled(rows, random(7)),
      schema: { fields: [...EVERY.fields].reverse() },
    };
    const other = { ...turned, columns: [...turned.columns].reverse() };
    const ranges = [sliceBatch(other, 0, 77), sliceBatch(other, 77, 200)];
    const result = await compare(rows, memorySource(ranges), { parallel: 2 });
    expect(result).toMatchObject({
      equal: 200,
      onlyA: 0,
      onlyB: 0,
      differ: 0,
      schema: [],
      rowsA: 200,
      rowsB: 200,
    });
  });

  test('finds a single changed value of every type', async () => {
    const rows = randomTable(EVERY, { rows: 60 });
    for (const [i, { name }] of EVERY.fields.entries()) {
      if (name === 'id') continue;
      const row = i % rows.length;
      const columns = rows.columns.map((column, c) => c === i ? changed(column, row) : column);
      const result = await compare(rows, makeBatch(EVERY, columns));
      expect([name, result.equal, result.differences]).toEqual([
        name,
        59,
        [{ kind: 'differ', key: valueAt(rows.columns[0], row) as bigint, fields: [name] }],
      ]);
    }
  });

  test('finds random edits exactly', async () => {
    const schema = filterFields(
      EVERY,
      ({ name }) => ['id', 'text', 'float_null', 'vector', 'words'].includes(name),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.nat(),
          rows: fc.integer({ min: 0, max: 120 }),
          texts: fc.boolean(),
          edits: fc.array(fc.record({ row: fc.nat(), kind: fc.constantFrom('delete', 'insert', 'change') })),
          column: fc.integer({ min: 1, max: 4 }),
          memory: fc.constantFrom(400, 1e9),
        }),
        async ({ seed, rows, texts, edits, column, memory }) => {
          const keyed = texts
            ? {
              fields: [
                { ...schema.fields[0], type: { kind: 'VarChar' as const } },
                ...schema.fields.slice(1),
              ],
            }
            : schema;
          const before = randomTable(keyed, { rows, seed });
          const fate = new Map(edits.filter(() => rows > 0).map(({ row, kind }) => [row % rows, kind]));
          const expected: Difference[] = [];
          const pieces: Batch[] = [];
          for (let row = 0; row < rows; row++) {
            const one = sliceBatch(before, row, row + 1);
            const key = valueAt(before.columns[0], row) as Difference['key'];
            const what = fate.get(row);
            if (what === 'delete') expected.push({ kind: 'onlyA', key });
            else if (what === 'change') {
              expected.push({ kind: 'differ', key, fields: [keyed.fields[column].name] });
              pieces.push(makeBatch(keyed, one.columns.map((c, i) => i === column ? changed(c, 0) : c)));
            } else {
              pieces.push(one);
              // The same row once more: one of the two is on the other side only.
              if (what === 'insert') {
                pieces.push(one);
                expected.push({ kind: 'onlyB', key });
              }
            }
          }
          const after = pieces.length === 0 ? sliceBatch(before, 0, 0) : concatBatches(pieces);
          const result = await compare(before, shuffled(after, random(seed)), { memory });
          expect(result.differences.sort(byKey)).toEqual(expected.sort(byKey));
          expect(result.equal).toBe(rows - expected.filter(({ kind }) => kind !== 'onlyB').length);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('reads buckets that do not fit into memory several times', async () => {
    const schema = filterFields(EVERY, ({ name }) => name === 'id' || name === 'int32');
    const rows = randomTable(schema, { rows: 20_000 });
    const result = await compare(rows, sliceBatch(rows, 0, 19_990), { memory: 2000 });
    expect(result).toMatchObject({ equal: 19_990, onlyA: 10, onlyB: 0, differ: 0 });
  });
});

describe('keys', () => {
  test('that are there twice count twice', async () => {
    const twice = (ids: bigint[], years: number[]) =>
      table({ id: [{ kind: 'Int64' }, ids], year: [{ kind: 'Int32' }, years] });
    const result = await compare(twice([1n, 1n, 1n, 2n], [7, 7, 8, 9]), twice([1n, 1n, 2n], [8, 9, 9]));
    expect(result).toMatchObject({ equal: 2, onlyA: 1, onlyB: 0, differ: 1, fields: { year: 1 } });
  });

  test('of all rows may be the same', async () => {
    const same = (rows: number) =>
      table({
        id: [{ kind: 'VarChar' }, new Array(rows).fill('x')],
        n: [{ kind: 'Int32' }, Array.from({ length: rows }, (_, i) => i)],
      });
    expect(await compare(same(30_000), same(30_001))).toMatchObject({ equal: 30_000, onlyB: 1, differ: 0 });
  });

  test('may be null, empty and of any text', async () => {
    const keys = ['', null, 'null', '\u0000', 'käse', '👍🏽'];
    const rows = table({ id: [{ kind: 'VarChar' }, keys], n: [{ kind: 'Int8' }, [1, 2, 3, 4, 5, 6]] });
    const none = sliceBatch(rows, 0, 0);
    const result = await compare(rows, none);
    expect(new Set(result.differences.map(({ key }) => key))).toEqual(new Set(keys));
  });

  test('of integers are of any width', async () => {
    const narrow = table({ id: [{ kind: 'Int8' }, [-128, 0, 5]] });
    const wide = table({ id: [{ kind: 'Int64' }, [5n, -128n, 2n ** 53n + 1n]] });
    const result = await compare(narrow, wide);
    expect(result.equal).toBe(2);
    expect(result.differences.sort(byKey)).toEqual([
      { kind: 'onlyA', key: 0n },
      { kind: 'onlyB', key: 2n ** 53n + 1n },
    ]);
  });

  test('are row numbers where neither side has any', async () => {
    const values = (list: number[]) => {
      const batch = table({ v: [{ kind: 'Float' }, list] });
      return memorySource([sliceBatch(batch, 0, 1), sliceBatch(batch, 1, list.length)]);
    };
    const result = await compare(values([1, 2, 3]), values([1, -2, 3, 4]), { parallel: 4 });
    expect(result.equal).toBe(2);
    expect(result.differences.sort(byKey)).toEqual([
      { kind: 'differ', key: 1n, fields: ['v'] },
      { kind: 'onlyB', key: 3n },
    ]);
  });

  test('that only one side names are found on the other by name', async () => {
    const named = table({ id: [{ kind: 'Int64' }, [1n, 2n]] });
    const plain = { ...named, schema: { fields: [field('id', { kind: 'Int64' })] } };
    expect(await compare(named, shuffled(plain, random(3)))).toMatchObject({ equal: 2 });
  });

  test('that cannot tell rows apart are refused', async () => {
    const [ints, texts, floats] = [
      table({ id: [{ kind: 'Int64' }, [1n]] }),
      table({ id: [{ kind: 'VarChar' }, ['1']] }),
      table({ id: [{ kind: 'Double' }, [1]] }),
    ];
    const other = table({ key: [{ kind: 'Int64' }, [1n]] });
    const refused = async (a: Batch, b: Batch) =>
      (await compare(a, b).catch((error) => error) as VtsError).details?.remedy;
    expect(await refused(ints, texts)).toBe('--cast id:varchar compares both as texts');
    expect(await refused(floats, floats)).toBe('--id FIELD names another key');
    expect(await refused(ints, other)).toContain('--rename OLD=NEW');
    expect(await compare(ints, texts, {}, { casts: { id: 'varchar' } })).toMatchObject({ equal: 1 });
  });
});

describe('columns', () => {
  const id: [LogicalType, Value[]] = [{ kind: 'Int64' }, [1n, 2n]];

  test('on one side only, or of other types, are named and left out', async () => {
    const a = table({
      id,
      old: [{ kind: 'Bool' }, [true, false]],
      x: [{ kind: 'VarChar', maxLength: 9 }, ['1', '2']],
    });
    const b = table({ id, x: [{ kind: 'Int8' }, [1, 2]], fresh: [{ kind: 'JSON' }, ['1', '2']] });
    const result = await compare(a, b);
    expect(result.schema).toEqual([
      { field: 'old', a: 'Bool' },
      { field: 'x', a: 'VarChar(9)', b: 'Int8' },
      { field: 'fresh', b: 'JSON' },
    ]);
    expect(result.equal).toBe(2);
  });

  test('of floats are compared in the narrower type, which is said', async () => {
    const a = table({ id, x: [{ kind: 'Double' }, [0.1, 0.2]] });
    const b = table({ id, x: [{ kind: 'Float' }, [Math.fround(0.1), Math.fround(0.25)]] });
    const result = await compare(a, b);
    expect(result.notes).toEqual(['"x" is Double on the one side, Float on the other: compared as Float']);
    expect(result.differences).toEqual([{ kind: 'differ', key: 2n, fields: ['x'] }]);
  });

  test('of JSON are compared by what they mean', async () => {
    const json = (values: Value[]) => table({ id, x: [{ kind: 'JSON' }, values] });
    const left = json(['{"b": [1, 2.50], "a":"\\u00e4"}', '9007199254740993']);
    expect(await compare(left, json(['{"a":"ä","b":[1,25e-1]}', '9007199254740993']))).toMatchObject({
      equal: 2,
    });
    expect(await compare(left, json(['{"a":"ä","b":[1.0,2.5]}', '9007199254740992']))).toMatchObject({
      differ: 2,
    });
  });

  test('of arrays tell their elements apart', async () => {
    const words = (values: Value[]) =>
      table({ id, x: [{ kind: 'Array', element: { kind: 'VarChar' } }, values] });
    expect(await compare(words([['ab', 'c'], []]), words([['a', 'bc'], ['']]))).toMatchObject({ differ: 2 });
    expect(await compare(words([null, ['a', null]]), words([[], ['a', '']]))).toMatchObject({ differ: 2 });
  });
});

describe('partitions', () => {
  const rows = table({ id: [{ kind: 'Int64' }, [1n, 2n]], n: [{ kind: 'Int8' }, [1, 2]] });
  const placed = (names: readonly (string | undefined)[]): Source => ({
    ...memorySource([sliceBatch(rows, 0, 1), sliceBatch(rows, 1, 2)]),
    // deno-lint-ignore require-await
    async plan() {
      return names.map((partition, i) => ({
        id: `range-${i}`,
        name: 'memory',
        ...(partition === undefined ? {} : { partition }),
      }));
    },
  });

  test('are compared where both sides know them', async () => {
    const result = await compare(placed(['p', 'q']), placed(['p', 'p']));
    expect(result).toMatchObject({ equal: 1, placement: true });
    expect(result.differences).toEqual([{ kind: 'differ', key: 2n, fields: ['$partition'] }]);
    expect(await compare(placed(['p', 'q']), placed(['p', undefined]))).toMatchObject({
      equal: 2,
      placement: false,
    });
    expect(await compare(placed(['p', 'q']), placed(['p', 'p']), { ignorePartitions: true })).toMatchObject({
      equal: 2,
      placement: false,
    });
  });
});

describe('failures', () => {
  const rows = table({ id: [{ kind: 'Int64' }, [1n]] });
  const failing = (error: unknown): Source => ({
    ...memorySource([rows]),
    // deno-lint-ignore require-yield
    async *read() {
      await Promise.resolve();
      throw error;
    },
  });

  test('of one side end the other, and scratch files are closed', async () => {
    let open = 0;
    const scratch = () => {
      open++;
      return { ...memoryScratch(), close: () => open-- };
    };
    let stopped = false;
    const endless: Source = {
      ...memorySource([rows]),
      async *read(_range, { signal }) {
        try {
          while (!signal!.aborted) {
            await new Promise((resolve) => setTimeout(resolve, 1));
            yield { batch: rows, cursor: 0 };
          }
        } finally {
          stopped = true;
        }
      },
    };
    const error = new VtsError('Unreachable', 'gone');
    expect(await compare(endless, failing(error), { scratch }).catch((found) => found)).toBe(error);
    expect([stopped, open]).toEqual([true, 0]);
  });

  test('to hold all rows are raised', async () => {
    const gap: Source = {
      ...memorySource([rows]),
      // deno-lint-ignore require-await
      async prove(read) {
        throw new VtsError('RowsMissing', `a gap after ${[...read.values()]}`);
      },
    };
    await expect(compare(rows, gap)).rejects.toThrow('a gap after 1');
  });

  test('Ctrl-C ends a comparison', async () => {
    const stop = new AbortController();
    stop.abort(new VtsError('Interrupted', 'stopped'));
    await expect(compare(rows, rows, { signal: stop.signal })).rejects.toThrow('stopped');
  });
});
