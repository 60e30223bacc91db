/** Indexes of `--faiss-index`, against those that faiss makes of the same data. */
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Batch, makeBatch } from '../../src/core/batch.ts';
import { type Dataset, type Field, field } from '../../src/core/schema.ts';
import { columnFromValues } from '../../src/core/values.ts';
import { isVtsError } from '../../src/errors.ts';
import { faiss } from '../../src/formats/faiss/format.ts';
import { memoryScratch, memorySink } from '../../src/stores/memory.ts';
import { datasetOf, readTable, WRITE, writeTable } from '../support/format-io.ts';
import { runPython } from '../support/python.ts';
import { random } from '../support/tables.ts';

const id = field('id', { kind: 'Int64' }, { primaryKey: true });
const floats = (dim: number) => field('vector', { kind: 'FloatVector', dim });

/** Vectors of ordinary numbers, and ids if there is a field for them. */
function finiteTable(fields: readonly Field[], rows: number): Batch {
  const next = random(17);
  const dim = (fields[fields.length - 1].type as { dim: number }).dim;
  const vectors = Array.from(
    { length: rows },
    () => Float32Array.from({ length: dim }, (_, i) => (next() - 0.5) * 10 ** (i % 5 - 2)),
  );
  return makeBatch(
    { fields },
    fields.map(({ name, type }) =>
      columnFromValues(type, name === 'id' ? vectors.map((_, row) => BigInt(row * 37 - 5) << 20n) : vectors)
    ),
  );
}

/** Loads what vts wrote and makes the same with faiss, from the vectors of the Flat index beside it. */
const SCRIPT = `
import sys, json, faiss, numpy as np
folder = sys.argv[1]
out = {}
for name in sys.argv[2:]:
    flat = faiss.read_index(f'{folder}/{name}.flat')
    has_ids = hasattr(flat, 'id_map')
    inner = faiss.downcast_index(flat.index) if has_ids else flat
    x = inner.reconstruct_n(0, flat.ntotal)
    ids = faiss.vector_to_array(flat.id_map) if has_ids else None
    metric = inner.metric_type
    mine = faiss.read_index(f'{folder}/{name}.faiss')
    made = faiss.index_factory(flat.d, name.split('-')[0], metric)
    if has_ids:
        made = faiss.IndexIDMap2(made)
    made.train(x)
    made.add_with_ids(x, ids) if has_ids else made.add(x)
    faiss.write_index(made, f'{folder}/{name}.made')
    q = x[:20] + 0.01
    d1, i1 = mine.search(q, 5)
    d2, i2 = made.search(q, 5)
    out[name] = {'type': type(mine).__name__, 'metric': mine.metric_type, 'same': bool((d1 == d2).all() and (i1 == i2).all())}
print(json.dumps(out))
`;

describe('what faiss makes of the same data is the same, byte for byte', () => {
  const cases: [string, boolean, number, number, Partial<Dataset>][] = [
    ['SQ8-l2', false, 16, 300, {}],
    ['SQ8-ids', true, 13, 200, { metric: 'IP' }],
    ['SQ8-one', true, 3, 1, {}],
    ['SQfp16-l2', false, 16, 300, {}],
    ['SQfp16-ids', true, 7, 100, { metric: 'IP' }],
    ['Flat-ids', true, 7, 100, { metric: 'IP' }],
  ];
  test('and is searched with the same results', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vts-faiss-'));
    try {
      for (const [name, ids, dim, rows, more] of cases) {
        const fields = ids ? [id, floats(dim)] : [floats(dim)];
        const table = finiteTable(fields, rows);
        const dataset = datasetOf(table, more);
        const spec = `${ids ? 'IDMap2,' : ''}${name.split('-')[0]}`;
        writeFileSync(
          join(folder, `${name}.faiss`),
          await writeTable(faiss, table, { dataset, options: { ...WRITE, faissIndex: spec } }),
        );
        writeFileSync(join(folder, `${name}.flat`), await writeTable(faiss, table, { dataset }));
      }
      const seen = JSON.parse(runPython(SCRIPT, folder, ...cases.map(([name]) => name)));
      for (const [name, ids, , , { metric }] of cases) {
        expect(`${name} ${JSON.stringify(seen[name])}`).toBe(
          `${name} ${
            JSON.stringify({
              type: ids ? 'IndexIDMap2' : 'IndexScalarQuantizer',
              metric: metric === 'IP' ? 0 : 1,
              same: true,
            })
          }`,
        );
        const [mine, made] = ['faiss', 'made'].map((suffix) =>
          readFileSync(join(folder, `${name}.${suffix}`))
        );
        expect(`${name} ${mine.equals(made)}`).toBe(`${name} true`);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('an SQ8 without rows can be loaded and read', async () => {
    const table = finiteTable([floats(5)], 0);
    const bytes = await writeTable(faiss, table, { options: { ...WRITE, faissIndex: 'SQ8' } });
    const { table: read } = await readTable(faiss, bytes, {
      roles: {},
      order: 'stored',
      scratch: memoryScratch,
      allowLossy: true,
    });
    expect(read.length).toBe(0);
  });

  test('float16 comes back as float16 holds it', async () => {
    const type = { kind: 'FloatVector', dim: 2 } as const;
    const schema = { fields: [field('vector', type)] };
    const table = makeBatch(schema, [
      columnFromValues(type, [Float32Array.of(0.1, 65504), Float32Array.of(-0, 1e-8)]),
    ]);
    const bytes = await writeTable(faiss, table, { options: { ...WRITE, faissIndex: 'SQfp16' } });
    const { table: read } = await readTable(faiss, bytes, {
      roles: {},
      order: 'stored',
      scratch: memoryScratch,
      allowLossy: true,
    });
    expect([...read.columns[0].values as Float32Array]).toEqual([0.0999755859375, 65504, -0, 0]);
  });
});

describe('what an index of codes cannot hold', () => {
  const write = (values: number[][], faissIndex: string) => {
    const type = { kind: 'FloatVector', dim: values[0].length } as const;
    const schema = { fields: [field('vector', type)] };
    const table = makeBatch(schema, [columnFromValues(type, values.map((row) => Float32Array.from(row)))]);
    return writeTable(faiss, table, { options: { ...WRITE, faissIndex } }).then(() => undefined, (e) => e);
  };

  test('is refused with its row', async () => {
    for (
      const [values, spec, row] of [
        [[[1, 2], [NaN, 1]], 'SQ8', 1],
        [[[1, Infinity]], 'SQ8', 0],
        [[[1, 2], [3, 4], [5, 70000]], 'SQfp16', 2],
      ] as const
    ) {
      const error = await write(values.map((v) => [...v]), spec);
      expect(isVtsError(error, 'RowInvalid')).toBe(true);
      expect(error.details).toMatchObject({ row, field: 'vector', remedy: expect.stringContaining('Flat') });
    }
    expect(await write([[NaN, Infinity]], 'SQfp16')).toBeUndefined();
    expect(await write([[3e38, 1], [-3e38, 2]], 'SQ8')).toMatchObject({
      code: 'RowInvalid',
      message: expect.stringContaining('dimension 0 reaches from'),
      details: { field: 'vector' },
    });
    expect(await write([Array(300_000).fill(1)], 'SQ8')).toBeUndefined();
  });
});

describe('an index that does not fit the data', () => {
  const problems = (fields: Dataset['schema']['fields'], faissIndex: string, more: Partial<Dataset> = {}) =>
    faiss.writer!.check!({ schema: { fields }, roles: {}, notes: [], ...more }, { ...WRITE, faissIndex });
  const bits = field('vector', { kind: 'BinaryVector', dim: 8 });

  test('is refused with the one that does', () => {
    expect(problems([id, floats(2)], 'IDMap2,SQ8')).toEqual([]);
    expect(problems([floats(2)], 'SQfp16', { metric: 'IP' })).toEqual([]);
    expect(problems([id, floats(2)], 'SQ8')).toMatchObject([{
      field: 'id',
      remedy: '--faiss-index IDMap2,SQ8, or leave the column out with --fields',
    }]);
    expect(problems([floats(2)], 'IDMap2,Flat')).toMatchObject([{
      remedy: '--id COLUMN, or --faiss-index Flat',
    }]);
    expect(problems([bits], 'Flat')).toMatchObject([{ remedy: '--faiss-index BFlat' }]);
    expect(problems([id, floats(2)], 'IDMap2,BFlat')).toMatchObject([{
      remedy: '--faiss-index IDMap2,Flat',
    }]);
    expect(problems([floats(2)], 'SQ8', { metric: 'L1' })).toMatchObject([{
      remedy: '--metric L2, or --metric IP',
    }]);
  });

  test('is said to be lossy where it is', () => {
    const notes = (faissIndex: string) =>
      faiss.writer!.notes!(
        { schema: { fields: [floats(2)] }, roles: {}, notes: [], metric: 'L2' },
        { ...WRITE, faissIndex },
      );
    expect(notes('SQ8')).toEqual([expect.stringContaining('SQ8 is lossy')]);
    expect(notes('Flat')).toEqual([]);
  });
});

test('the scratch files of codes and ids are closed, whether the output is finished or aborted', async () => {
  for (const end of ['finish', 'abort'] as const) {
    let open = 0;
    const scratch = () => {
      open++;
      return Object.assign(memoryScratch(), { close: () => void open-- });
    };
    const table = finiteTable([id, floats(2)], 5);
    const writer = await faiss.writer!.open(memorySink(), datasetOf(table), {
      scratch,
      faissIndex: 'IDMap2,SQ8',
    });
    await writer.write(table);
    expect(open).toBe(2);
    await writer[end]();
    expect(open).toBe(0);
  }
});
