/** Schemas of Milvus collections, against protobufjs. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Field, Schema } from '../../src/core/schema.ts';
import { field } from '../../src/core/schema.ts';
import type { LogicalType } from '../../src/core/types.ts';
import {
  decodeDescribe,
  encodeCollectionSchema,
  unsupportedField,
} from '../../src/connectors/milvus/codec/collection-schema.ts';
import type { CollectionInfo } from '../../src/connectors/milvus/model.ts';
import { type Message, milvusSchema, protoDecode, protoEncode } from './milvus-codec-proto.ts';

const pair = (key: string, value: string) => ({ key, value });

function describeOf(schema: Message | Uint8Array, more: Message = {}): CollectionInfo {
  const raw = schema instanceof Uint8Array ? schema : protoEncode('schema.CollectionSchema', schema);
  // As field 2 of the reply, before the rest.
  const rest = protoEncode('milvus.DescribeCollectionResponse', more);
  const length = [raw.length & 0x7f | 0x80, raw.length >>> 7 & 0x7f | 0x80, raw.length >>> 14];
  const { info } = decodeDescribe(Uint8Array.of(0x12, ...length, ...raw, ...rest));
  if (info === undefined) throw new TypeError('no info');
  return info;
}

const BASE = { name: 'c', description: '', dynamic: false, functions: [], properties: {} };

function encoded(schema: Schema, more: Partial<Parameters<typeof encodeCollectionSchema>[0]> = {}): Message {
  const bytes = encodeCollectionSchema({ ...BASE, schema, ...more });
  return protoDecode('schema.CollectionSchema', bytes);
}

/** A schema as a server describes it, with everything in it. */
const FULL: Message = {
  name: 'docs',
  description: 'all of it',
  fields: [
    {
      fieldID: '100',
      name: 'id',
      isPrimaryKey: true,
      dataType: 5,
      autoID: true,
      description: 'key',
      state: 1,
    },
    {
      fieldID: '101',
      name: 'text',
      dataType: 21,
      typeParams: [
        pair('max_length', '500'),
        pair('enable_analyzer', 'true'),
        pair('analyzer_params', '{"a":1}'),
      ],
      isPartitionKey: true,
      defaultValue: { stringData: '' },
    },
    {
      fieldID: '102',
      name: 'n',
      dataType: 4,
      nullable: true,
      isClusteringKey: true,
      defaultValue: { intData: -5 },
    },
    { fieldID: '103', name: 'bm25', dataType: 104, isFunctionOutput: true },
    {
      fieldID: '104',
      name: 'v',
      dataType: 101,
      typeParams: [pair('dim', '8')],
      indexParams: [pair('x', 'y')],
    },
    {
      fieldID: '105',
      name: 'list',
      dataType: 22,
      elementType: 21,
      elementNullable: true,
      typeParams: [pair('max_capacity', '16'), pair('max_length', '32')],
    },
    { fieldID: '106', name: 'body', dataType: 25, externalField: 'outside' },
  ],
  enableDynamicField: true,
  properties: [pair('inner', '1')],
  functions: [{
    name: 'f',
    id: '100',
    description: 'ranks',
    type: 1,
    inputFieldNames: ['text'],
    inputFieldIds: ['101'],
    outputFieldNames: ['bm25'],
    outputFieldIds: ['103'],
    params: [pair('p', 'q')],
  }],
  dbName: 'db',
  structArrayFields: [{
    fieldID: '107',
    name: 'parts',
    description: 'of a text',
    nullable: true,
    typeParams: [pair('mmap.enabled', 'true')],
    fields: [
      {
        fieldID: '108',
        name: 'parts[words]',
        dataType: 22,
        elementType: 21,
        nullable: true,
        typeParams: [pair('max_length', '64'), pair('max_capacity', '9')],
      },
      {
        fieldID: '109',
        name: 'parts[v]',
        dataType: 106,
        elementType: 102,
        nullable: true,
        typeParams: [pair('dim', '4'), pair('max_capacity', '9')],
      },
    ],
  }],
  version: 3,
  externalSource: 's3://x',
  enableNamespace: true,
};

const FULL_FIELDS: readonly Field[] = [
  field('id', { kind: 'Int64' }, { primaryKey: true, autoId: true, description: 'key' }),
  field('text', { kind: 'VarChar', maxLength: 500 }, {
    partitionKey: true,
    defaultValue: '',
    params: { enable_analyzer: 'true', analyzer_params: '{"a":1}' },
  }),
  field('n', { kind: 'Int32' }, { nullable: true, clusteringKey: true, defaultValue: -5 }),
  field('bm25', { kind: 'SparseFloatVector' }, { functionOutput: true }),
  field('v', { kind: 'FloatVector', dim: 8 }),
  field('list', { kind: 'Array', element: { kind: 'VarChar', maxLength: 32 }, maxCapacity: 16 }, {
    elementNullable: true,
  }),
  field('body', { kind: 'VarChar' }),
  field('parts', {
    kind: 'StructArray',
    fields: [
      field('words', { kind: 'VarChar', maxLength: 64 }),
      field('v', { kind: 'Float16Vector', dim: 4 }),
    ],
    maxCapacity: 9,
  }, { nullable: true, description: 'of a text', params: { 'mmap.enabled': 'true' } }),
  field('$meta', { kind: 'JSON' }, { dynamic: true }),
];

describe('a description', () => {
  test('tells everything', () => {
    const info = describeOf(FULL, {
      collectionID: '449000000000000001',
      shardsNum: 2,
      aliases: ['a', 'b'],
      consistencyLevel: 2,
      collectionName: 'docs',
      properties: [pair('collection.ttl.seconds', '60')],
      dbName: 'db',
      numPartitions: '16',
    });
    expect(info).toEqual({
      database: 'db',
      name: 'docs',
      id: 449000000000000001n,
      schema: { fields: FULL_FIELDS, description: 'all of it' },
      unsupported: [],
      dynamic: true,
      functions: [
        { name: 'f', description: 'ranks', type: 1, inputs: ['text'], outputs: ['bm25'], params: { p: 'q' } },
      ],
      shards: 2,
      partitionCount: 16,
      consistency: 'Bounded',
      properties: { inner: '1', 'collection.ttl.seconds': '60' },
      aliases: ['a', 'b'],
      rawSchema: protoEncode('schema.CollectionSchema', FULL),
    });
  });

  test('of defaults tells each in its type', () => {
    const defaults: [number, Message, unknown][] = [
      [1, { boolData: false }, false],
      [2, { intData: -128 }, -128],
      [5, { longData: `${2n ** 63n - 1n}` }, 2n ** 63n - 1n],
      [10, { floatData: 1.5 }, 1.5],
      [11, { doubleData: 0.1 }, 0.1],
      [21, { stringData: '日' }, '日'],
      [23, { bytesData: Buffer.from('{"a": 1.0}') }, '{"a": 1.0}'],
      [26, { timestamptzData: '-1' }, -1n],
      [26, { stringData: '1970-01-01T01:00:00+00:00' }, 3600000000n],
    ];
    for (const [dataType, defaultValue, value] of defaults) {
      const info = describeOf({ name: 'c', fields: [{ name: 'f', dataType, defaultValue }] });
      expect(info.schema.fields[0].defaultValue).toBe(value as never);
    }
  });

  test('names the fields that vts cannot read, and tells the others', () => {
    const info = describeOf({
      name: 'c',
      fields: [
        { name: 'id', dataType: 5, isPrimaryKey: true },
        { name: 'd', dataType: 28 },
        { name: 'going', dataType: 5, state: 2 },
      ],
    }, { numPartitions: '1' });
    // A number that the enum of the test's proto does not have.
    const future = describeOf(Uint8Array.of(0x22, 6, 0x12, 1, 0x78, 0x28, 0x95, 0x02));
    expect(info.schema.fields.map((f) => f.name)).toEqual(['id']);
    expect(info.unsupported).toEqual([{ name: 'd', typeNumber: 28 }]);
    expect(info.partitionCount).toBe(0);
    expect(future.unsupported).toEqual([{ name: 'x', typeNumber: 277 }]);
    expect(unsupportedField(info.unsupported[0])).toMatchObject({
      code: 'InputUnsupported',
      message: 'vts cannot read the type Date (28)',
      details: { field: 'd' },
    });
    expect(unsupportedField(future.unsupported[0]).message).toBe('vts cannot read the type 277');
  });

  test('that is a refusal has no collection', () => {
    const bytes = protoEncode('milvus.DescribeCollectionResponse', {
      status: { code: 100, reason: 'not found' },
    });
    expect(decodeDescribe(bytes)).toMatchObject({ status: { code: 100, reason: 'not found' } });
    expect(decodeDescribe(bytes).info).toBeUndefined();
  });

  test('with a dimension that is none names the field', () => {
    expect(() => describeOf({ name: 'c', fields: [{ name: 'v', dataType: 101 }] })).toThrow(
      expect.objectContaining({ code: 'InputMalformed', details: expect.objectContaining({ field: 'v' }) }),
    );
  });
});

describe('a new collection', () => {
  test('of every type is described as it was made', () => {
    // Struct arrays have a list of their own, so they come after the others.
    const rank = (f: Field) => f.dynamic ? 2 : f.type.kind === 'StructArray' ? 1 : 0;
    const fields = milvusSchema(16).fields.toSorted((a, b) => rank(a) - rank(b));
    const bytes = encodeCollectionSchema({ ...BASE, description: 'd', dynamic: true, schema: { fields } });
    expect(describeOf(bytes).schema).toEqual({ fields, description: 'd' });
  });

  test('with any defaults and flags is described as it was made', () => {
    const values: [LogicalType, fc.Arbitrary<unknown>][] = [
      [{ kind: 'Bool' }, fc.boolean()],
      [{ kind: 'Int16' }, fc.integer({ min: -32768, max: 32767 })],
      [{ kind: 'Int64' }, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
      [{ kind: 'Float' }, fc.float({ noNaN: true })],
      [{ kind: 'Double' }, fc.double({ noNaN: true })],
      [{ kind: 'VarChar', maxLength: 9 }, fc.string({ unit: 'grapheme' })],
      [{ kind: 'JSON' }, fc.json()],
      [{ kind: 'Timestamptz' }, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
    ];
    const made = fc.constantFrom(...values).chain(([type, value]) =>
      fc.record({
        name: fc.string(),
        defaultValue: value,
        nullable: fc.boolean(),
        description: fc.string({ minLength: 1 }),
        params: fc.constantFrom({ 'mmap.enabled': 'true' }, { a: '', b: 'x' }),
      }).map((attributes): Field => ({ ...attributes, type } as Field))
    );
    fc.assert(fc.property(fc.array(made, { maxLength: 4 }), (fields) => {
      const bytes = encodeCollectionSchema({ ...BASE, schema: { fields } });
      expect(describeOf(bytes).schema.fields).toEqual(fields);
    }));
  });

  test('is what the published proto says', () => {
    const message = encoded({ fields: FULL_FIELDS }, {
      name: 'docs',
      description: 'all of it',
      dynamic: true,
      properties: { k: 'v' },
      functions: [
        { name: 'f', description: 'ranks', type: 1, inputs: ['text'], outputs: ['bm25'], params: { p: 'q' } },
      ],
    });
    expect(message).toMatchObject({
      name: 'docs',
      description: 'all of it',
      autoID: true,
      enableDynamicField: true,
    });
    expect(message.properties).toEqual([pair('k', 'v')]);
    expect(message.functions).toEqual([{
      name: 'f',
      description: 'ranks',
      type: 1,
      inputFieldNames: ['text'],
      outputFieldNames: ['bm25'],
      params: [pair('p', 'q')],
    }]);
    expect((message.fields as Message[]).map((f) => f.name)).toEqual([
      'id',
      'text',
      'n',
      'bm25',
      'v',
      'list',
      'body',
    ]);
    expect((message.fields as Message[])[1]).toEqual({
      name: 'text',
      dataType: 21,
      isPartitionKey: true,
      typeParams: [
        pair('max_length', '500'),
        pair('enable_analyzer', 'true'),
        pair('analyzer_params', '{"a":1}'),
      ],
      defaultValue: { stringData: '' },
    });
    expect(message.structArrayFields).toEqual([{
      name: 'parts',
      description: 'of a text',
      nullable: true,
      typeParams: [pair('mmap.enabled', 'true')],
      fields: [
        {
          name: 'words',
          dataType: 22,
          elementType: 21,
          nullable: true,
          typeParams: [pair('max_length', '64'), pair('max_capacity', '9')],
        },
        {
          name: 'v',
          dataType: 106,
          elementType: 102,
          nullable: true,
          typeParams: [pair('dim', '4'), pair('max_capacity', '9')],
        },
      ],
    }]);
  });

  test('copied from another server keeps what is newer than vts, and nothing that only the other knows', () => {
    const future = protoEncode('schema.CollectionSchema', FULL);
    // Field 2000 of the collection, a text, which no proto has yet.
    const rawSchema = Uint8Array.of(...future, 0x82, 0x7d, 1, 0x7a);
    const [id, , , , v, , body, parts] = FULL_FIELDS;
    const schema = { fields: [id, v, body, parts] };
    const bytes = encodeCollectionSchema({ ...BASE, schema, rawSchema });
    const message = protoDecode('schema.CollectionSchema', bytes);
    expect([...bytes.slice(-4)]).toEqual([0x82, 0x7d, 1, 0x7a]);
    expect(message).toMatchObject({ name: 'c', externalSource: 's3://x', enableNamespace: true });
    expect(message).not.toHaveProperty('version');
    expect(message).not.toHaveProperty('dbName');
    expect(message.fields).toEqual([
      { name: 'id', isPrimaryKey: true, description: 'key', dataType: 5, autoID: true },
      { name: 'v', dataType: 101, typeParams: [pair('dim', '8')], indexParams: [pair('x', 'y')] },
      { name: 'body', dataType: 25, externalField: 'outside' },
    ]);
    expect(JSON.stringify(message)).not.toContain('fieldID');
  });
});
