import { describe, expect, test } from 'bun:test';
import { type FileMetaData, parquetMetadata, type SchemaElement } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import { readFileSync } from 'node:fs';
import { isVtsError, type VtsError } from '../../src/errors.ts';
import { parquet } from '../../src/formats/parquet/format.ts';
import { schemaTree } from '../../src/formats/parquet/read/schema-tree.ts';
import { expectSameRows } from '../support/compare.ts';
import { fixture } from '../support/fixtures.ts';
import { READ, readTable } from '../support/format-io.ts';

const load = (name: string) => new Uint8Array(readFileSync(fixture(`parquet/${name}.parquet`)));

/** `bytes` with a footer that `edit` has changed. */
function withFooter(bytes: Uint8Array, edit: (metadata: FileMetaData) => void): Uint8Array {
  const metadata = parquetMetadata(bytes, { geoparquet: false });
  for (const group of metadata.row_groups) {
    for (const column of group.columns) {
      delete column.meta_data!.statistics;
      delete column.meta_data!.size_statistics;
    }
  }
  edit(metadata);
  const writer = new ByteWriter();
  writer.appendBytes(bytes.subarray(0, bytes.length - 8 - metadata.metadata_length));
  writeMetadata(writer, metadata);
  writer.appendBytes(new TextEncoder().encode('PAR1'));
  return writer.getBytes();
}

/** Replaces the elements of the only column, and the path of its leaf. */
function reshaped(elements: Partial<SchemaElement>[], path: string[]): (metadata: FileMetaData) => void {
  return (metadata) => {
    metadata.schema = [metadata.schema[0], ...elements as SchemaElement[]];
    metadata.key_value_metadata = [];
    for (const { columns } of metadata.row_groups) columns[0].meta_data!.path_in_schema = path;
  };
}

const LIST = { converted_type: 'LIST' } as const;
const FLOAT = { type: 'FLOAT' } as const;

describe('lists as they were written before the rules', () => {
  // The levels of `required group v (LIST) { repeated group list { required float element } }` are those of all of these.
  const shapes: [string, Partial<SchemaElement>[], string[]][] = [
    ['two levels', [
      { name: 'v', repetition_type: 'REQUIRED', num_children: 1, ...LIST },
      { name: 'array', repetition_type: 'REPEATED', ...FLOAT },
    ], ['v', 'array']],
    ['no annotation', [{ name: 'v', repetition_type: 'REPEATED', ...FLOAT }], ['v']],
    ['a bag of array_element', [
      { name: 'v', repetition_type: 'REQUIRED', num_children: 1, ...LIST },
      { name: 'bag', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'array_element', repetition_type: 'REQUIRED', ...FLOAT },
    ], ['v', 'bag', 'array_element']],
  ];
  for (const [name, elements, path] of shapes) {
    test(name, async () => {
      const bytes = load('vector_required');
      const { table } = await readTable(parquet, bytes);
      const { table: actual } = await readTable(parquet, withFooter(bytes, reshaped(elements, path)));
      expectSameRows(actual, table);
    });
  }

  test('a repeated group called array holds structs, not elements', async () => {
    const elements: Partial<SchemaElement>[] = [
      { name: 'v', repetition_type: 'REQUIRED', num_children: 1, ...LIST },
      { name: 'array', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'x', repetition_type: 'REQUIRED', ...FLOAT },
    ];
    const bytes = withFooter(load('vector_required'), reshaped(elements, ['v', 'array', 'x']));
    const { table, dataset } = await readTable(parquet, bytes, READ, { limit: 1 });
    expect(dataset.schema.fields[0].type).toEqual({ kind: 'JSON' });
    expect(new TextDecoder().decode(table.columns[0].values as Uint8Array)).toStartWith(
      '[{"x":-0.0},{"x":1e-45}',
    );
  });
});

test('a schema has as many elements as its groups say', () => {
  const column: SchemaElement = { name: 'a', type: 'INT32', repetition_type: 'REQUIRED' };
  const root = (num_children: number): SchemaElement => ({ name: 'schema', num_children });
  expect(schemaTree([root(1), column]).columns).toHaveLength(1);
  expect(() => schemaTree([root(2), column])).toThrow('ends before the last column');
  expect(() => schemaTree([root(1), column, column])).toThrow('belong to no column');
  expect(() => schemaTree([root(1), { ...column, num_children: -1 }])).toThrow('a count that is none');
  const deep = Array.from({ length: 200 }, (): SchemaElement => ({ ...column, num_children: 1 }));
  expect(() => schemaTree([root(1), ...deep, column])).toThrow('nested deeper than 100 levels');
});

describe('footers that do not agree with the file', () => {
  const chunk = (metadata: FileMetaData, column: number) => metadata.row_groups[0].columns[column].meta_data!;
  const cases: [string, (metadata: FileMetaData) => void, RegExp][] = [
    ['more rows than the row groups', (m) => m.num_rows = 41n, /footer says 41 rows, its row groups 40/],
    ['a group with more rows than values', (m) => {
      m.num_rows = m.row_groups[0].num_rows = 1_000_000_000_000n;
    }, /has 40 values/],
    ['more values than pages', (m) => {
      chunk(m, 1).num_values = 1_000_000_000_000n;
    }, /ends before its last page|page header cannot be understood/],
    ['fewer values than pages', (m) => {
      chunk(m, 1).num_values = 50n;
    }, /a page of \d+ values/],
    [
      'a chunk past the end',
      (m) => chunk(m, 0).data_page_offset = chunk(m, 0).dictionary_page_offset = 1n << 40n,
      /lies at bytes/,
    ],
    ['a chunk that is too long', (m) => chunk(m, 0).total_compressed_size = 1n << 40n, /lies at bytes/],
    ['a chunk that is too short', (m) => chunk(m, 0).total_compressed_size = 20n, /page of|page header/],
    ['a negative count', (m) => chunk(m, 0).num_values = -1n, /is -1/],
    ['another type than the schema', (m) => chunk(m, 0).type = 'DOUBLE', /holds DOUBLE/],
    ['another codec than the pages', (m) => chunk(m, 0).codec = 'GZIP', /gzip data cannot be unpacked/],
    ['too few column chunks', (m) => m.row_groups[0].columns.pop(), /2 column chunks/],
    [
      'columns kept elsewhere',
      (m) => m.row_groups[0].columns[0].file_path = 'other.parquet',
      /other\.parquet/,
    ],
    ['a type without a length', (m) => {
      const { schema } = m;
      schema[1].type = 'FIXED_LEN_BYTE_ARRAY';
      for (const group of m.row_groups) group.columns[0].meta_data!.type = 'FIXED_LEN_BYTE_ARRAY';
    }, /fixed length of a column is/],
  ];
  for (const [name, edit, message] of cases) {
    test(name, async () => {
      const error: VtsError = await readTable(parquet, withFooter(load('codec_snappy_v1'), edit)).then(
        () => expect.unreachable(),
        (error) => error,
      );
      expect(isVtsError(error, 'InputMalformed', 'InputUnsupported')).toBe(true);
      expect(error.message).toMatch(message);
      expect(error.details.file).toBe('memory');
    });
  }

  test('metadata of vts that no longer fit are told and left aside', async () => {
    const own = { fields: [{ name: 'id', type: 'VarChar' }, { name: 'v', type: 'FloatVector', dim: 9 }] };
    const bytes = withFooter(load('codec_none_v2'), (metadata) => {
      metadata.key_value_metadata = [{ key: 'vts.schema', value: JSON.stringify(own) }];
    });
    const { dataset } = await readTable(parquet, bytes);
    expect(dataset.schema.fields[0].type).toEqual({ kind: 'Int64' });
    expect(dataset.notes).toEqual([
      '"id" was VarChar when vts wrote it, but has been changed since to INT64',
    ]);
    const broken = withFooter(load('codec_none_v2'), (metadata) => {
      metadata.key_value_metadata = [{ key: 'vts.schema', value: '{"fields": 1' }];
    });
    expect((await readTable(parquet, broken)).dataset.notes[0]).toMatch(/vts\.schema cannot be understood/);
  });
});
