/** HDF5 files of vts as h5py reads them, the layouts for other tools, and outputs that fail. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Batch, makeBatch } from '../../src/core/batch.ts';
import { type Dataset, field, type Schema } from '../../src/core/schema.ts';
import { formatType } from '../../src/core/types.ts';
import { columnFromValues } from '../../src/core/values.ts';
import { isVtsError, VtsError } from '../../src/errors.ts';
import { hdf5 } from '../../src/formats/hdf5/format.ts';
import { createFileSink, openFileSource } from '../../src/stores/file.ts';
import { memorySink, memorySource } from '../../src/stores/memory.ts';
import { holdable } from '../contract/format-contract.ts';
import { canonical, expectSameRows } from '../support/compare.ts';
import { datasetOf, READ, readAll, readTable, WRITE, writeTable } from '../support/format-io.ts';
import { runPython } from '../support/python.ts';
import { asSeenByH5py } from './h5py.ts';
import { everyKind, randomTable } from '../support/tables.ts';

const folder = mkdtempSync(join(tmpdir(), 'vts-hdf5-'));
afterAll(() => rmSync(folder, { recursive: true }));

const features = hdf5.writer!.features;
const random = (schema: Schema, rows: number) =>
  randomTable(schema, { rows, seed: rows, nulls: false, nul: false });

async function written(
  name: string,
  table: Batch,
  dataset: Partial<Dataset> = {},
  options = {},
): Promise<string> {
  const path = join(folder, name);
  writeFileSync(
    path,
    await writeTable(hdf5, table, { dataset: datasetOf(table, dataset), options: { ...WRITE, ...options } }),
  );
  return path;
}

describe('h5py reads what vts writes', () => {
  for (const rows of [0, 1, 700]) {
    for (const dim of [1, 24]) {
      test(`${rows} rows of every kind, dim ${dim}`, async () => {
        const table = random(holdable(everyKind(dim), features), rows);
        const { columns } = asSeenByH5py(await written('kinds.h5', table));
        expect(Object.keys(columns)).toEqual(table.schema.fields.map((f) => f.name));
        table.columns.forEach((column, i) => {
          const { name } = table.schema.fields[i];
          const texts = Array.from({ length: rows }, (_, row) => canonical(column, row));
          expect({ [name]: columns[name].rows }).toEqual({ [name]: texts });
        });
      });
    }
  }

  test('with the NumPy types that people expect', async () => {
    const { columns } = asSeenByH5py(await written('types.h5', random(holdable(everyKind(8), features), 3)));
    const types = Object.fromEntries(
      Object.entries(columns).map(([name, { dtype, shape }]) => [name, [dtype, shape]]),
    );
    expect(types).toMatchObject({
      id: ['int64', [3]],
      bool: ['bool', [3]],
      int8: ['int8', [3]],
      float: ['float32', [3]],
      text: ['object', [3]],
      time: ['int64', [3]],
      ints: ['object', [3]],
      vector: ['float32', [3, 8]],
      vector64: ['float64', [3, 8]],
      vector16: ['float16', [3, 8]],
      vectorb16: ['uint16', [3, 8]],
      vector8: ['int8', [3, 8]],
      bits: ['uint8', [3, 8]],
    });
  });

  test('in a group of their own, where the user says so', async () => {
    const table = random({ fields: [field('v', { kind: 'FloatVector', dim: 4 })] }, 5);
    const path = await written('group.h5', table, {}, { path: '/a/ä' });
    expect(asSeenByH5py(path, '/a/ä').columns.v.shape).toEqual([5, 4]);
  });

  test('and can append to it', async () => {
    const table = random({
      fields: [field('v', { kind: 'FloatVector', dim: 4 }), field('s', { kind: 'VarChar' })],
    }, 5);
    const path = await written('append.h5', table);
    runPython(
      `import h5py, sys
f = h5py.File(sys.argv[1], "r+")
f["v"].resize(7, 0); f["s"].resize(7, 0); f["s"][5:] = ["x", "y"]; f["new"] = list(range(7))`,
      path,
    );
    const reader = await hdf5.reader!.open(openFileSource(path), READ);
    expect(reader.dataset.schema.fields.map((f) => `${f.name} ${formatType(f.type)}`)).toEqual([
      'v FloatVector(4)',
      's VarChar',
      'new Int64',
    ]);
    expect((await readAll(reader)).table.length).toBe(7);
    await reader.close();
  });
});

describe('the layout', () => {
  const schema = {
    fields: [
      field('key', { kind: 'Int64' }, { primaryKey: true }),
      field('v', { kind: 'FloatVector', dim: 4 }),
    ],
  };
  const table = random(schema, 9);
  const check = (dataset: Dataset, layout: string) => hdf5.writer!.check!(dataset, { ...WRITE, layout });

  test('milvusdm has embeddings and ids', async () => {
    const path = await written('dm.h5', table, {}, { layout: 'milvusdm' });
    const { columns } = asSeenByH5py(path);
    expect(Object.keys(columns)).toEqual(['ids', 'embeddings']);
    expect(columns.embeddings).toMatchObject({ dtype: 'float32', shape: [9, 4] });
    const reader = await hdf5.reader!.open(openFileSource(path), READ);
    expect(reader.dataset.roles).toEqual({ id: 'ids', vector: 'embeddings' });
    expect(reader.dataset.schema.fields[0]).toEqual({ ...schema.fields[0], name: 'ids' });
    await reader.close();
  });

  test('milvusdm has binary vectors as bytes', async () => {
    const bits = random({ fields: [field('b', { kind: 'BinaryVector', dim: 16 })] }, 3);
    const { columns } = asSeenByH5py(await written('dmb.h5', bits, {}, { layout: 'milvusdm' }));
    expect(columns.embeddings).toMatchObject({ dtype: 'uint8', shape: [3, 2] });
  });

  test('ann-benchmarks has train and the distance', async () => {
    const vectors = random({ fields: [schema.fields[1]] }, 9);
    const path = await written('ann.h5', vectors, { metric: 'COSINE' }, { layout: 'ann-benchmarks' });
    const { columns, attrs } = asSeenByH5py(path);
    expect(columns.train).toMatchObject({ dtype: 'float32', shape: [9, 4] });
    expect(attrs.distance).toBe('angular');
    const { dataset } = await readTable(hdf5, await Bun.file(path).bytes());
    expect(dataset).toMatchObject({ metric: 'COSINE', roles: { vector: 'train' } });
  });

  test('says what it cannot hold, and which flag helps', () => {
    const all = datasetOf(random(holdable(everyKind(8), features), 0));
    expect(check(datasetOf(table), 'milvusdm')).toEqual([]);
    expect(check(datasetOf(table), 'ann-benchmarks')).toMatchObject([{ field: 'key', remedy: '--fields v' }]);
    expect(check(all, 'milvusdm')).toMatchObject([{ remedy: '--vector NAME' }]);
    expect(check({ ...all, roles: { vector: 'vector16' } }, 'milvusdm')[0]).toMatchObject({
      field: 'vector16',
      remedy: '--cast vector16:float32',
    });
    expect(check({ ...all, roles: { vector: 'vector' } }, 'milvusdm')[0].remedy).toBe('--fields id,vector');
  });

  test('must be one that exists', () => {
    const error = (() => {
      try {
        check(datasetOf(table), 'milvus');
      } catch (error) {
        return error;
      }
    })();
    expect(isVtsError(error, 'Usage') && error.details.expected).toBe(
      'one of columns, milvusdm, ann-benchmarks',
    );
  });

  test('columns refuses names that HDF5 cannot hold', () => {
    const names = ['a/b', '.', '', 'a\0', 'fine', '..', 'ä.b'];
    const dataset = datasetOf(random({ fields: names.map((name) => field(name, { kind: 'Int8' })) }, 0));
    const problems = hdf5.writer!.check!(dataset, WRITE);
    expect(problems.map((p) => p.field)).toEqual(['a/b', '.', '', 'a\0']);
    expect(problems[0].remedy).toBe("--rename 'a/b=NAME'");
    expect(problems[2].remedy).toStartWith("--fields 'a/b,.,a\0,fine,");
    const remedies = (...names: string[]) =>
      hdf5.writer!.check!(
        datasetOf(random({ fields: names.map((name) => field(name, { kind: 'Int8' })) }, 0)),
        WRITE,
      ).map((p) => p.remedy);
    expect(remedies('', 'a', "it's")).toEqual(["--fields 'a,it'\\''s'"]);
    expect(remedies('')).toEqual(['give the column a name where it comes from']);
  });
});

describe('the writer', () => {
  test('keeps metric, roles, and the attributes of fields', async () => {
    const fields = [
      field('k', { kind: 'VarChar', maxLength: 40 }, {
        primaryKey: true,
        description: 'the key',
        params: { a: 'b' },
      }),
      field('n', { kind: 'Int64' }, { defaultValue: 2n ** 60n }),
      field('v', { kind: 'FloatVector', dim: 2 }),
    ];
    const facts = { metric: 'Lp', metricArg: 3.5, roles: { vector: 'v', id: 'k' } } as const;
    const table = random({ fields, description: 'things' }, 2);
    const bytes = await writeTable(hdf5, table, { dataset: datasetOf(table, facts) });
    const { dataset } = await readTable(hdf5, bytes);
    expect(dataset).toEqual({ schema: { fields, description: 'things' }, rows: 2, notes: [], ...facts });
  });

  test('names the row of a text with a NUL character, also in a list', async () => {
    for (
      const [type, values] of [
        [{ kind: 'VarChar' }, ['a', 'b', 'c\0', 'd']],
        [{ kind: 'Array', element: { kind: 'VarChar' } }, [['a', 'b'], [], ['c', 'd\0'], ['e']]],
      ] as const
    ) {
      const schema = { fields: [field('s', type)] };
      const error = await writeTable(hdf5, makeBatch(schema, [columnFromValues(type, values)]), {
        rowsPerWrite: 1,
      })
        .catch((error) => error);
      expect(isVtsError(error, 'RowInvalid')).toBe(true);
      expect(error.details).toMatchObject({ row: 2, field: 's' });
    }
  });

  test('names the row of a null', async () => {
    const type = { kind: 'Int32' } as const;
    const table = makeBatch({ fields: [field('n', type, { nullable: true })] }, [
      columnFromValues(type, [1, null]),
    ]);
    const error = await writeTable(hdf5, table).catch((error) => error);
    expect(isVtsError(error, 'RowInvalid') && error.details.row).toBe(1);
  });

  test('writes rows of many megabytes of text', async () => {
    const type = { kind: 'VarChar' } as const;
    const texts = Array.from({ length: 10 }, (_, i) => String.fromCharCode(97 + i).repeat(5_000_000));
    const table = makeBatch({ fields: [field('s', type)] }, [columnFromValues(type, texts)]);
    const { table: actual, batches } = await readTable(
      hdf5,
      await writeTable(hdf5, table, { rowsPerWrite: 10 }),
    );
    expectSameRows(actual, table);
    expect(batches).toBe(1);
  });

  test('ends with the error of the sink, at any of its writes', async () => {
    const table = random(holdable(everyKind(8), features), 300);
    let writes = 0;
    const counted = memorySink();
    const write = async (sink: ReturnType<typeof memorySink>) => {
      const writer = await hdf5.writer!.open(sink, datasetOf(table), WRITE);
      try {
        await writer.write(table);
        await writer.finish();
      } catch (error) {
        await writer.abort();
        throw error;
      }
    };
    await write({
      ...counted,
      get size() {
        return counted.size;
      },
      writeSync(bytes, at) {
        writes++;
        counted.writeSync(bytes, at);
      },
    });
    expect(writes).toBeGreaterThan(20);
    for (let failing = 0; failing < writes; failing += 5) {
      const sink = memorySink();
      let left = failing;
      const full = new VtsError('DiskFull', 'No space left');
      const error = await write({
        ...sink,
        get size() {
          return sink.size;
        },
        writeSync(bytes, at) {
          if (left-- === 0) throw full;
          sink.writeSync(bytes, at);
        },
      }).catch((error) => error);
      expect(error).toBe(full);
    }
  });
});

describe('a file of more than 4 GiB', () => {
  const END = 5 * 2 ** 30;
  const schema = { fields: [field('id', { kind: 'Int64' }), field('v', { kind: 'FloatVector', dim: 8 })] };

  test('can be written', async () => {
    const table = random(schema, 5000);
    const path = join(folder, 'large.h5');
    const file = createFileSink(path, true);
    // What the sink holds already stays, here a hole, which costs no space on disk.
    file.writeSync(new Uint8Array(1), END - 1);
    const writer = await hdf5.writer!.open(file, datasetOf(table), WRITE);
    await writer.write(table);
    await writer.finish();
    await file.commit();
    expect(Bun.file(path).size).toBeGreaterThan(END);
    const reader = await hdf5.reader!.open(openFileSource(path), READ);
    expectSameRows((await readAll(reader)).table, table);
    await reader.close();
    expect(asSeenByH5py(path).columns.v.rows[4999]).toBe(canonical(table.columns[1], 4999));
  });

  test('can be read', async () => {
    const path = join(folder, 'sparse.h5');
    runPython(
      `import h5py, sys, numpy as np
f = h5py.File(sys.argv[1], "w")
d = f.create_dataset("v", (11_000_000, 128), dtype="f4")
d[10_999_999] = np.arange(128)`,
      path,
    );
    const reader = await hdf5.reader!.open(openFileSource(path), READ);
    expect(reader.dataset.rows).toBe(11_000_000);
    const { table } = await readAll(reader, { after: 10_999_990 });
    expect(table.length).toBe(10);
    expect([...table.columns[0].values.subarray(9 * 128) as Float32Array]).toEqual(
      Array.from({ length: 128 }, (_, i) => i),
    );
    await reader.close();
  });
});

test('memory in WebAssembly is that of a slice, not of the file', async () => {
  const table = random({ fields: [field('v', { kind: 'FloatVector', dim: 128 })] }, 40_000);
  const bytes = await writeTable(hdf5, table, { rowsPerWrite: 5000 });
  const reader = await hdf5.reader!.open(memorySource(bytes), READ);
  let rows = 0;
  for await (const { batch } of reader.read({ batchBytes: 1 << 20 })) {
    expect(batch.length).toBeLessThanOrEqual(2048);
    rows += batch.length;
  }
  expect(rows).toBe(40_000);
  await reader.close();
});
