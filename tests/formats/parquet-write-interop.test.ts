/** Reads what vts writes with the libraries that people read Parquet with. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RowGroup } from 'hyparquet';
import { readParquet } from 'parquet-wasm/node';
import { type Batch, sliceBatch } from '../../src/core/batch.ts';
import { field, type Schema } from '../../src/core/schema.ts';
import { schemaToJson } from '../../src/core/schema-json.ts';
import { type Compression, COMPRESSIONS } from '../../src/formats/parquet/write/compression.ts';
import { footer, MAGIC } from '../../src/formats/parquet/write/footer.ts';
import { rowGroupWriter } from '../../src/formats/parquet/write/row-group.ts';
import { parquetWriter } from '../../src/formats/parquet/write/writer.ts';
import { memorySink } from '../../src/stores/memory.ts';
import { canonical } from '../support/compare.ts';
import { datasetOf, WRITE, writeTable } from '../support/format-io.ts';
import { runPython } from '../support/python.ts';
import { everyKind, randomTable } from '../support/tables.ts';

const SCRIPT = readFileSync(new URL('../../scripts/interop/parquet.py', import.meta.url).pathname, 'utf8');
const FORMAT = { name: 'parquet', writer: parquetWriter };

/** Structs with a nullable scalar, a vector of each layout and a nested list. */
const NESTED: Schema = {
  fields: [true, false].map((nullable) =>
    field(nullable ? 'nested_null' : 'nested', {
      kind: 'StructArray',
      fields: [
        field('text', { kind: 'VarChar' }, { nullable: true }),
        field('small', { kind: 'Int8' }),
        field('time', { kind: 'Timestamptz' }, { nullable: true }),
        field('vector', { kind: 'FloatVector', dim: 3 }, { nullable: true }),
        field('bytes', { kind: 'Int8Vector', dim: 5 }),
        field('half', { kind: 'Float16Vector', dim: 3 }),
        field('sparse', { kind: 'SparseFloatVector' }),
        field('list', { kind: 'Array', element: { kind: 'Int16' } }, { nullable: true }),
      ],
    }, { nullable })
  ),
};

/** Pages of a few rows in several row groups. */
async function writeSmallPages(table: Batch, compression: Compression, aside = false): Promise<Uint8Array> {
  const group = rowGroupWriter(table.schema.fields, compression, { pageBytes: 100, aside });
  const sink = memorySink();
  await sink.write(MAGIC);
  const groups: RowGroup[] = [];
  for (const [start, middle, end] of [[0, 37, 150], [150, 151, 152], [152, 300, 400]]) {
    await group.add(sliceBatch(table, start, middle));
    await group.add(sliceBatch(table, middle, end));
    groups.push(await group.finish(sink));
  }
  await group.settle();
  await sink.write(footer(datasetOf(table), groups));
  return sink.bytes();
}

/** Rows larger than a page. */
const LARGE: Schema = {
  fields: [
    field('id', { kind: 'Int64' }, { primaryKey: true }),
    field('v', { kind: 'DoubleVector', dim: 140_000 }),
  ],
};

describe('Parquet files of vts', () => {
  let folder: string;
  let values = 0;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vts-parquet-'));
    const tables: [string, Batch, string][] = [];
    for (const dim of [1, 33]) {
      for (const rows of [0, 1, 400]) {
        tables.push([
          `dim${dim}-rows${rows}`,
          randomTable(everyKind(dim), { rows, seed: dim + rows }),
          'auto',
        ]);
      }
    }
    for (const compression of Object.keys(COMPRESSIONS)) {
      tables.push([compression, randomTable(everyKind(9), { rows: 100, seed: 3 }), compression]);
    }
    tables.push(['nested', randomTable(NESTED, { rows: 200, seed: 4 }), 'auto']);
    tables.push(['large', randomTable(LARGE, { rows: 2, seed: 5 }), 'auto']);
    tables.push(['no-nulls', randomTable(everyKind(4), { rows: 100, nulls: false }), 'auto']);
    const files: [string, Batch, Uint8Array][] = [];
    for (const [name, table, compression] of tables) {
      const options = { ...WRITE, compression };
      files.push([name, table, await writeTable(FORMAT, table, { options, rowsPerWrite: 70 })]);
    }
    for (const compression of [COMPRESSIONS.none, COMPRESSIONS.bss]) {
      const table = randomTable({ fields: [...everyKind(3).fields, ...NESTED.fields] }, {
        rows: 400,
        seed: 6,
      });
      const bytes = await writeSmallPages(table, compression);
      files.push([`small-pages-${compression.others}`, table, bytes]);
      expect(Buffer.compare(await writeSmallPages(table, compression, true), bytes)).toBe(0);
    }
    for (const [name, table, bytes] of files) {
      const columns = table.columns.map((column) =>
        Array.from({ length: column.length }, (_, row) => canonical(column, row))
      );
      const { fields } = schemaToJson(table.schema);
      writeFileSync(join(folder, `${name}.parquet`), bytes);
      writeFileSync(join(folder, `${name}.arrow`), readParquet(bytes).intoIPCStream());
      writeFileSync(join(folder, `${name}.json`), JSON.stringify({ fields, columns }));
      values += table.length * columns.length;
    }
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  for (const reader of ['pyarrow', 'duckdb', 'polars', 'ipc']) {
    test(`${reader === 'ipc' ? 'parquet-wasm' : reader} reads the same values, bit by bit`, () => {
      expect(Number(runPython(SCRIPT, reader, folder))).toBe(values);
    });
  }
});
