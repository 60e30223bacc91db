import { expect, test } from 'bun:test';
import { factsFromJson, factsToJson, schemaFromJson, schemaToJson } from '../../src/core/schema-json.ts';
import { field, type Schema } from '../../src/core/schema.ts';
import { everyKind } from '../support/tables.ts';

test('a schema comes back from JSON as it was', () => {
  const schema: Schema = {
    description: 'documents',
    fields: [
      ...everyKind(16).fields,
      field('key', { kind: 'Int64' }, {
        defaultValue: 2n ** 63n - 1n,
        autoId: true,
        partitionKey: true,
        clusteringKey: true,
      }),
      field('at', { kind: 'Timestamptz' }, { defaultValue: -5n, nullable: true, description: 'when' }),
      field('flag', { kind: 'Bool' }, { defaultValue: false }),
      field('$meta', { kind: 'JSON' }, { dynamic: true, params: { 'mmap.enabled': 'true' } }),
      field('open', { kind: 'VarChar' }),
      field('list', { kind: 'Array', element: { kind: 'VarChar' } }, {
        elementNullable: true,
        functionOutput: true,
      }),
    ],
  };
  expect(schemaFromJson(JSON.parse(JSON.stringify(schemaToJson(schema))), 'schema.json')).toEqual(schema);
});

test('facts beside the schema come back, and what is unknown is left out', () => {
  const facts = { metric: 'Lp', metricArg: 3, roles: { id: 'a', vector: 'b' } } as const;
  expect(factsFromJson(factsToJson(facts))).toEqual(facts);
  expect(factsFromJson({ metric: 'of tomorrow', more: 1 })).toEqual({ roles: {} });
  expect(factsFromJson(null)).toEqual({ roles: {} });
});

test('a schema that is wrong is refused with the path of what is wrong', () => {
  const wrong: [unknown, string][] = [
    [[], 'the schema'],
    [{}, 'fields'],
    [{ fields: [{ type: 'Int64' }] }, 'fields[0].name'],
    [{ fields: [{ name: 'a', type: 'Int65' }] }, 'fields[0].type'],
    [{ fields: [{ name: 'a', type: 'FloatVector' }] }, 'fields[0].dim'],
    [{ fields: [{ name: 'a', type: 'FloatVector', dim: 1.5 }] }, 'fields[0].dim'],
    [{ fields: [{ name: 'a', type: 'BinaryVector', dim: 12 }] }, 'fields[0].dim'],
    [{ fields: [{ name: 'a', type: 'Array' }] }, 'fields[0].element'],
    [{ fields: [{ name: 'a', type: 'Array', element: { type: 'JSON' } }] }, 'fields[0].element.type'],
    [
      { fields: [{ name: 'a', type: 'StructArray', fields: [{ name: 'b', type: 1 }] }] },
      'fields[0].fields[0].type',
    ],
    [{ fields: [{ name: 'a', type: 'Int64', defaultValue: 2 ** 53 }] }, 'fields[0].defaultValue'],
    [{ fields: [{ name: 'a', type: 'VarChar', maxLength: -1 }] }, 'fields[0].maxLength'],
    [{ fields: [{ name: 'a', type: 'Bool' }, { name: 'a', type: 'Bool' }] }, 'two fields called "a"'],
  ];
  for (const [json, path] of wrong) {
    expect(() => schemaFromJson(json as never, 'schema.json')).toThrow(expect.objectContaining({
      code: 'InputMalformed',
      message: expect.stringContaining(path),
      details: expect.objectContaining({ file: 'schema.json' }),
    }));
  }
});
