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
    "codes": pa.array([[1, 2], [3, 4]], pa.list_(pa.uint8())),
    "fixed": pa.array([[1, 2], [3, 4]], pa.list_(pa.uint8(), 2)),
    "years": pa.array([[1, 2], [3, 4]], pa.list_(pa.int32())),
    "even": pa.array([[0.5, 1], [0.5, 2]], pa.list_(pa.float64())),
}), sys.argv[1] + '/lists.parquet')
rows = [None, *[[0.5, 1, 2]] * 599]
pq.write_table(pa.table({
    "short": pa.array([*rows[:500], [1, 2], *rows[501:]], pa.list_(pa.float32())),
    "empty": pa.array([*rows[:500], [], *rows[501:]], pa.list_(pa.float32())),
    "holed": pa.array([*rows[:500], [1, None, 2], *rows[501:]], pa.list_(pa.float64())),
}), sys.argv[1] + '/odd.parquet', data_page_size=512)
units = {unit: pa.array([1, 2], pa.duration(unit)) for unit in ['s', 'ms', 'us', 'ns']}
times = pa.array([1, 2], pa.timestamp('us', 'UTC'))
pq.write_table(pa.table({**units, "n": pa.array([1, 2]), "t": times, "__index_level_0__": pa.array([7, 8])}),
               sys.argv[1] + '/units.parquet')`,
    folder,
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
    'codes Array<Int16>',
    'fixed Array<Int16>',
    'years Array<Int32>',
    'even DoubleVector(2)',
  ]);
  expect(notes).toContain('"odd" is an Array and no vector: its first lists differ in length or hold nulls');
  expect(notes).toContain('"tags" may be a vector: --schema can name it Int8Vector(3)');
  for (const name of ['codes', 'fixed']) {
    expect(notes).toContain(
      `"${name}" has unsigned 8-bit integers: read as Int16; it may be a vector: --schema can name it BinaryVector(16)`,
    );
  }
  expect(notes.some((note) => note.startsWith('"years"'))).toBe(false);
  const { table } = await readAll(reader);
  expect([...valueAt(table.columns[0], 0) as Int8Array]).toEqual([1, -128, 127]);
  expect(valueAt(table.columns[2], 1)).toEqual([0.5]);
  await reader.close();
  await source.close();
});

async function notesOf(name: string): Promise<readonly string[]> {
  const source = openFileSource(join(folder, name));
  const reader = await parquet.reader!.open(source, READ);
  await reader.close();
  await source.close();
  return reader.dataset.notes;
}

test('the one list that is unlike the others is named', async () => {
  expect(await notesOf('odd.parquet')).toEqual([
    '"short" is an Array: row 500 has 2 elements, most have 3',
    '"empty" is an Array: row 500 has 0 elements, most have 3',
    '"holed" is an Array: row 500 has a null element, most have 3 elements, none of them null',
  ]);
});

test('durations keep their unit in a note, and the index of pandas is called so', async () => {
  expect(await notesOf('units.parquet')).toEqual([
    '"s" is a duration: seconds as Int64',
    '"ms" is a duration: milliseconds as Int64',
    '"us" is a duration: microseconds as Int64',
    '"ns" is a duration: nanoseconds as Int64',
    '"__index_level_0__" is the index of a pandas DataFrame',
  ]);
});
