import { describe, expect, test } from 'bun:test';
import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { type Batch, concatBatches } from '../../src/core/batch.ts';
import { faiss } from '../../src/formats/faiss/format.ts';
import type { ReadRequest } from '../../src/formats/format.ts';
import { openFileSource } from '../../src/stores/file.ts';
import { memoryScratch } from '../../src/stores/memory.ts';
import { canonical, expectSameRows } from '../support/compare.ts';
import { fixture } from '../support/fixtures.ts';
import { openBytes, READ, readAll, readTable } from '../support/format-io.ts';
import { array, f32, flat, header, i32, i64, join, NO_DIRECT_MAP, text, u8 } from './faiss-bytes.ts';

const load = (name: string) => new Uint8Array(readFileSync(fixture(`faiss/${name}`)));
const BY_ID = { ...READ, order: 'id' } as const;

/** Rows as texts, `id vector`, sorted by id as whole numbers; rows of one id stay in order. */
function sortedRows(table: Batch): string[] {
  const ids = table.columns[0].values as BigInt64Array;
  const order = Array.from({ length: table.length }, (_, row) => row);
  order.sort((a, b) => ids[a] < ids[b] ? -1 : ids[a] > ids[b] ? 1 : a - b);
  return order.map((row) => `${ids[row]} ${canonical(table.columns[1], row)}`);
}

describe('--order id', () => {
  for (
    const name of [
      'ivf_ids',
      'ivf_sparse',
      'ivf_removed',
      'ivf_empty',
      'idmap_ivf',
      'idmap2_flat',
      'idmap_same_ids',
      'idmap2_idmap',
      'binary_idmap',
    ]
  ) {
    test(`sorts ${name} by id`, async () => {
      const { table: stored } = await readTable(faiss, load(`${name}.faiss`));
      const { table } = await readTable(faiss, load(`${name}.faiss`), BY_ID);
      const rows = Array.from(
        { length: table.length },
        (_, row) => `${table.columns[0].values[row]} ${canonical(table.columns[1], row)}`,
      );
      expect(rows).toEqual(sortedRows(stored));
    });
  }

  test('can be gone on from, and honours columns and limits', async () => {
    const bytes = load('ivf_ids.faiss');
    const { table } = await readTable(faiss, bytes, BY_ID);
    const reader = await openBytes(faiss, bytes, BY_ID);
    const collect = async (request: Partial<ReadRequest>) => {
      const batches = [];
      for await (const { batch, cursor } of reader.read({ batchBytes: 1000, ...request })) {
        batches.push({ batch, cursor });
      }
      return batches;
    };
    const all = await collect({});
    expect(all.length).toBeGreaterThan(3);
    expectSameRows(concatBatches(all.map(({ batch }) => batch)), table);
    const rest = await collect({ after: all[1].cursor });
    expectSameRows(
      concatBatches(rest.map(({ batch }) => batch)),
      concatBatches(all.slice(2).map(({ batch }) => batch)),
    );
    const some = await collect({ columns: ['vector'], limit: 30 });
    expect(some.flatMap(({ batch }) => batch.schema.fields.map((f) => f.name))[0]).toBe('vector');
    expect(some.reduce((sum, { batch }) => sum + batch.length, 0)).toBe(30);
    await reader.close();
  });

  test('closes its scratch files', async () => {
    let open = 0;
    const scratch = () => {
      open++;
      return Object.assign(memoryScratch(), { close: () => void open-- });
    };
    const reader = await openBytes(faiss, load('ivf_ids.faiss'), { ...BY_ID, scratch });
    await readAll(reader);
    expect(open).toBe(1);
    await reader.close();
    await reader.close();
    expect(open).toBe(0);
  });

  test('of an index without ids is the stored order', async () => {
    const { table } = await readTable(faiss, load('flat_l2.faiss'), BY_ID);
    expectSameRows(table, (await readTable(faiss, load('flat_l2.faiss'))).table);
  });
});

test('an aborted signal stops reading', async () => {
  for (const options of [READ, BY_ID]) {
    const reader = await openBytes(faiss, load('ivf_ids.faiss'), options);
    await expect(readAll(reader, { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
    await reader.close();
  }
});

describe('the data set', () => {
  const datasetOf = async (name: string) => (await openBytes(faiss, load(name))).dataset;

  test('has the metric of the header', async () => {
    const metrics: Record<string, string> = {
      flat_l2: 'L2',
      flat_ip: 'IP',
      flat_l1: 'L1',
      flat_linf: 'Linf',
      flat_canberra: 'Canberra',
      flat_braycurtis: 'BrayCurtis',
      flat_jensenshannon: 'JensenShannon',
      flat_jaccard: 'JACCARD',
      flat_naneuclidean: 'NaNEuclidean',
      hnsw_ip: 'IP',
      ivf_sparse: 'IP',
      binary_idmap2: 'HAMMING',
    };
    for (const [name, metric] of Object.entries(metrics)) {
      expect(`${name} ${(await datasetOf(`${name}.faiss`)).metric}`).toBe(`${name} ${metric}`);
    }
    expect(await datasetOf('flat_lp.faiss')).toMatchObject({ metric: 'Lp', metricArg: 3.5 });
    expect(await datasetOf('idmap2_lp.faiss')).toMatchObject({ metric: 'Lp', metricArg: 2.5 });
  });

  test('has an id column only where ids are stored', async () => {
    expect((await datasetOf('idmap_flat.faiss')).roles).toEqual({ id: 'id', vector: 'vector' });
    expect((await datasetOf('hnsw_l2.faiss')).roles).toEqual({ vector: 'vector' });
    expect((await datasetOf('flat_l2.faiss')).notes.join()).toContain('no ids of its own');
    expect((await datasetOf('idmap_flat.faiss')).schema.fields[0]).toMatchObject({
      name: 'id',
      primaryKey: true,
    });
  });

  test('says what is lost and what is odd', async () => {
    expect((await datasetOf('hnsw_l2.faiss')).notes.join()).toContain('graph is left out');
    expect((await datasetOf('idmap_ivf.faiss')).notes.join()).toContain('--order id');
    expect((await openBytes(faiss, load('idmap_ivf.faiss'), BY_ID)).dataset.notes.join()).not.toContain(
      '--order',
    );
    expect((await datasetOf('ivf_nan.faiss')).notes.join()).toContain('1 of 120 vectors were never stored');
    expect((await datasetOf('ivf_untrained.faiss')).notes.join()).toContain('not trained');
    const { dataset } = await openBytes(faiss, join(flat(2, 2), text('a Lucene footer')));
    expect(dataset.notes.join()).toContain('15 bytes follow the index');
  });
});

describe('inspect', () => {
  const inspect = async (name: string) => (await openBytes(faiss, load(name))).inspect();

  test('shows the index as faiss nests it', async () => {
    const trees: Record<string, string> = {
      flat_l2: 'Flat',
      idmap2_flat: 'IDMap2 > Flat',
      ivf_full: 'IVF8 > Flat',
      ivf_hnsw: 'IVF16(HNSW8 > Flat) > Flat',
      hnsw_ip: 'HNSW32 > Flat',
      idmap_hnsw: 'IDMap > HNSW8 > Flat',
      idmap_ivf: 'IDMap > IVF8 > Flat',
      idmap2_idmap: 'IDMap2 > IDMap > Flat',
      binary_idmap2: 'IDMap2 > BFlat',
    };
    for (const [name, tree] of Object.entries(trees)) {
      expect((await inspect(`${name}.faiss`)).index).toBe(tree);
    }
  });

  test('shows lists and graphs', async () => {
    expect(await inspect('ivf_sparse.faiss')).toMatchObject({
      dim: 8,
      vectors: 12,
      stored: 12,
      metric: 'IP',
      tree: { fourcc: 'IwFl', nlist: 64, smallestList: 0, quantizer: { fourcc: 'IxFI', vectors: 64 } },
    });
    expect(await inspect('hnsw_l2.faiss')).toMatchObject({
      tree: { m: 8, efConstruction: 40, storage: { fourcc: 'IxF2' } },
    });
    expect(await inspect('hnsw_empty.faiss')).toMatchObject({ vectors: 0, tree: { m: 16, levels: 0 } });
  });
});

describe("Milvus' own marks (hand-built: knowhere writes them, faiss does not)", () => {
  const cosine = { unused: [1, 0] as [number, number], metric: 0 };

  test('a Flat index marked as cosine', async () => {
    const bytes = join(text('IxFI'), header(2, 1, cosine), array([f32(3), f32(4)]));
    const { dataset, table } = await readTable(faiss, bytes);
    expect(dataset.metric).toBe('COSINE');
    expect(dataset.notes.join()).toContain('COSINE');
    expect([...table.columns[0].values as Float32Array]).toEqual([3, 4]);
    expect(await (await openBytes(faiss, bytes)).inspect()).toMatchObject({ writtenBy: 'Milvus (knowhere)' });
  });

  test('an IVF whose lists end with the norms of their vectors', async () => {
    const list = (
      ids: number[],
    ) => [...ids.flatMap((id) => [f32(id), f32(-id)]), ...ids.map(i64), ...ids.map(() => f32(9))];
    const bytes = join(
      text('IwFl'),
      header(2, 3, cosine),
      i64(3),
      i64(1),
      flat(2, 3),
      NO_DIRECT_MAP,
      text('ilar'),
      i64(3),
      i64(8),
      text('full'),
      array([i64(2), i64(0), i64(1)]),
      ...list([10, 11]),
      ...list([12]),
    );
    const { dataset, table } = await readTable(faiss, bytes);
    expect(dataset.metric).toBe('COSINE');
    expect([...table.columns[0].values as BigInt64Array]).toEqual([10n, 11n, 12n]);
    expect([...table.columns[1].values as Float32Array]).toEqual([10, -10, 11, -11, 12, -12]);
    expect(await (await openBytes(faiss, bytes)).inspect()).toMatchObject({ trailingBytes: 0 });
  });

  test('an index with the cosine byte cleared keeps its metric', async () => {
    const { dataset } = await readTable(
      faiss,
      join(text('IxFI'), header(2, 0, { unused: [0, 0], metric: 0 }), i64(0)),
    );
    expect(dataset.metric).toBe('IP');
  });
});

test('an IVF with more lists than one block of sizes finds every row', async () => {
  const nlist = 10_000;
  const sizes = Array.from({ length: nlist }, (_, i) => i % 3 === 0 ? i % 7 : 0);
  let row = 0;
  const lists = sizes.flatMap((size) => {
    const rows = Array.from({ length: size }, () => row++);
    return [...rows.map(f32), ...rows.map((r) => i64(r * 5))];
  });
  const quantizer = join(text('IxF2'), header(1, nlist), array(sizes.map(f32)));
  const front = (kind: string, table: Uint8Array) =>
    join(
      text('IwFl'),
      header(1, row),
      i64(nlist),
      i64(1),
      quantizer,
      NO_DIRECT_MAP,
      text('ilar'),
      i64(nlist),
      i64(4),
      text(kind),
      table,
      ...lists,
    );
  const sparse = sizes.flatMap((size, list) => size > 0 ? [i64(list), i64(size)] : []);
  for (const bytes of [front('full', array(sizes.map(i64))), front('sprs', array(sparse))]) {
    const { table } = await readTable(faiss, bytes);
    expect([...table.columns[1].values as Float32Array]).toEqual(Array.from({ length: row }, (_, i) => i));
    expect([...table.columns[0].values as BigInt64Array]).toEqual(
      Array.from({ length: row }, (_, i) => BigInt(i * 5)),
    );
    const { table: one } = await readTable(faiss, bytes, READ, { after: row - 2, limit: 1 });
    expect(one.columns[1].values[0]).toBe(row - 2);
    const { table: sorted } = await readTable(faiss, bytes, BY_ID);
    expectSameRows(sorted, table);
  }
});

test('a file over 4 GiB is read at its end', async () => {
  const [dim, rows] = [1024, 1_200_000];
  const front = join(text('IxM2'), header(dim, rows), text('IxF2'), header(dim, rows), i64(dim * rows));
  const directory = mkdtempSync(joinPath(tmpdir(), 'vts-faiss-'));
  try {
    const path = joinPath(directory, 'sparse.faiss');
    const fd = openSync(path, 'w');
    const ids = front.length + rows * dim * 4;
    ftruncateSync(fd, ids + 8 + rows * 8);
    writeSync(fd, front, 0, front.length, 0);
    writeSync(fd, f32(1.5), 0, 4, ids - 4);
    writeSync(fd, i64(rows), 0, 8, ids);
    writeSync(fd, i64(-7), 0, 8, ids + rows * 8);
    closeSync(fd);
    const source = openFileSource(path);
    const reader = await faiss.reader!.open(source, READ);
    const { table } = await readAll(reader, { after: rows - 3 });
    expect(table.length).toBe(3);
    expect([...table.columns[0].values as BigInt64Array]).toEqual([0n, 0n, -7n]);
    expect([...table.columns[1].values.subarray(-2) as Float32Array]).toEqual([0, 1.5]);
    await source.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('an HNSW graph with a bad entry point is refused', async () => {
  const bytes = load('hnsw_one.faiss');
  const reader = await openBytes(faiss, bytes);
  await reader.close();
  const entry = join(i32(0), i32(0), i32(40));
  const at = Buffer.from(bytes).indexOf(Buffer.from(entry));
  bytes.set(u8(9), at);
  await expect(openBytes(faiss, bytes)).rejects.toThrow('begins at node 9 of 1');
});
