/** Rows between columns and Milvus' messages, against protobufjs as an independent encoder and decoder. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Batch, makeBatch } from '../../src/core/batch.ts';
import { type Column, fixedColumn, sliceColumn, valueBytes } from '../../src/core/column.ts';
import { type Field, field } from '../../src/core/schema.ts';
import { columnFromValues, valueAt } from '../../src/core/values.ts';
import { encodeMessage } from '../../src/connectors/milvus/codec/encode.ts';
import { type InsertMessage, insertMessage } from '../../src/connectors/milvus/codec/insert.ts';
import { decodeMutation } from '../../src/connectors/milvus/codec/mutation.ts';
import { decodeCount, decodeQueryReply, encodeQuery } from '../../src/connectors/milvus/codec/query.ts';
import { expectSameRows } from '../support/compare.ts';
import { randomTable } from '../support/tables.ts';
import {
  fieldData,
  INSERT,
  type Message,
  milvusSchema,
  protoDecode,
  protoEncode,
} from './milvus-codec-proto.ts';

const FORMS = fc.record({
  dense: fc.boolean(),
  within: fc.boolean(),
  binary: fc.boolean(),
  quiet: fc.boolean(),
});

/** What a random table is made from, which says more in a failure than the table. */
const TABLES = fc.record({
  rows: fc.integer({ min: 0, max: 30 }),
  seed: fc.integer({ min: 1, max: 1e6 }),
  dim: fc.constantFrom(8, 16, 32),
});

function table({ rows, seed, dim }: { rows: number; seed: number; dim: number }): Batch {
  return randomTable(milvusSchema(dim), { rows, seed, nanPayloads: false });
}

function encodeInsert(message: InsertMessage): Uint8Array {
  return encodeMessage([insertMessage(message)]);
}

function reply(fields: readonly Message[], more: Message = {}): Uint8Array {
  return protoEncode('milvus.QueryResults', { fieldsData: fields, ...more });
}

function readOne(f: Field, ...columns: Message[]): Column {
  return decodeQueryReply(reply(columns), [f]).columns[0];
}

describe('a reply', () => {
  test('of every type, with nulls in any form, gives the rows that are in it', () => {
    fc.assert(
      fc.property(TABLES, FORMS, fc.boolean(), (made, forms, backwards) => {
        const batch = table(made);
        const { schema, columns } = batch;
        const fields = columns.map((column, i) => fieldData(schema.fields[i], column, forms));
        if (backwards) fields.reverse();
        const read = decodeQueryReply(reply(fields, { sessionTs: '449000000000000001' }), schema.fields);
        expect(read.rows).toBe(batch.length);
        expect(read.sessionTs).toBe(449000000000000001n);
        expectSameRows(makeBatch(schema, read.columns), batch, { nanPayloads: false });
      }),
      { numRuns: 60 },
    );
  });

  test('may hold a column in several chunks, and numbers that are not packed', () => {
    const [a, b] = [-5n, 2n ** 63n - 1n];
    const half = (data: string[]) =>
      protoEncode('schema.FieldData', { fieldName: 'id', scalars: { longData: { data } } });
    const chunks = [half([`${a}`]), half([`${b}`])].map((bytes) => [...bytes]);
    // One FieldData whose fields, also its `scalars`, come twice; then the number 7, neither packed nor in the same place.
    const single = [0x1a, 4, 0x1a, 2, 0x08, 7];
    const merged = [...chunks[0], ...chunks[1], ...single];
    const bytes = Uint8Array.of(0x12, merged.length, ...merged);
    const { columns: [column] } = decodeQueryReply(bytes, [field('id', { kind: 'Int64' })]);
    expect([...column.values as BigInt64Array]).toEqual([a, b, 7n]);
  });

  test('keeps the payload of NaN, at any alignment', () => {
    const bits = Uint32Array.of(0x7fc00001, 0xffc12345, 0x7f800001, 0x80000000);
    const column = fixedColumn({ kind: 'FloatVector', dim: 2 }, new Float32Array(bits.buffer));
    for (const name of ['v', 've', 'vec', 'vect']) {
      const f = field(name, column.type);
      const message = encodeInsert({
        database: '',
        collection: '',
        batch: makeBatch({ fields: [f] }, [column]),
      });
      // Field 5 of an insert is field 2 of a reply; the rest of the message is the same.
      const found = protoDecode('milvus.InsertRequest', message).fieldsData as Message[];
      expect(found).toHaveLength(1);
      const read = decodeQueryReply(Uint8Array.of(0x12, ...message.subarray(1, message.length - 2)), [f]);
      expect(new Uint32Array(read.columns[0].values.buffer)).toEqual(bits);
    }
  });

  test('of an array may have rows without any member, as 2.3.5 writes empty ones', () => {
    const f = field('a', { kind: 'Array', element: { kind: 'Int64' } });
    const column = readOne(f, {
      fieldName: 'a',
      scalars: {
        arrayData: { data: [{}, { longData: { data: ['1', '-2'] } }, { longData: {} }], elementType: 5 },
      },
    });
    expect([0, 1, 2].map((row) => valueAt(column, row))).toEqual([[], [1n, -2n], []]);
  });

  test('may hold null elements in arrays, with and without placeholders', () => {
    const f = field('a', { kind: 'Array', element: { kind: 'Int32' } }, { elementNullable: true });
    const column = readOne(f, {
      fieldName: 'a',
      scalars: {
        arrayData: {
          data: [
            { intData: { data: [1, 0, 3] }, validData: [true, false, true] },
            { intData: { data: [5] } },
            { intData: { data: [7] }, validData: [false, true] },
          ],
        },
      },
    });
    expect([0, 1, 2].map((row) => valueAt(column, row))).toEqual([[1, null, 3], [5], [null, 7]]);
  });

  test('names the fields of structs plainly or with their struct', () => {
    const f = field('s', { kind: 'StructArray', fields: [field('n', { kind: 'Int64' })] });
    for (const fieldName of ['n', 's[n]']) {
      const column = readOne(f, {
        fieldName: 's',
        structArrays: {
          fields: [{ fieldName, scalars: { arrayData: { data: [{ longData: { data: ['4'] } }] } } }],
        },
      });
      expect(valueAt(column, 0)).toEqual([{ n: 4n }]);
    }
  });

  test('finds the dynamic column by its flag, and its null rows are objects without keys', () => {
    const f = field('extra', { kind: 'JSON' }, { dynamic: true });
    const column = readOne(f, {
      fieldName: '$meta',
      isDynamic: true,
      scalars: { jsonData: { data: [Buffer.from('{"a": 1.50}'), Buffer.from('null')] } },
      validData: [true, false],
    });
    expect([valueAt(column, 0), valueAt(column, 1)]).toEqual(['{"a": 1.50}', '{}']);
  });

  test('without rows may have no columns', () => {
    const { rows, columns } = decodeQueryReply(reply([]), milvusSchema().fields);
    expect(rows).toBe(0);
    expect(columns.map((c) => c.length)).toEqual(milvusSchema().fields.map(() => 0));
  });

  test('tells times in the time zone of the server', () => {
    const column = readOne(field('t', { kind: 'Timestamptz' }), {
      fieldName: 't',
      scalars: { stringData: { data: ['2024-05-01T14:30:00.000001+02:00'] } },
    });
    expect(valueAt(column, 0)).toBe(BigInt(Date.UTC(2024, 4, 1, 12, 30)) * 1000n + 1n);
  });

  test('to count(*) is a number', () => {
    const counted = reply([{ fieldName: 'count(*)', scalars: { longData: { data: ['4000000000'] } } }]);
    expect(decodeCount(counted).count).toBe(4000000000n);
    const failed = reply([], { status: { code: 101, reason: 'not loaded', errorCode: 1 } });
    expect(decodeCount(failed)).toEqual({
      status: { code: 101, errorCode: 1, reason: 'not loaded', retriable: false, detail: '', extra: {} },
      count: undefined,
    });
  });
});

describe('an insert', () => {
  test('of every type is what the published proto says', () => {
    fc.assert(
      fc.property(TABLES, (made) => {
        const batch = table(made);
        const { schema, columns, length } = batch;
        const ours = encodeInsert({
          database: 'd',
          collection: 'c',
          partition: 'p',
          batch,
          schemaTimestamp: 7n,
        });
        const fieldsData = columns.map((column, i) => fieldData(schema.fields[i], column, INSERT));
        const theirs = protoEncode('milvus.InsertRequest', {
          dbName: 'd',
          collectionName: 'c',
          partitionName: 'p',
          fieldsData,
          numRows: length,
          schemaTimestamp: '7',
        });
        for (const request of ['milvus.InsertRequest', 'milvus.UpsertRequest']) {
          expect(protoDecode(request, ours, true)).toEqual(protoDecode(request, theirs, true));
        }
      }),
      { numRuns: 60 },
    );
  });

  test('of a slice holds the rows of the slice', () => {
    fc.assert(
      fc.property(TABLES, fc.nat(), fc.nat(), (made, a, b) => {
        const batch = table(made);
        const [start, end] = [a, b].map((n) => n % (batch.length + 1)).sort((x, y) => x - y);
        const { schema, columns } = batch;
        const slices = columns.map((column) => sliceColumn(column, start, end));
        const fresh = slices.map((column) =>
          columnFromValues(column.type, Array.from({ length: end - start }, (_, row) => valueAt(column, row)))
        );
        const [sliced, whole] = [slices, fresh].map((list) =>
          encodeInsert({ database: '', collection: '', batch: makeBatch(schema, list) })
        );
        expect(protoDecode('milvus.InsertRequest', sliced)).toEqual(
          protoDecode('milvus.InsertRequest', whole),
        );
      }),
      { numRuns: 30 },
    );
  });

  test('copies the bytes of vectors', () => {
    const bits = Uint32Array.of(0x7fc00001, 0xffc12345);
    const column = fixedColumn({ kind: 'FloatVector', dim: 1 }, new Float32Array(bits.buffer));
    const batch = makeBatch({ fields: [field('v', column.type)] }, [column]);
    const message = Buffer.from(encodeInsert({ database: 'd', collection: 'c', batch }));
    expect(message.includes(Buffer.from(valueBytes(column)))).toBe(true);
  });

  test('says which rows are valid where the target may ask, and nowhere else', () => {
    const column = columnFromValues({ kind: 'Int32' }, [1, 2]);
    const said = (f: Partial<Field>) => {
      const batch = makeBatch({ fields: [field('n', { kind: 'Int32' }, f)] }, [column]);
      const message = encodeInsert({ database: 'd', collection: 'c', batch });
      return (protoDecode('milvus.InsertRequest', message).fieldsData as Message[])[0].validData;
    };
    expect(said({})).toBeUndefined();
    expect(said({ nullable: true })).toEqual([true, true]);
    expect(said({ defaultValue: 0 })).toEqual([true, true]);
  });

  test('refuses nulls that the target does not take, naming the row', () => {
    const column = columnFromValues({ kind: 'Int32' }, [1, null]);
    const batch = makeBatch({ fields: [field('n', { kind: 'Int32' })] }, [column]);
    expect(() => encodeInsert({ database: 'd', collection: 'c', batch })).toThrow(
      expect.objectContaining({
        code: 'RowInvalid',
        details: expect.objectContaining({ field: 'n', row: 1 }),
      }),
    );
  });

  test('refuses null elements', () => {
    const type = { kind: 'Array', element: { kind: 'Int32' } } as const;
    const batch = makeBatch({ fields: [field('n', type)] }, [columnFromValues(type, [[1, null]])]);
    expect(() => encodeInsert({ database: 'd', collection: 'c', batch })).toThrow(/null within a list/);
  });

  test('writes null rows of the dynamic field as objects without keys', () => {
    const f = field('$meta', { kind: 'JSON' }, { dynamic: true, nullable: true });
    const batch = makeBatch({ fields: [f] }, [columnFromValues({ kind: 'JSON' }, ['{"a":1}', null])]);
    const message = encodeInsert({ database: 'd', collection: 'c', batch });
    expect((protoDecode('milvus.InsertRequest', message).fieldsData as Message[])[0]).toMatchObject({
      isDynamic: true,
      scalars: { jsonData: { data: ['{"a":1}', '{}'].map((text) => [...Buffer.from(text)]) } },
    });
  });
});

describe('a query', () => {
  test('is what the published proto says', () => {
    const message = encodeQuery({
      database: 'd',
      collection: 'c',
      expr: 'id > 5 and name != "日本"',
      outputFields: ['id', ''],
      partitions: ['p'],
      params: { limit: '10', iterator: 'True' },
      guaranteeTimestamp: 2n ** 64n - 1n,
      consistency: 2,
      useDefaultConsistency: true,
    });
    expect(protoDecode('milvus.QueryRequest', message)).toEqual({
      dbName: 'd',
      collectionName: 'c',
      expr: 'id > 5 and name != "日本"',
      outputFields: ['id', ''],
      partitionNames: ['p'],
      guaranteeTimestamp: `${2n ** 64n - 1n}`,
      queryParams: [{ key: 'limit', value: '10' }, { key: 'iterator', value: 'True' }],
      consistencyLevel: 2,
      useDefaultConsistency: true,
    });
  });
});

describe('the reply to an insert', () => {
  test('tells keys, counts and refused rows', () => {
    const message = (ids: Message) =>
      protoEncode('milvus.MutationResult', {
        status: { code: 9, reason: 'r', retriable: true, detail: 'd', extraInfo: { k: 'v' } },
        IDs: ids,
        succIndex: [0],
        errIndex: [1, 300],
        insertCnt: '1',
        deleteCnt: '2',
        upsertCnt: '3',
        timestamp: '449000000000000001',
      });
    const read = decodeMutation(message({ intId: { data: ['-1', '9007199254740993'] } }), { withIds: true });
    expect(read).toEqual({
      status: { code: 9, errorCode: 0, reason: 'r', retriable: true, detail: 'd', extra: { k: 'v' } },
      ids: BigInt64Array.of(-1n, 9007199254740993n),
      errorIndexes: [1, 300],
      inserted: 1,
      deleted: 2,
      upserted: 3,
      timestamp: 449000000000000001n,
    });
    expect(decodeMutation(message({ strId: { data: ['a', '日'] } }), { withIds: true }).ids).toEqual([
      'a',
      '日',
    ]);
    expect(decodeMutation(message({ strId: { data: ['a'] } }), { withIds: false }).ids).toBeUndefined();
    expect(decodeMutation(new Uint8Array(0), { withIds: true }).ids).toBeUndefined();
  });
});
