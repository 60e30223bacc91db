/** Which lists are vectors, in files as pyarrow writes them. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatType } from '../../src/core/types.ts';
import { valueAt } from '../../src/core/values.ts';
import { parquet } from '../../src/formats/parquet/format.ts';
import { openFileSource } from '../../src/stores/file.ts';
import { READ, readAll } from '../support/format-io.ts';
import { runPython } from '../support/python.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vts-lists-'));
  runPython(
    `
import sys, pyarrow as pa, pyarrow.parquet as pq
pq.write_table(pa.table({
    "bytes": pa.array([[1, -128, 127], [0, 1, 2]], pa.list_(pa.int8(), 3)),
    "tags": pa.array([[1, 2, 3], [4, 5, 6]], pa.list_(pa.int8())),
    "odd": pa.array([[0.5, 1], [0.5]], pa.list_(pa.float32())),
    "even": pa.array([[0.5, 1], [0.5, 2]], pa.list_(pa.float64())),
}), sys.argv[1])`,
    join(folder, 'lists.parquet'),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('fixed-size lists of int8 are vectors, float lists of one length too, and what is none says why', async () => {
  const source = openFileSource(join(folder, 'lists.parquet'));
  const reader = await parquet.reader!.open(source, READ);
  const { schema, notes } = reader.dataset;
  expect(schema.fields.map((f) => `${f.name} ${formatType(f.type)}`)).toEqual([
    'bytes Int8Vector(3)',
    'tags Array<Int8>',
    'odd Array<Float>',
    'even DoubleVector(2)',
  ]);
  expect(notes).toContain('"odd" is an Array and no vector: its first lists differ in length or hold nulls');
  const { table } = await readAll(reader);
  expect([...valueAt(table.columns[0], 0) as Int8Array]).toEqual([1, -128, 127]);
  expect(valueAt(table.columns[2], 1)).toEqual([0.5]);
  await reader.close();
  await source.close();
});
