/** Replies of Milvus that are cut, changed or inconsistent: an error that says what is wrong, or a result, and nothing else. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { makeBatch } from '../../src/core/batch.ts';
import { type Field, field } from '../../src/core/schema.ts';
import { decodeDescribe } from '../../src/connectors/milvus/codec/collection-schema.ts';
import { decodeMutation } from '../../src/connectors/milvus/codec/mutation.ts';
import { decodeQueryReply } from '../../src/connectors/milvus/codec/query.ts';
import { isVtsError, VtsError } from '../../src/errors.ts';
import { randomTable } from '../support/tables.ts';
import { fieldData, type Message, milvusSchema, protoEncode } from './milvus-codec-proto.ts';

const SCHEMA = milvusSchema(8);
const FORMS = { dense: true, within: false, binary: true, quiet: false };

function replyOf(rows: number, seed: number, binary = true): Uint8Array<ArrayBuffer> {
  const { columns } = randomTable(SCHEMA, { rows, seed, nanPayloads: false });
  const fieldsData = columns.map((column, i) => fieldData(SCHEMA.fields[i], column, { ...FORMS, binary }));
  return protoEncode('milvus.QueryResults', { status: { reason: 'fine' }, fieldsData, sessionTs: '5' });
}

function describeReply(): Uint8Array<ArrayBuffer> {
  return protoEncode('milvus.DescribeCollectionResponse', {
    schema: {
      name: 'c',
      fields: [
        { name: 'id', dataType: 5, isPrimaryKey: true, defaultValue: { longData: '7' } },
        { name: 'v', dataType: 101, typeParams: [{ key: 'dim', value: '8' }] },
      ],
      structArrayFields: [{
        name: 's',
        fields: [{
          name: 'n',
          dataType: 22,
          elementType: 5,
          typeParams: [{ key: 'max_capacity', value: '8' }],
        }],
      }],
      functions: [{ name: 'f', inputFieldNames: ['a'] }],
    },
    aliases: ['a'],
    properties: [{ key: 'k', value: 'v' }],
  });
}

/** The result of `decode`, which may only fail with a VtsError. */
function attempt<T>(decode: () => T): T | VtsError {
  try {
    return decode();
  } catch (error) {
    if (isVtsError(error)) return error;
    throw error;
  }
}

function attemptReply(bytes: Uint8Array): void {
  const read = attempt(() => decodeQueryReply(bytes, SCHEMA.fields));
  if (read instanceof VtsError) {
    expect(['InputMalformed', 'RowInvalid']).toContain(read.code);
  } else {
    // Throws unless all columns have the layout and the length that they say.
    makeBatch(SCHEMA, read.columns);
  }
}

function one(message: Message, f: Field): VtsError {
  const bytes = protoEncode('milvus.QueryResults', { fieldsData: [{ fieldName: f.name, ...message }] });
  const error = attempt(() => decodeQueryReply(bytes, [f]));
  if (error instanceof VtsError) return error;
  throw new TypeError('the reply was accepted');
}

describe('a reply', () => {
  test('cut at any byte is no crash, and never has more rows', () => {
    const bytes = replyOf(2, 3);
    for (let end = 0; end < bytes.length; end++) attemptReply(bytes.subarray(0, end));
  });

  test('changed at random is no crash', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 1, max: 1000 }),
        fc.boolean(),
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 6 }),
        (rows, seed, binary, changes) => {
          const bytes = replyOf(rows, seed, binary);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          attemptReply(bytes);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('of random bytes is no crash', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => attemptReply(bytes)), {
      numRuns: 1000,
    });
  });

  test('that claims more than it has allocates nothing', () => {
    // A FieldData of 2^32 - 1 bytes.
    const error = attempt(() => decodeQueryReply(Uint8Array.of(0x12, 0xff, 0xff, 0xff, 0xff, 0x0f), []));
    expect(error).toMatchObject({ code: 'InputMalformed', details: { byte: 6 } });
  });

  test('whose columns differ in length names both', () => {
    const [id, n] = [field('id', { kind: 'Int64' }), field('n', { kind: 'Int32' })];
    const bytes = protoEncode('milvus.QueryResults', {
      fieldsData: [
        { fieldName: 'n', scalars: { intData: { data: [1, 2, 3] } } },
        { fieldName: 'id', scalars: { longData: { data: ['1', '2'] } } },
      ],
    });
    expect(() => decodeQueryReply(bytes, [id, n])).toThrow('column "n" has 3 rows, column "id" 2');
  });

  test('without a column that was asked for names it', () => {
    const bytes = protoEncode('milvus.QueryResults', {
      fieldsData: [{ fieldName: 'id', scalars: { longData: { data: ['1'] } } }],
    });
    const fields = [field('id', { kind: 'Int64' }), field('n', { kind: 'Int32' })];
    expect(attempt(() => decodeQueryReply(bytes, fields))).toMatchObject({
      code: 'InputMalformed',
      details: { field: 'n' },
    });
  });

  test('says which field is not what the schema says', () => {
    const n = field('n', { kind: 'Int8' });
    const v = field('v', { kind: 'FloatVector', dim: 2 });
    const wrong: [Message, Field, RegExp][] = [
      [{ scalars: { longData: { data: ['1'] } } }, n, /Int8 field came as long values/],
      [{ scalars: { intData: { data: [128] } } }, n, /does not fit 8 bits/],
      [
        { scalars: { intData: { data: [1] } }, validData: [true, false, true] },
        n,
        /1 values came for 3 rows/,
      ],
      [{ scalars: { intData: { data: [0] } }, validData: [false] }, n, /no nulls/],
      [{ vectors: { dim: 3, floatVector: { data: [1, 2, 3] } } }, v, /dimension 3 .* schema says 2/],
      [{ vectors: { floatVector: { data: [1, 2, 3] } } }, v, /12 bytes/],
      [{ vectors: { binaryVector: Buffer.alloc(8) } }, v, /FloatVector field came as BinaryVector/],
      [
        { vectors: { sparseFloatVector: { contents: [Buffer.alloc(7)] } } },
        field('s', { kind: 'SparseFloatVector' }),
        /no list of pairs/,
      ],
      [
        { scalars: { stringData: { data: ['noon'] } } },
        field('t', { kind: 'Timestamptz' }),
        /"noon" is no time/,
      ],
    ];
    for (const [message, f, text] of wrong) {
      const error = one(message, f);
      expect(error.message).toMatch(text);
      expect(error).toMatchObject({ code: 'InputMalformed', details: { field: f.name } });
    }
  });

  test('with structs whose lists differ names the fields', () => {
    const f = field('s', {
      kind: 'StructArray',
      fields: [field('a', { kind: 'Int64' }), field('b', { kind: 'Int64' })],
    });
    const list = (fieldName: string, data: string[]) => ({
      fieldName,
      scalars: { arrayData: { data: [{ longData: { data } }] } },
    });
    const error = one({ structArrays: { fields: [list('a', ['1']), list('b', ['1', '2'])] } }, f);
    expect(error.message).toMatch(/"b" and "a" differ/);
  });
});

describe('other replies', () => {
  test('cut or changed are no crash', () => {
    const replies = [
      [describeReply(), decodeDescribe],
      [
        protoEncode('milvus.MutationResult', {
          IDs: { strId: { data: ['a', 'b'] } },
          errIndex: [1, 2],
          insertCnt: '3',
        }),
        (reply: Uint8Array) => decodeMutation(reply, { withIds: true }),
      ],
    ] as const;
    for (const [bytes, decode] of replies) {
      for (let at = 0; at < bytes.length; at++) {
        attempt(() => decode(bytes.subarray(0, at)));
        for (const value of [0, 0x7f, 0x80, 0xff]) {
          const changed = bytes.slice();
          changed[at] = value;
          attempt(() => decode(changed));
        }
      }
    }
  });
});
