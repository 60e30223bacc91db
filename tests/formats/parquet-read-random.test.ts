/** Vectors as pyarrow writes them, in pages of any size, with and without nulls, read in batches of any size. */
import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Column } from '../../src/core/column.ts';
import { isNull } from '../../src/core/column.ts';
import { parquet } from '../../src/formats/parquet/format.ts';
import { openFileSource } from '../../src/stores/file.ts';
import { READ, readAll } from '../support/format-io.ts';
import { runPython } from '../support/python.ts';

const folder = mkdtempSync(join(tmpdir(), 'vts-parquet-random-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Beside each file, its vectors as float32 and a byte a row that tells whether it is null. */
const MAKE = `
import numpy as np, pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq, random, sys
folder, count = sys.argv[1], int(sys.argv[2])
r = random.Random(17)
for n in range(count):
    dim = r.choice([1, 2, 3, 5, 7, 16, 100, 128, 384, 1000])
    rows = min(r.choice([1, 10, 999, 4000, 9000]), 1000000 // dim)
    g = np.random.default_rng(n)
    values, null = g.standard_normal(rows * dim, dtype=np.float32), g.random(rows) < r.choice([0, 0, 0, 0.001, 0.3])
    if r.random() < 0.5: vectors = pa.FixedSizeListArray.from_arrays(pa.array(values), dim)
    else: vectors = pa.ListArray.from_arrays(pa.array(np.arange(0, rows * dim + 1, dim, dtype=np.int32)), pa.array(values))
    if null.any(): vectors = pc.if_else(pa.array(~null), vectors, pa.scalar(None, type=vectors.type))
    table = pa.table({"id": pa.array(np.arange(rows)), "v": vectors, "t": pa.array(["x" * r.randrange(40) for _ in range(rows)])})
    pq.write_table(table, f"{folder}/{n}.parquet", compression=r.choice(["none", "none", "zstd", "snappy"]),
        use_dictionary=False, data_page_size=r.choice([100, 5000, 100000, 1 << 20]), data_page_version=r.choice(["1.0", "2.0"]),
        row_group_size=r.choice([rows, max(1, rows // 3), 777]), write_batch_size=r.choice([100, 333, 1024]),
        write_page_checksum=r.random() < 0.2)
    values.tofile(f"{folder}/{n}.values")
    null.tofile(f"{folder}/{n}.null")
`;

test('random files of pyarrow', async () => {
  const count = 40;
  runPython(MAKE, folder, String(count));
  for (let n = 0; n < count; n++) {
    const source = openFileSource(join(folder, `${n}.parquet`));
    const load = (what: string) => new Uint8Array(readFileSync(join(folder, `${n}.${what}`))).buffer;
    const [values, nulls] = [new Float32Array(load('values')), new Uint8Array(load('null'))];
    const dim = values.length / nulls.length;
    const schema = { fields: [{ name: 'v', type: { kind: 'FloatVector', dim }, nullable: true }] } as const;
    const reader = await parquet.reader!.open(source, { ...READ, schema: { fields: [...schema.fields] } });
    for (const batchBytes of [20_000, 500_000, 1 << 23]) {
      const { table: { columns: [ids, vectors] } } = await readAll(reader, {
        columns: ['id', 'v'],
        batchBytes,
      });
      expect(nullsOf(vectors)).toEqual([...nulls]);
      expect(ids.values.at(-1)).toBe(BigInt(nulls.length - 1) as never);
      nulls.forEach((isNull, row) => isNull && values.fill(0, row * dim, (row + 1) * dim));
      expect(Bun.hash(vectors.values as Float32Array)).toBe(Bun.hash(values));
    }
    await reader.close();
    await source.close();
  }
});

function nullsOf(column: Column): number[] {
  return Array.from({ length: column.length }, (_, row) => isNull(column, row) ? 1 : 0);
}
