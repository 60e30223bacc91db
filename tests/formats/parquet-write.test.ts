/** What the Parquet writer alone is to do; `parquet-write-interop.test.ts` has the values read back by others. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type FileMetaData, parquetMetadata } from 'hyparquet';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import { type Batch, makeBatch, sliceBatch } from '../../src/core/batch.ts';
import { bytesColumn, fixedColumn } from '../../src/core/column.ts';
import { type Field, field } from '../../src/core/schema.ts';
import type { LogicalType } from '../../src/core/types.ts';
import { columnFromValues, type Value } from '../../src/core/values.ts';
import { isVtsError, type VtsError } from '../../src/errors.ts';
import type { WriteOptions } from '../../src/formats/format.ts';
import { DATASET_KEY, SCHEMA_KEY } from '../../src/formats/parquet/layout.ts';
import { COMPRESSIONS } from '../../src/formats/parquet/write/compression.ts';
import { levelWriter } from '../../src/formats/parquet/write/levels.ts';
import { parquetWriter } from '../../src/formats/parquet/write/writer.ts';
import type { ByteSink } from '../../src/stores/bytes.ts';
import { datasetOf, WRITE, writeTable } from '../support/format-io.ts';
import { everyKind, randomTable } from '../support/tables.ts';

const FORMAT = { name: 'parquet', writer: parquetWriter };

function tableOf(f: Field, values: readonly Value[]): Batch {
  return makeBatch({ fields: [f] }, [columnFromValues(f.type, values)]);
}

async function footerOf(
  table: Batch,
  options: Partial<WriteOptions> = {},
  rowsPerWrite?: number,
): Promise<FileMetaData> {
  const more = rowsPerWrite === undefined ? {} : { rowsPerWrite };
  const bytes = await writeTable(FORMAT, table, { options: { ...WRITE, ...options }, ...more });
  return parquetMetadata(bytes.buffer);
}

async function failure(work: Promise<unknown>): Promise<VtsError> {
  try {
    await work;
  } catch (error) {
    if (isVtsError(error)) return error;
    throw error;
  }
  throw new TypeError('nothing failed');
}

describe('levels', () => {
  const runs = fc.array(fc.tuple(fc.nat(15), fc.oneof(fc.nat(20), fc.nat(2000))), { maxLength: 60 });

  test('come back from another decoder', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 15 }), runs, (max, list) => {
      const writer = levelWriter(max);
      const expected = list.flatMap(([value, count]) => Array<number>(count).fill(value % (max + 1)));
      for (const [value, count] of list) writer.add(value % (max + 1), count);
      expect(writer.count).toBe(expected.length);
      const encoded = writer.finish();
      const actual = new Array<number>(expected.length);
      const reader = { view: new DataView(encoded.buffer, 0, encoded.length), offset: 0 };
      readRleBitPackedHybrid(reader, 32 - Math.clz32(max), actual, encoded.length);
      expect(actual).toEqual(expected);
    }));
  });

  test('a page does not depend on the one before', () => {
    const writer = levelWriter(3);
    const page = () => {
      for (const [value, count] of [[0, 1], [1, 127], [3, 5], [0, 2]]) writer.add(value, count);
      return writer.finish();
    };
    const [first, second] = [page(), page()];
    expect(second).toEqual(first);
  });
});

describe('the footer', () => {
  test('holds the schema and what is known of the data set', async () => {
    const table = randomTable(everyKind(4), { rows: 3 });
    const dataset = datasetOf(table, { metric: 'COSINE', roles: { id: 'id', vector: 'vector' } });
    const bytes = await writeTable(FORMAT, table, { dataset });
    const { key_value_metadata: pairs, num_rows: rows } = parquetMetadata(bytes.buffer);
    const json = Object.fromEntries(pairs!.map(({ key, value }) => [key, JSON.parse(value!)]));
    expect(rows).toBe(3n);
    expect(json[SCHEMA_KEY].fields[0]).toEqual({ name: 'id', type: 'Int64', primaryKey: true });
    expect(json[DATASET_KEY]).toEqual({ metric: 'COSINE', id: 'id', vector: 'vector' });
  });

  test('marks exactly the nullable fields OPTIONAL', async () => {
    const schema = everyKind(4);
    const { schema: elements } = await footerOf(randomTable(schema, { rows: 1 }));
    for (const { name, nullable } of schema.fields) {
      expect(elements.find((element) => element.name === name)!.repetition_type).toBe(
        nullable ? 'OPTIONAL' : 'REQUIRED',
      );
    }
  });

  test.each(Object.entries(COMPRESSIONS))(
    '%s gives vectors and other columns their codecs',
    async (name, choice) => {
      const { row_groups: [{ columns }] } = await footerOf(randomTable(everyKind(4), { rows: 9 }), {
        compression: name,
      });
      const codecs = new Map(
        columns.map(({ meta_data: column }) => [column!.path_in_schema.join('.'), column!.codec]),
      );
      for (const path of ['vector.list.element', 'bits', 'structs.list.element.v.list.element']) {
        expect(codecs.get(path)).toBe(choice.vectors);
      }
      for (const path of ['id', 'sparse.values.list.element', 'floats.list.element']) {
        expect(codecs.get(path)).toBe(choice.others);
      }
    },
  );
});

describe('statistics', () => {
  async function statistics(type: LogicalType, values: readonly Value[]) {
    const { row_groups: [{ columns }] } = await footerOf(
      tableOf(field('x', type, { nullable: true }), values),
      {},
      2,
    );
    const { min_value: min, max_value: max, null_count: nulls } = columns[0].meta_data!.statistics!;
    return [min, max, nulls];
  }

  test('are exact', async () => {
    const long = [5n, null, -(2n ** 63n), 2n ** 63n - 1n, 2n ** 32n, -1n];
    expect(await statistics({ kind: 'Int64' }, long)).toEqual([-(2n ** 63n), 2n ** 63n - 1n, 1n]);
    expect(await statistics({ kind: 'Int8' }, [3, -128, 127, null, null])).toEqual([-128, 127, 2n]);
    expect(await statistics({ kind: 'Double' }, [1.5, -2.5, null])).toEqual([-2.5, 1.5, 1n]);
    expect(await statistics({ kind: 'VarChar' }, ['b', 'ab', 'ä', '👍', 'a'])).toEqual(['a', '👍', 0n]);
  });

  test('cover both zeros', async () => {
    const [min, max] = await statistics({ kind: 'Float' }, [0, -0, 0]);
    expect(Object.is(min, -0)).toBe(true);
    expect(Object.is(max, 0)).toBe(true);
  });

  test('have no bounds where these would mislead', async () => {
    expect(await statistics({ kind: 'Float' }, [1, NaN, 2])).toEqual([undefined, undefined, 0n]);
    expect(await statistics({ kind: 'VarChar' }, ['a', 'x'.repeat(100)])).toEqual([undefined, undefined, 0n]);
    expect(await statistics({ kind: 'Int32' }, [null, null])).toEqual([undefined, undefined, 2n]);
  });
});

describe('row groups', () => {
  test('are cut by bytes, whatever the size of the batches', async () => {
    const type = { kind: 'FloatVector', dim: 1024 } as const;
    const batch = makeBatch({ fields: [field('v', type)] }, [
      fixedColumn(type, new Float32Array(1024 * 1000).fill(1)),
    ]);
    for (const [rowsPerWrite, times] of [[1000, 20], [100, 200]]) {
      const tail = await writeMany(sliceBatch(batch, 0, rowsPerWrite), times);
      const groups = tail.row_groups.map((group) => Number(group.num_rows));
      expect(groups.reduce((sum, rows) => sum + rows, 0)).toBe(20_000);
      const sizes = tail.row_groups.map((group) => Number(group.total_byte_size));
      expect(sizes.length).toBeGreaterThan(1);
      for (const size of sizes) expect(size).toBeLessThan(36 << 20);
      for (const size of sizes.slice(0, -1)) expect(size).toBeGreaterThanOrEqual(20 << 20);
    }
  });

  /** Writes `batch` again and again, keeps only the end of the file, and reads the footer. */
  async function writeMany(batch: Batch, times: number): Promise<FileMetaData> {
    let position = 0;
    let tail = new Uint8Array(0);
    const sink: ByteSink = {
      name: 'sink',
      seekable: false,
      get position() {
        return position;
      },
      // deno-lint-ignore require-await
      async write(bytes) {
        position += bytes.length;
        tail = bytes.slice();
      },
      async writeAll(pieces) {
        for (const piece of pieces) await sink.write(piece);
      },
      async commit() {},
      async abort() {},
    };
    const writer = await parquetWriter.open(sink, datasetOf(batch), WRITE);
    for (let i = 0; i < times; i++) await writer.write(batch);
    await writer.finish();
    return parquetMetadata(tail.buffer);
  }
});

describe('rows that do not fit', () => {
  const message = async (f: Field, values: readonly Value[]) =>
    await failure(writeTable(FORMAT, tableOf(f, values), { rowsPerWrite: 2 }));

  test('a null in a field that has none', async () => {
    const error = await message(field('x', { kind: 'Int64' }), [1n, 2n, 3n, null]);
    expect([error.code, error.details.row, error.details.field]).toEqual(['RowInvalid', 3, 'x']);
  });

  test('a null in a struct', async () => {
    const type: LogicalType = { kind: 'StructArray', fields: [field('n', { kind: 'Int64' })] };
    const error = await message(field('x', type), [[], [{ n: 1n }, { n: 2n }], [{ n: 3n }, { n: null }], [{
      n: 4n,
    }]]);
    expect([error.code, error.details.row, error.details.field]).toEqual(['RowInvalid', 2, 'x.n']);
  });

  test('a time that RFC 3339 cannot say', async () => {
    const error = await message(field('t', { kind: 'Timestamptz' }, { nullable: true }), [
      0n,
      null,
      2n ** 62n,
    ]);
    expect([error.code, error.details.row, error.details.field]).toEqual(['RowInvalid', 2, 't']);
  });

  test.each([
    ['broken', [0x61], [0x62, 0xff]],
    ['cut within a character', [0xc3], [0xa4]],
    ['a character over two rows', [0x61, 0xc3], [0xa4, 0x61]],
  ])('text that is not UTF-8: %s', async (_, first, second) => {
    const offsets = Int32Array.of(0, first.length, first.length + second.length);
    const column = bytesColumn({ kind: 'VarChar' }, offsets, Uint8Array.from([...first, ...second]));
    const table = makeBatch({ fields: [field('text', { kind: 'VarChar' })] }, [column]);
    const error = await failure(writeTable(FORMAT, table));
    expect([error.code, error.details.row]).toEqual([
      'RowInvalid',
      first[0] === 0x61 && first.length === 1 ? 1 : 0,
    ]);
  });
});

describe('what cannot be written is said before', () => {
  const problems = (...fields: Field[]) =>
    parquetWriter.check!({ schema: { fields }, roles: {}, notes: [] }, WRITE).map((
      { field, message },
    ) => [field, message]);

  test('columns of one name', () => {
    expect(problems(field('a', { kind: 'Bool' }), field('a', { kind: 'Int8' }))).toEqual([[
      'a',
      'two columns are called "a"',
    ]]);
    expect(problems(...everyKind().fields)).toEqual([]);
  });

  test('the remedy quotes names for a shell', () => {
    const fields = [field('a b', { kind: 'Bool' }), field('a b', { kind: 'Int8' })];
    const [{ remedy }] = parquetWriter.check!({ schema: { fields }, roles: {}, notes: [] }, WRITE);
    expect(remedy).toBe("--rename 'a b'=NEW");
  });

  test('forms that may surprise are notes, one for the columns of a form', () => {
    const fields = [
      field('t', { kind: 'Timestamptz' }),
      field('u', { kind: 'Timestamptz' }),
      field('h', { kind: 'Float16Vector', dim: 2 }),
      field('b', { kind: 'BinaryVector', dim: 8 }),
      field('v', { kind: 'FloatVector', dim: 2 }),
    ];
    const notes = parquetWriter.notes!({ schema: { fields }, roles: {}, notes: [] }, WRITE);
    expect(notes).toEqual([
      '"t", "u" in RFC 3339 text, as Milvus imports times',
      '"h", "b" in binary, as Milvus imports such vectors',
    ]);
  });

  test('a struct without fields', () => {
    expect(problems(field('s', { kind: 'StructArray', fields: [] }))).toEqual([[
      's',
      'Parquet has no struct without fields',
    ]]);
  });

  test('an unknown compression', async () => {
    const error = await failure(footerOf(randomTable(everyKind(), { rows: 1 }), { compression: 'lzma' }));
    expect([error.code, error.details.expected]).toEqual([
      'Usage',
      'one of auto, none, zstd, snappy, gzip, bss',
    ]);
  });
});

test.each(Object.keys(COMPRESSIONS))(
  '%s makes the same bytes in one thread and in several',
  async (name) => {
    const table = randomTable(everyKind(64), { rows: 500 });
    const [one, two] = await Promise.all(
      [1, 2].map((threads) =>
        writeTable(FORMAT, table, { options: { ...WRITE, compression: name, threads }, rowsPerWrite: 100 })
      ),
    );
    expect(Buffer.compare(one, two)).toBe(0);
  },
);
