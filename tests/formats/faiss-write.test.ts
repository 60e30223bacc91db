import { describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeBatch } from '../../src/core/batch.ts';
import { type Dataset, type Field, field, type Metric } from '../../src/core/schema.ts';
import { columnFromValues } from '../../src/core/values.ts';
import { isVtsError } from '../../src/errors.ts';
import { faiss } from '../../src/formats/faiss/format.ts';
import { memoryScratch, memorySink } from '../../src/stores/memory.ts';
import { canonical } from '../support/compare.ts';
import { fixture } from '../support/fixtures.ts';
import { datasetOf, readTable, WRITE, writeTable } from '../support/format-io.ts';
import { runPython } from '../support/python.ts';
import { randomTable } from '../support/tables.ts';

const id = field('id', { kind: 'Int64' }, { primaryKey: true });
const floats = (dim: number) => field('vector', { kind: 'FloatVector', dim });
const bits = (dim: number) => field('vector', { kind: 'BinaryVector', dim });

describe('what faiss wrote is written again byte for byte', () => {
  const names = [
    ...['l2', 'ip', 'bits', 'empty', 'dim1', 'dim1500_one', 'l1', 'linf', 'lp', 'canberra', 'jaccard'].map((
      n,
    ) => `flat_${n}`),
    ...['idmap2_flat', 'idmap2_empty', 'idmap2_removed', 'idmap2_lp'],
    ...['binary_flat', 'binary_flat_empty', 'binary_idmap2'],
  ];
  for (const name of names) {
    test(name, async () => {
      const bytes = new Uint8Array(readFileSync(fixture(`faiss/${name}.faiss`)));
      const { table, dataset } = await readTable(faiss, bytes);
      const written = await writeTable(faiss, table, { dataset });
      expect(Buffer.from(written).equals(Buffer.from(bytes))).toBe(true);
    });
  }
});

describe('faiss reads what is written', () => {
  const SCRIPT = `
import sys, json, faiss, numpy as np
out = {}
for path in sys.argv[1:]:
    binary = 'binary' in path
    index = (faiss.read_index_binary if binary else faiss.read_index)(path)
    ids = None
    inner = index
    if hasattr(index, 'id_map'):
        ids = [str(i) for i in faiss.vector_to_array(index.id_map)]
        inner = (faiss.downcast_IndexBinary if binary else faiss.downcast_index)(index.index)
    n = index.ntotal
    if binary:
        rows = [inner.reconstruct(i).tobytes().hex() for i in range(n)]
    else:
        rows = [row.tobytes().hex() for row in inner.reconstruct_n(0, n)] if n else []
    found = None
    if n:
        query = np.frombuffer(bytes.fromhex(rows[n // 2]), 'u1' if binary else 'f4')[None]
        found = str(index.search(query, 1)[1][0, 0])
    out[path.split('/')[-1]] = {'type': type(index).__name__, 'inner': type(inner).__name__, 'd': index.d, 'metric': index.metric_type,
                 'arg': getattr(inner, 'metric_arg', None), 'ids': ids, 'rows': rows, 'found': found}
print(json.dumps(out))
`;
  interface Seen {
    type: string;
    inner: string;
    d: number;
    metric: number;
    arg: number;
    ids: string[] | null;
    rows: string[];
    found: string | null;
  }

  test('with equal vectors, ids, metric and search results', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'vts-faiss-'));
    const cases: [string, Field[], number, Partial<Dataset>, Partial<Seen>][] = [
      ['flat_l2', [floats(16)], 100, {}, { type: 'IndexFlatL2', metric: 1 }],
      ['flat_ip', [floats(3)], 7, { metric: 'IP' }, { type: 'IndexFlatIP', metric: 0 }],
      ['flat_lp', [floats(4)], 9, { metric: 'Lp', metricArg: 1.5 }, {
        type: 'IndexFlat',
        metric: 4,
        arg: 1.5,
      }],
      ['flat_none', [floats(4)], 0, {}, { type: 'IndexFlatL2' }],
      ['flat_1d', [floats(1)], 2, {}, { type: 'IndexFlatL2' }],
      ['idmap2', [id, floats(8)], 50, { metric: 'IP' }, {
        type: 'IndexIDMap2',
        inner: 'IndexFlatIP',
        metric: 0,
      }],
      ['idmap2_none', [id, floats(8)], 0, {}, { type: 'IndexIDMap2' }],
      ['binary', [bits(64)], 40, {}, { type: 'IndexBinaryFlat' }],
      ['binary_idmap2', [bits(128), id], 33, { metric: 'HAMMING' }, {
        type: 'IndexBinaryIDMap2',
        inner: 'IndexBinaryFlat',
      }],
    ];
    try {
      const tables = cases.map(([, fields, rows]) => randomTable({ fields }, { rows, nanPayloads: true }));
      const paths: string[] = [];
      for (const [i, [name, , , more]] of cases.entries()) {
        const path = join(directory, `${name}.faiss`);
        writeFileSync(path, await writeTable(faiss, tables[i], { dataset: datasetOf(tables[i], more) }));
        paths.push(path);
      }
      const seen: Record<string, Seen> = JSON.parse(runPython(SCRIPT, ...paths));
      for (const [i, [name, fields, rows, , expected]] of cases.entries()) {
        const actual = seen[`${name}.faiss`];
        const vector = fields.findIndex((f) => f.name === 'vector');
        const key = fields.findIndex((f) => f.name === 'id');
        expect(actual).toMatchObject(expected);
        expect(actual.rows).toEqual(
          Array.from({ length: rows }, (_, row) => canonical(tables[i].columns[vector], row)),
        );
        const ids = key < 0 ? null : [...tables[i].columns[key].values as BigInt64Array].map(String);
        expect(actual.ids).toEqual(ids);
        if (name === 'binary_idmap2') expect(actual.found).toBe(ids![rows >> 1]);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('what cannot be written', () => {
  const problems = (fields: Field[], more: Partial<Dataset> = {}) =>
    faiss.writer!.check!({ schema: { fields }, roles: {}, notes: [], ...more }, WRITE);
  const extra = [field('year', { kind: 'Int64' }), field('title', { kind: 'VarChar' })];

  test('nothing stands in the way of an id and a vector', () => {
    expect(problems([id, floats(8)])).toEqual([]);
    expect(problems([bits(8)], { metric: 'HAMMING' })).toEqual([]);
    expect(
      problems([field('pk', { kind: 'Int64' }), field('v', { kind: 'FloatVector', dim: 2 })], {
        roles: { id: 'pk' },
      }),
    ).toEqual([]);
  });

  test('every other column is named, with the --fields that leaves them out', () => {
    const found = problems([id, ...extra, floats(8)]);
    expect(found.map((p) => p.field)).toEqual(['year', 'title']);
    expect(new Set(found.map((p) => p.remedy))).toEqual(new Set(['--fields id,vector']));
    expect(problems([...extra, floats(8)])[0].remedy).toBe('--id year --fields year,vector');
    expect(problems([extra[1], floats(8)])[0].remedy).toBe('--fields vector');
  });

  test('one vector column has to be chosen', () => {
    const two = [
      id,
      field('a', { kind: 'FloatVector', dim: 2 }),
      field('b', { kind: 'FloatVector', dim: 2 }),
    ];
    expect(problems(two)).toMatchObject([{ remedy: '--vector a --fields id,a' }]);
    expect(problems(two, { roles: { vector: 'b' } })).toMatchObject([{
      field: 'a',
      remedy: '--fields id,b',
    }]);
    expect(problems([id])[0].message).toContain('no vector column');
    expect(problems([id, floats(8)], { roles: { vector: 'id' } })[0]).toMatchObject({
      field: 'id',
      remedy: '--vector vector --fields id,vector',
    });
  });

  test('names in remedies are quoted for a shell', () => {
    const spaced = field("it's mine", { kind: 'FloatVector', dim: 2 });
    expect(problems([extra[1], spaced])[0].remedy).toBe("--fields 'it'\\''s mine'");
    expect(problems([field('a b', { kind: 'Array', element: { kind: 'Float' } })])[0].remedy)
      .toBe("--cast 'a b:FloatVector(DIM)'");
  });

  test('only vectors and lists are cast', () => {
    const { casts, kinds } = faiss.writer!.features;
    expect(Object.keys(casts!).every((kind) => kind === 'Array' || kind.endsWith('Vector'))).toBe(true);
    expect([...kinds].some((kind) => kind in casts!)).toBe(false);
  });

  test('a metric that is assumed is said', () => {
    const notes = (f: Field, metric?: Metric) =>
      faiss.writer!.notes!(
        { schema: { fields: [f] }, roles: {}, notes: [], ...(metric && { metric }) },
        WRITE,
      );
    expect(notes(floats(8))).toEqual([expect.stringContaining('L2; --metric IP')]);
    expect(notes(floats(8), 'IP')).toEqual([]);
    expect(notes(bits(8))).toEqual([]);
  });

  test('ids must be integers', () => {
    const text = field('key', { kind: 'VarChar' }, { primaryKey: true });
    expect(problems([text, floats(8)])).toMatchObject([{ field: 'key', remedy: '--fields vector' }]);
  });

  test('metrics that faiss lacks are refused', () => {
    const metric = (f: Field, name: Metric) => problems([f], { metric: name }).map((p) => p.remedy);
    expect(metric(floats(8), 'COSINE')).toEqual(['--normalize']);
    expect(metric(floats(8), 'HAMMING')).toEqual(['--metric L2']);
    expect(metric(bits(8), 'JACCARD')).toEqual(['--metric HAMMING']);
    expect(metric(floats(8), 'JACCARD')).toEqual([]);
  });

  test('a problem found late refuses the plan', async () => {
    const dataset = { schema: { fields: [floats(8)] }, roles: {}, notes: [], metric: 'COSINE' as Metric };
    const error = await faiss.writer!.open(memorySink(), dataset, WRITE).catch((e) => e);
    expect(isVtsError(error, 'PlanRefused')).toBe(true);
  });

  test('a null row is an error that names it', async () => {
    const schema = { fields: [field('vector', { kind: 'FloatVector', dim: 2 }, { nullable: true })] };
    const rows = [Float32Array.of(1, 2), Float32Array.of(3, 4), null];
    const table = makeBatch(schema, [columnFromValues(schema.fields[0].type, rows)]);
    const error = await writeTable(faiss, table, { rowsPerWrite: 1 }).catch((e) => e);
    expect(isVtsError(error, 'RowInvalid')).toBe(true);
    expect(error.details).toMatchObject({ row: 2, field: 'vector' });
  });
});

test('the scratch file of the ids is closed, whether the output is finished or aborted', async () => {
  for (const end of ['finish', 'abort'] as const) {
    let open = 0;
    const scratch = () => {
      open++;
      return Object.assign(memoryScratch(), { close: () => void open-- });
    };
    const table = randomTable({ fields: [id, floats(2)] }, { rows: 5 });
    const writer = await faiss.writer!.open(memorySink(), datasetOf(table), { scratch });
    await writer.write(table);
    expect(open).toBe(1);
    await writer[end]();
    expect(open).toBe(0);
  }
});
