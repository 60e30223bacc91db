/** HDF5 files of many chunks and collections: what h5py and vts read of them, and what h5py appends. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type Batch, makeBatch } from '../../src/core/batch.ts';
import { type Dataset, type Field, field } from '../../src/core/schema.ts';
import type { LogicalType } from '../../src/core/types.ts';
import { columnFromValues, type Value } from '../../src/core/values.ts';
import { hdf5 } from '../../src/formats/hdf5/format.ts';
import { memorySource } from '../../src/stores/memory.ts';
import { holdable } from '../contract/format-contract.ts';
import { canonical, expectSameRows } from '../support/compare.ts';
import { datasetOf, readTable, WRITE, writeTable } from '../support/format-io.ts';
import { runPython } from '../support/python.ts';
import { everyKind, randomTable } from '../support/tables.ts';
import { asSeenByH5py } from './h5py.ts';

const folder = mkdtempSync(join(tmpdir(), 'vts-hdf5-chunks-'));
afterAll(() => rmSync(folder, { recursive: true }));

const FIELDS: readonly Field[] = [
  field('id', { kind: 'Int64' }, { primaryKey: true }),
  field('text', { kind: 'VarChar' }),
  field('words', { kind: 'Array', element: { kind: 'VarChar' } }),
  field('vector', { kind: 'FloatVector', dim: 3 }),
];

/** Rows whose values tell which row they are. */
function numbered(rows: number): Batch {
  const values: readonly ((row: number) => Value)[] = [
    (row) => BigInt(row),
    (row) => `row ${row}`,
    (row) => Array.from({ length: row % 4 }, (_, i) => `${row}.${i}`),
    (row) => Float32Array.of(row, -row, row / 2),
  ];
  return makeBatch(
    { fields: FIELDS },
    FIELDS.map(({ type }, i) =>
      columnFromValues(type, Array.from({ length: rows }, (_, row) => values[i](row)))
    ),
  );
}

/** What a writer is told that expects `rows` rows, or does not know. */
function expecting(table: Batch, rows: number | undefined): Dataset {
  const { rows: _, ...dataset } = datasetOf(table);
  return rows === undefined ? dataset : { ...dataset, rows };
}

/** A file of `table` in chunks of one row: data sets are cut into chunks by the rows that are expected. */
function inChunksOfARow(table: Batch, rowsPerWrite: number): Promise<Uint8Array<ArrayBuffer>> {
  return writeTable(hdf5, table, { dataset: expecting(table, 1), rowsPerWrite });
}

const CHECK = `
import h5py, numpy as np, random, sys
def words(row): return [f"{row}.{i}".encode() for i in range(row % 4)]
def check(f, rows):
    names = []
    f.visititems(lambda name, item: names.append(name))
    assert sorted(names) == ["id", "text", "vector", "words"], names
    for d in f.values():
        assert d.shape[0] == rows and d.maxshape[0] is None and d.chunks[0] == 1, (d.name, d.shape, d.maxshape, d.chunks)
        assert d.id.get_num_chunks() == rows, d.id.get_num_chunks()
        seen = [d.id.get_chunk_info(i) for i in range(0, rows, 97)]
        assert [c.chunk_offset[0] for c in seen] == list(range(0, rows, 97))
        assert {c.size for c in seen} == {d.dtype.itemsize * (3 if d.ndim == 2 else 1)} or d.dtype.kind == "O"
    random.seed(rows)
    slices = [(0, rows)] + [sorted(random.choices(range(rows + 1), k=2)) for _ in range(20)] + [(r, r + 1) for r in random.choices(range(rows), k=20)]
    for a, b in slices if rows else []:
        n = np.arange(a, b)
        assert (f["id"][a:b] == n).all()
        assert [x.decode() for x in f["text"][a:b]] == [f"row {i}" for i in n]
        assert [list(x) for x in f["words"][a:b]] == [words(i) for i in n]
        assert (f["vector"][a:b] == np.array([n, -n, n / 2], "f4").T).all()
`;

const APPEND = `
path, rows, more = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with h5py.File(path, "r") as f: check(f, rows)
with h5py.File(path, "r+") as f:
    n = np.arange(rows, rows + more)
    for d in f.values(): d.resize(rows + more, 0)
    f["id"][rows:] = n
    f["text"][rows:] = [f"row {i}" for i in n]
    for i in n: f["words"][int(i)] = np.array(words(i), dtype=object)
    f["vector"][rows:] = np.array([n, -n, n / 2], "f4").T
with h5py.File(path, "r") as f: check(f, rows + more)
`;

describe('chunks by the thousand', () => {
  // Nodes have 64 children: one level, two, two that are full, three.
  for (const rows of [64, 65, 4096, 4097]) {
    test(`${rows} are read by vts, and read and added to by h5py`, async () => {
      const table = numbered(rows);
      const path = join(folder, 'chunks.h5');
      const bytes = await inChunksOfARow(table, 1000);
      expect(await hdf5.reader!.countRows!(memorySource(bytes))).toBe(rows);
      expectSameRows((await readTable(hdf5, bytes)).table, table);
      writeFileSync(path, bytes);
      runPython(CHECK + APPEND, path, String(rows), '150');
      expectSameRows((await readTable(hdf5, readFileSync(path))).table, numbered(rows + 150));
    });
  }

  test('lie where rows come in writes of any size', async () => {
    const table = numbered(300);
    for (const rowsPerWrite of [1, 7, 64, 99, 300]) {
      for (const expected of [1, 10, 64, 300, undefined]) {
        const bytes = await writeTable(hdf5, table, {
          dataset: expecting(table, expected),
          rowsPerWrite,
        });
        expectSameRows((await readTable(hdf5, bytes)).table, table);
      }
    }
  });
});

describe('rows are counted', () => {
  test('in a group, and in a file without rows', async () => {
    const count = async (rows: number, path: string) =>
      hdf5.reader!.countRows!(
        memorySource(await writeTable(hdf5, numbered(rows), { options: { ...WRITE, path } })),
        undefined,
        path,
      );
    expect(await count(0, '')).toBe(0);
    expect(await count(9, '/a/ä/')).toBe(9);
  });

  test('only as far as their chunks are in the file', async () => {
    const bytes = await inChunksOfARow(numbered(100), 100);
    const view = new DataView(bytes.buffer);
    const isLeaf = (_: number, at: number) =>
      at + 8 < bytes.length && view.getBigUint64(at, true) === 0x0001_4545_5254n + (64n << 48n);
    // The address of a chunk, after the head of a node of 64 chunks and a key for one extent.
    view.setBigUint64(bytes.findIndex(isLeaf) + 24 + 24, BigInt(bytes.length), true);
    expect(await hdf5.reader!.countRows!(memorySource(bytes))).toBe(99);
  });

  test('by the library where others wrote the file', async () => {
    const path = join(folder, 'other.h5');
    runPython('import h5py, sys; h5py.File(sys.argv[1], "w")["v"] = [[1.0, 2.0]]', path);
    expect(await hdf5.reader!.countRows!(memorySource(readFileSync(path)))).toBeUndefined();
    for (const bytes of [new Uint8Array(0), new Uint8Array(500)]) {
      expect(await hdf5.reader!.countRows!(memorySource(bytes))).toBeUndefined();
    }
  });
});

describe('values of any length', () => {
  /** Lengths around those at which collections grow, end, or hold one value alone. */
  const LENGTHS = [
    0,
    1,
    7,
    8,
    9,
    4047,
    4048,
    4049,
    4064,
    4080,
    16351,
    16352,
    16353,
    16368,
    16369,
    65_536,
    3_000_001,
  ];

  test('are read by h5py and vts', async () => {
    const lengths = [...LENGTHS, ...LENGTHS.toReversed(), ...LENGTHS.flatMap((length) => [length, 5])];
    const text = (length: number, i: number) => String.fromCharCode(97 + i % 26).repeat(length);
    const types: readonly [LogicalType, (length: number, i: number) => Value][] = [
      [{ kind: 'VarChar' }, text],
      [{ kind: 'Array', element: { kind: 'VarChar' } }, (length, i) => ['', text(length, i), 'x']],
      [{ kind: 'Array', element: { kind: 'Int8' } }, (length, i) => Array(length % 70_000).fill(i)],
    ];
    const schema = { fields: types.map(([type], i) => field(`f${i}`, type)) };
    const table = makeBatch(
      schema,
      types.map(([type, value]) => columnFromValues(type, lengths.map((length, i) => value(length, i)))),
    );
    const bytes = await writeTable(hdf5, table, { rowsPerWrite: 20 });
    expectSameRows((await readTable(hdf5, bytes)).table, table);
    const path = join(folder, 'long.h5');
    writeFileSync(path, bytes);
    runPython(
      `import h5py, sys
lengths = [int(n) for n in sys.argv[2].split(",")]
f = h5py.File(sys.argv[1])
for i, (n, text, words, numbers) in enumerate(zip(lengths, f["f0"][:], f["f1"][:], f["f2"][:])):
    value = bytes([97 + i % 26]) * n
    assert text == value and list(words) == [b"", value, b"x"], i
    assert len(numbers) == n % 70000 and (numbers == i).all(), i`,
      path,
      lengths.join(),
    );
  });

  test('are texts of a row each, 100,000 of them', async () => {
    const schema = { fields: [FIELDS[1]] };
    const texts = Array.from({ length: 100_000 }, (_, row) => 'ä'.repeat(row % 60) + row);
    const table = makeBatch(schema, [columnFromValues(FIELDS[1].type, texts)]);
    const bytes = await writeTable(hdf5, table, { rowsPerWrite: 30_000 });
    expectSameRows((await readTable(hdf5, bytes)).table, table);
    expect(await hdf5.reader!.countRows!(memorySource(bytes))).toBe(100_000);
  });

  test('are those of attributes too', async () => {
    const description = 'd'.repeat(300_000);
    const table = makeBatch({ fields: [FIELDS[0]], description }, [columnFromValues(FIELDS[0].type, [1n])]);
    const bytes = await writeTable(hdf5, table);
    expect((await readTable(hdf5, bytes)).dataset.schema.description).toBe(description);
    const path = join(folder, 'attribute.h5');
    writeFileSync(path, bytes);
    expect(JSON.parse(asSeenByH5py(path).attrs['vts.schema']).description).toBe(description);
  });
});

describe('tables of any schema', () => {
  const kinds = [1, 8, 33].map((dim) => holdable(everyKind(dim), hdf5.writer!.features).fields);
  const tables = fc.record({
    fields: fc.constantFrom(...kinds).chain((fields) => fc.subarray([...fields], { minLength: 1 })),
    rows: fc.integer({ min: 0, max: 400 }),
    seed: fc.nat(),
    rowsPerWrite: fc.integer({ min: 1, max: 200 }),
    expected: fc.option(fc.integer({ min: 0, max: 500 }), { nil: undefined }),
    path: fc.constantFrom('', 'a', 'a/b'),
  });
  type Case = typeof tables extends fc.Arbitrary<infer T> ? T : never;
  const write = async ({ fields, rows, seed, rowsPerWrite, expected, path }: Case) => {
    const table = randomTable({ fields }, { rows, seed, nulls: false, nul: false });
    const dataset = expecting(table, expected);
    const bytes = await writeTable(hdf5, table, { dataset, rowsPerWrite, options: { ...WRITE, path } });
    return { table, bytes };
  };

  test('come back to vts', async () => {
    await fc.assert(
      fc.asyncProperty(tables, async (drawn) => {
        const { table, bytes } = await write(drawn);
        expectSameRows((await readTable(hdf5, bytes)).table, table);
        expect(await hdf5.reader!.countRows!(memorySource(bytes), undefined, drawn.path)).toBe(drawn.rows);
      }),
      { numRuns: 40 },
    );
  });

  test('come back through h5py', async () => {
    const path = join(folder, 'any.h5');
    await fc.assert(
      fc.asyncProperty(tables, async (drawn) => {
        const { table, bytes } = await write(drawn);
        writeFileSync(path, bytes);
        const { columns } = asSeenByH5py(path, `/${drawn.path}`);
        expect(Object.keys(columns)).toEqual(drawn.fields.map(({ name }) => name));
        table.columns.forEach((column, i) => {
          const texts = Array.from({ length: drawn.rows }, (_, row) => canonical(column, row));
          expect(columns[drawn.fields[i].name].rows).toEqual(texts);
        });
      }),
      { numRuns: 8 },
    );
  });
});
