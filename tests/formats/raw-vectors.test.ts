/** .fvecs and its kin, .fbin and its kin. */
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { type Batch, makeBatch } from '../../src/core/batch.ts';
import { type Column, fixedColumn, listColumn } from '../../src/core/column.ts';
import { type Field, field, type Schema } from '../../src/core/schema.ts';
import type { LogicalType } from '../../src/core/types.ts';
import { columnFromValues, type Value } from '../../src/core/values.ts';
import { isVtsError } from '../../src/errors.ts';
import { fbin, i8bin, ibin, u8bin } from '../../src/formats/bin-vectors/format.ts';
import type { Format } from '../../src/formats/format.ts';
import { bvecs, fvecs, ivecs } from '../../src/formats/vecs/format.ts';
import { memorySource } from '../../src/stores/memory.ts';
import { formatContract } from '../contract/format-contract.ts';
import { fixture, fixturesMatch } from '../support/fixtures.ts';
import { openBytes, READ, readTable, WRITE, writeTable } from '../support/format-io.ts';

const vector = (type: LogicalType): Schema => ({ fields: [field('vector', type)] });
const floats = [1, 33].map((dim) => vector({ kind: 'FloatVector', dim }));
const bytes = [1, 33].map((dim) => vector({ kind: 'Int8Vector', dim }));
const lists: Schema[] = [{
  fields: [field('neighbors', { kind: 'Array', element: { kind: 'Int32' }, maxCapacity: 5 })],
}];

/** Whole numbers from 0 to 255. */
function wholeBytes(table: Batch): Batch {
  return mapColumns(
    table,
    ({ type, values }) =>
      fixedColumn(
        type,
        Float32Array.from(values as Float32Array, (v, i) => Math.abs(Math.trunc(v) || i) & 255),
      ),
  );
}

/** Lists of five each. */
function fives(table: Batch): Batch {
  return mapColumns(table, ({ type, length }) => {
    const elements = Int32Array.from({ length: length * 5 }, (_, i) => i * 7919 - 2 ** 31);
    const offsets = Int32Array.from({ length: length + 1 }, (_, row) => row * 5);
    return listColumn(type, offsets, [fixedColumn({ kind: 'Int32' }, elements)]);
  });
}

function mapColumns(table: Batch, map: (column: Column) => Column): Batch {
  return makeBatch(table.schema, table.columns.map(map));
}

for (
  const [format, schemas, adapt] of [
    [fvecs, floats, undefined],
    [bvecs, floats, wholeBytes],
    [ivecs, lists, fives],
    [fbin, floats, undefined],
    [u8bin, floats, wholeBytes],
    [i8bin, bytes, undefined],
    [ibin, lists, fives],
  ] as [Format, Schema[], ((table: Batch) => Batch) | undefined][]
) {
  formatContract({
    format,
    schemas,
    detectsTruncation: !format.name.endsWith('vecs'),
    ...(adapt === undefined ? {} : { adapt }),
  });
  fixturesMatch(format, format.name, 4);

  test(`${format.name} files are written as they were read`, async () => {
    for (const name of ['small', 'wide', 'one', 'many']) {
      const file = Uint8Array.from(readFileSync(fixture(`${format.name}/${name}.${format.name}`)));
      const { table } = await readTable(format, file);
      expect(Buffer.compare(await writeTable(format, table), file)).toBe(0);
    }
  });
}

async function failure(format: Format, file: Uint8Array) {
  const error = await readTable(format, file).catch((e) => e);
  if (!isVtsError(error)) throw new Error(`${format.name} was read: ${error}`);
  return error;
}

const words = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);

describe('files of rows that cannot be', () => {
  test('a row of another dimension is named', async () => {
    const error = await failure(fvecs, words(2, 0, 0, 2, 0, 0, 3, 0, 0));
    expect(error).toMatchObject({
      code: 'InputMalformed',
      details: { row: 2, byte: 24, expected: '2, as the first row has' },
    });
  });

  test('a file that ends within a row, or was never of that kind', async () => {
    expect(await failure(fvecs, words(2, 0, 0, 2, 0))).toMatchObject({
      code: 'InputTruncated',
      details: { byte: 12 },
    });
    expect((await failure(fvecs, words(0))).message).toContain('0 dimensions');
    expect((await failure(fvecs, words(0xffffffff))).message).toContain('-1 dimensions');
    expect((await failure(fvecs, words(0x02000000, 0, 0))).details.remedy).toContain(
      'big-endian (2 dimensions)',
    );
    expect((await failure(bvecs, new Uint8Array(3))).code).toBe('InputTruncated');
  });

  test('an empty file tells no dimension, unless the user does', async () => {
    expect((await failure(fvecs, new Uint8Array(0))).message).toContain('empty');
    const { table } = await readTable(fvecs, new Uint8Array(0), { ...READ, schema: floats[1] });
    expect(table.columns[0].type).toEqual({ kind: 'FloatVector', dim: 33 });
    expect(await fvecs.reader!.countRows!(memorySource(new Uint8Array(0)))).toBe(0);
    expect(await fvecs.reader!.countRows!(memorySource(words(1, 0, 1, 0)))).toBe(2);
    expect((await readTable(ivecs, new Uint8Array(0))).dataset.rows).toBe(0);
  });

  test('counts that the file does not have', async () => {
    expect(await failure(fbin, words(3, 2, 0, 0, 0, 0))).toMatchObject({
      code: 'InputTruncated',
      details: { expected: '3 rows of 2 dimensions, 32 bytes in all; there are 24' },
    });
    expect((await failure(fbin, words(0xffffffff, 0xffffffff))).code).toBe('MemoryLimit');
    expect((await failure(fbin, words(3, 0))).message).toContain('0 dimensions');
    expect((await failure(u8bin, new Uint8Array(7))).code).toBe('InputTruncated');
  });
});

describe('what is said', () => {
  test('there are no ids, what uint8 becomes, what follows the rows', async () => {
    const notes = async (format: Format, file: Uint8Array) => {
      const reader = await openBytes(format, file);
      expect(await reader.inspect()).toMatchObject({ rows: 1, dim: 4 });
      await reader.close();
      return reader.dataset.notes;
    };
    expect(await notes(fvecs, words(4, 0, 0, 0, 0))).toEqual([expect.stringContaining('no ids')]);
    expect((await notes(u8bin, words(1, 4, 0)))[1]).toContain('float32, which holds each of them exactly');
    expect((await notes(fbin, words(1, 4, 0, 0, 0, 0, 9)))[1]).toContain('4 bytes follow');
  });
});

describe('what cannot be written', () => {
  const table = (name: string, type: LogicalType, values: readonly Value[]) =>
    makeBatch({ fields: [field(name, type)] }, [columnFromValues(type, values)]);
  const problems = (format: Format, fields: Field[]) =>
    format.writer!.check!({ schema: { fields }, roles: {}, notes: [] }, WRITE);
  const id = field('id', { kind: 'Int64' }, { primaryKey: true });

  test('other columns and other lists are named with what helps', () => {
    const [v] = floats[0].fields;
    expect(problems(fvecs, [id, v])).toMatchObject([{ field: 'id', remedy: '--fields vector' }]);
    expect(problems(fbin, [v])).toEqual([]);
    const longs = field('n', { kind: 'Array', element: { kind: 'Int64' } });
    expect(problems(ivecs, [longs])).toMatchObject([{ field: 'n', remedy: "--cast 'n:array<int32>'" }]);
    expect(problems(ibin, lists[0].fields as Field[])).toEqual([]);
  });

  test('values are refused with their row', async () => {
    const pair: LogicalType = { kind: 'FloatVector', dim: 2 };
    const list: LogicalType = { kind: 'Array', element: { kind: 'Int32' } };
    for (
      const [format, rows, row, message] of [
        [
          bvecs,
          table('vector', pair, [Float32Array.of(0, 255), Float32Array.of(1, 256)]),
          1,
          '256 is no unsigned byte',
        ],
        [u8bin, table('vector', pair, [Float32Array.of(0, 0.5)]), 0, '0.5 is no unsigned byte'],
        [u8bin, table('vector', pair, [Float32Array.of(0, NaN)]), 0, 'NaN is no unsigned byte'],
        [bvecs, table('vector', pair, [Float32Array.of(0, -1)]), 0, '-1 is no unsigned byte'],
        [bvecs, table('vector', pair, [Float32Array.of(0, -0)]), 0, '-0 is no unsigned byte'],
        [fvecs, table('vector', pair, [Float32Array.of(0, 1), null]), 1, 'cannot hold a null'],
        [ivecs, table('n', list, [[1, 2], [1, 2], [3]]), 2, 'a list of 1 among lists of 2'],
        [ibin, table('n', list, [[]]), 0, 'an empty list'],
      ] as [Format, Batch, number, string][]
    ) {
      const error = await writeTable(format, rows, { rowsPerWrite: 1 }).catch((e) => e);
      expect(`${format.name} ${error.code} ${error.message}`).toContain(`${format.name} RowInvalid`);
      expect(error.message).toContain(message);
      expect(error.details.row).toBe(row);
    }
  });
});
