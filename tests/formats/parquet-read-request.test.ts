import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { concatBatches } from '../../src/core/batch.ts';
import { parquet } from '../../src/formats/parquet/format.ts';
import type { Facts } from '../../src/formats/format.ts';
import type { ByteSource } from '../../src/stores/bytes.ts';
import { memorySource } from '../../src/stores/memory.ts';
import { expectSameRows } from '../support/compare.ts';
import { fixture } from '../support/fixtures.ts';
import { datasetOf, openBytes, READ, readAll, readTable, writeTable } from '../support/format-io.ts';
import { everyKind, filterFields, randomTable } from '../support/tables.ts';
import { watchedSource } from '../support/watched-source.ts';

const load = (name: string) => new Uint8Array(readFileSync(fixture(`parquet/${name}.parquet`)));

/** A source that keeps account of the bytes that are read. */
function watched(bytes: Uint8Array): { source: ByteSource; ranges: [number, number][] } {
  const ranges: [number, number][] = [];
  return { source: watchedSource(memorySource(bytes), (...range) => ranges.push(range)), ranges };
}

const bytesRead = (ranges: [number, number][]) => ranges.reduce((sum, [start, end]) => sum + end - start, 0);

describe('reading some of a Parquet file', () => {
  test('never touches the pages of columns that are not asked for', async () => {
    const { source, ranges } = watched(load('scalars'));
    const reader = await parquet.reader!.open(source, READ);
    const all = bytesRead(ranges);
    ranges.length = 0;
    await readAll(reader, { columns: ['flag'] });
    expect(bytesRead(ranges)).toBeLessThan(all);
    expect(Math.max(...ranges.map(([, end]) => end))).toBeLessThan(load('scalars').length / 2);
  });

  test('goes on after any row, in any row group, without the pages before', async () => {
    const bytes = load('codec_none_v1');
    const { table } = await readTable(parquet, bytes);
    for (let row = 0; row <= table.length; row++) {
      const reader = await openBytes(parquet, bytes);
      const { table: rest } = await readAll(reader, { after: row, batchBytes: 300 });
      expect(rest.length).toBe(table.length - row);
      rest.columns.forEach((column, i) => {
        if (column.length > 0) expect(column.values.at(-1)).toEqual(table.columns[i].values.at(-1) as never);
      });
    }
    const flat = watched(load('scalars_page_index'));
    const reader = await parquet.reader!.open(flat.source, READ);
    flat.ranges.length = 0;
    await readAll(reader, { after: reader.dataset.rows, columns: ['int64'] });
    expect(flat.ranges).toEqual([]);
  });

  test('a cursor that is none is refused', async () => {
    const reader = await openBytes(parquet, load('one_row'));
    for (const after of [-1, 2, 0.5, 'x', null]) {
      await expect(readAll(reader, { after })).rejects.toThrow('the journal goes on after');
    }
  });

  test('stops between batches when asked to', async () => {
    const reader = await openBytes(parquet, load('vector_dim1'));
    const controller = new AbortController();
    const seen: number[] = [];
    const reading = async () => {
      for await (const { batch } of reader.read({ batchBytes: 400, signal: controller.signal })) {
        seen.push(batch.length);
        controller.abort(new Error('stop'));
      }
    };
    await expect(reading()).rejects.toThrow('stop');
    expect(seen.length).toBe(1);
  });

  test('batches are not cut at row groups or pages, and none is far above its size', async () => {
    const reader = await openBytes(parquet, load('vector_dim1'));
    const lengths: number[] = [];
    for await (const { batch } of reader.read({ batchBytes: 1600 })) lengths.push(batch.length);
    expect(lengths.slice(0, -1).every((length) => length > 300 && length <= 400)).toBe(true);
  });
});

describe('what is known of a Parquet file', () => {
  test('inferences are told', async () => {
    const notes = async (name: string) => (await openBytes(parquet, load(name))).dataset.notes;
    expect(await notes('vector_dim1')).toEqual([
      '"v" is taken for a FloatVector(1), as its first 1000 lists have 1 element each',
    ]);
    expect(await notes('vector_kinds')).toHaveLength(3);
    expect((await notes('nested')).every((note) => note.endsWith('is nested: read as JSON text'))).toBe(true);
    expect(await notes('decimals')).toContain('"big" has decimals: read as text with all digits');
    expect(await notes('scalars')).toContain(
      '"uint64" has unsigned 64-bit integers: read as Int64, up to 9223372036854775807',
    );
  });

  test('nullable is what the file says', async () => {
    const { dataset } = await openBytes(parquet, load('one_row'));
    expect(dataset.schema.fields.map(({ name, nullable }) => [name, nullable])).toEqual([['id', false], [
      'v',
      true,
    ]]);
  });

  test('inspect tells row groups, codecs and encodings', async () => {
    const reader = await openBytes(parquet, load('vector_item'));
    const facts = await reader.inspect();
    expect(facts.rowGroups).toMatchObject({ count: 4, rowsMin: 10, rowsMax: 30 });
    expect((facts.columns as Facts[])[0]).toMatchObject({
      name: 'v.list.item',
      type: 'FLOAT',
      codecs: ['SNAPPY'],
    });
    expect(facts.metadata).toEqual(['ARROW:schema']);
    expect(String(facts.createdBy)).toStartWith('parquet-cpp-arrow');
  });

  test('the schema, metric and roles that vts wrote come back', async () => {
    const schema = filterFields(everyKind(4), (field) => field.name !== 'structs_null');
    const table = randomTable(schema, { rows: 20 });
    const more = { metric: 'COSINE' as const, roles: { id: 'id', vector: 'vector' } };
    const bytes = await writeTable(parquet, table, { dataset: datasetOf(table, more) });
    const { dataset } = await readTable(parquet, bytes);
    expect(dataset).toMatchObject(more);
    expect(dataset.schema).toEqual(schema);
    expect(dataset.notes).toEqual([]);
  });

  test('roles that the user names go before those in the file', async () => {
    const table = randomTable(everyKind(4), { rows: 2 });
    const bytes = await writeTable(parquet, table, {
      dataset: datasetOf(table, { roles: { id: 'id', vector: 'vector' } }),
    });
    const { dataset } = await openBytes(parquet, bytes, { ...READ, roles: { vector: 'vector64' } });
    expect(dataset.roles).toEqual({ id: 'id', vector: 'vector64' });
  });
});

test('batches of every size hold the same rows', async () => {
  for (const name of ['nested_pages', 'arrays', 'scalars', 'vector_nulls_v1', 'encodings_v2']) {
    const bytes = load(name);
    const { table } = await readTable(parquet, bytes);
    for (const batchBytes of [1, 100, 1000, 1e9]) {
      const reader = await openBytes(parquet, bytes);
      const batches = [];
      for await (const { batch } of reader.read({ batchBytes })) batches.push(batch);
      if (batchBytes === 1) expect(batches.length).toBe(table.length);
      expectSameRows(concatBatches(batches), table);
    }
  }
});
