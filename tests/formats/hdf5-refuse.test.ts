/** What vts says of HDF5 files that it reads in part, reads with assumptions, or refuses. */
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isVtsError, type VtsError } from '../../src/errors.ts';
import type { Facts, ReadOptions } from '../../src/formats/format.ts';
import { hdf5 } from '../../src/formats/hdf5/format.ts';
import { readError } from '../../src/formats/hdf5/library/h5-error.ts';
import { openFileSource } from '../../src/stores/file.ts';
import { memorySource } from '../../src/stores/memory.ts';
import { fixture } from '../support/fixtures.ts';
import { READ, readAll } from '../support/format-io.ts';
import { runPython } from '../support/python.ts';
import { random } from '../support/tables.ts';

async function open(name: string, options: Partial<ReadOptions> = {}) {
  const source = openFileSource(fixture(`hdf5/${name}`));
  return await hdf5.reader!.open(source, { ...READ, ...options });
}

/** The error that reading the whole file ends with. */
async function refusal(name: string, options: Partial<ReadOptions> = {}): Promise<VtsError> {
  try {
    const reader = await open(name, options);
    try {
      await readAll(reader);
    } finally {
      await reader.close();
    }
  } catch (error) {
    if (isVtsError(error)) return error;
    throw error;
  }
  throw new Error(`${name} was read`);
}

describe('hdf5 refuses', () => {
  const filters = ['lzf', 'bzip2', 'blosc', 'lz4', 'bitshuffle', 'zstd', '12345'];
  for (const name of filters) {
    test(`the filter ${name}, by name and when opening`, async () => {
      const error = await open(`refused_${name}.h5`).catch((error) => error);
      expect(isVtsError(error, 'InputUnsupported')).toBe(true);
      expect(error.message).toContain(name);
      expect(error.details.field).toBe('/v');
      expect(error.details.remedy).toContain('h5repack');
    });
  }

  const cases: [name: string, code: string, words: string[], options?: Partial<ReadOptions>][] = [
    ['refused_ambiguous.h5', 'InputUnsupported', ['number of rows', '/a (3)', '/b (4)', '::/a']],
    ['refused_external_link.h5', 'InputUnsupported', ['/v', 'other.h5']],
    ['refused_external_storage.h5', 'InputUnsupported', ['/v', 'external']],
    ['refused_virtual.h5', 'InputUnsupported', ['/v', 'virtual', 'other.h5', '::PATH']],
    ['refused_compound.h5', 'InputUnsupported', ['/rows', 'compound(a: int32, b: float64)', '::PATH']],
    ['refused_cube.h5', 'InputUnsupported', ['/cube', '3 dimensions', '(4, 2, 2)']],
    ['left_out.h5', 'InputUnsupported', ['/cube', '3 dimensions'], { path: '/cube' }],
    ['left_out.h5', 'InputUnsupported', ['/kind'], { path: 'kind' }],
    ['left_out.h5', 'InputMissing', ['there is no /x', '/v (4, 3)'], { path: '/x/y' }],
    ['left_out.h5', 'InputMissing', ['/v is not a group'], { path: '/v/y' }],
    ['refused_uint64.h5', 'RowInvalid', ['9223372036854775808']],
    ['refused_empty.h5', 'InputUnsupported', ['no data sets']],
    ['ann_sparse.hdf5', 'InputUnsupported', ['sparse form', 'size_train']],
    ['group_path.h5', 'InputUnsupported', ['/a/v (9, 2)', '/b/c/v (4, 3)', '::/a']],
    ['soft_link.h5', 'InputMissing', ['circle'], { path: '/view/circle' }],
    ['strings_latin1.h5', 'RowInvalid', ['byte 1 is 0xe4', 'UTF-8']],
    ['damaged_chunk.h5', 'InputMalformed', ['/v, rows']],
  ];
  for (const [name, code, words, options] of cases) {
    test(`${name}${options === undefined ? '' : `::${options.path}`}, with ${code}`, async () => {
      const error = await refusal(name, options);
      const text = [error.message, error.details.expected, error.details.remedy].join('\n');
      expect(`${error.code}: ${text}`).toStartWith(`${code}: `);
      for (const word of words) expect(text).toContain(word);
      expect(error.details.file).toEndWith(name);
    });
  }

  test('a row that does not fit, naming it', async () => {
    expect((await refusal('refused_uint64.h5')).details).toMatchObject({ row: 2, field: 'n' });
    expect((await refusal('strings_latin1.h5')).details).toMatchObject({ row: 1, field: 's' });
  });

  test('bytes that are no HDF5 file', async () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(5000), new TextEncoder().encode('id,vector\n')]) {
      const error = await hdf5.reader!.open(memorySource(bytes, 'x'), READ).catch((error) => error);
      expect(isVtsError(error, 'InputMalformed')).toBe(true);
      expect(error.message).toBe('x is not an HDF5 file');
    }
  });
});

test('memory that HDF5 cannot get for a small file is damage, for a large one a limit', () => {
  const cause = new Error('memory allocation failed for raw data chunk');
  const code = (size: number) => (readError(cause, { file: 'x.h5', size, what: '/v in ' }) as VtsError).code;
  expect([code(5000), code(2 ** 31)]).toEqual(['InputMalformed', 'MemoryLimit']);
  const past = new Error('address of object past end of allocation');
  expect(readError(past, { file: 'x.h5', size: 2 ** 31, what: '' })).toMatchObject({
    code: 'InputMalformed',
  });
});

test('what is missing is named once', async () => {
  for (const path of ['/nope', 'nope', 'nope/']) {
    expect((await refusal('left_out.h5', { path })).message).toEndWith(`left_out.h5`);
  }
});

test('a chunk that no such file can hold is damage', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vts-hdf5-'));
  runPython(
    `
import sys, h5py
for name, padding in [('small', 0), ('large', 1 << 20)]:
    with h5py.File(f'{sys.argv[1]}/{name}.h5', 'w', libver='latest') as f:
        f['pad'] = b'x' * (padding + 1)
        f.create_dataset('v', (1, 4), 'f4', maxshape=(None, None), chunks=(1 << 28, 1), compression='gzip')
`,
    folder,
  );
  try {
    for (const [name, code] of [['small', 'InputMalformed'], ['large', 'MemoryLimit']]) {
      const source = openFileSource(join(folder, `${name}.h5`));
      const error = await hdf5.reader!.open(source, { ...READ, path: '/v' }).catch((error) => error);
      expect([name, error.code]).toEqual([name, code]);
      await source.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('hdf5 understands', () => {
  const metrics = {
    euclidean: 'L2',
    angular: 'COSINE',
    dot: 'IP',
    hamming: 'HAMMING',
    jaccard: 'JACCARD',
  } as const;
  for (const [distance, metric] of Object.entries(metrics)) {
    test(`the distance ${distance} of ann-benchmarks`, async () => {
      const reader = await open(`ann_${distance}.hdf5`);
      expect(reader.dataset.metric).toBe(metric);
      expect(reader.dataset.roles).toEqual({ vector: 'train' });
      expect(reader.dataset.notes[0]).toBe(
        'the layout of ann-benchmarks: /train is read; ::/test, ::/neighbors, ::/distances hold the rest',
      );
      await reader.close();
      const test = await open(`ann_${distance}.hdf5`, { path: 'test' });
      expect([test.dataset.metric, test.dataset.rows]).toEqual([metric, 5]);
      await test.close();
    });
  }

  test('the roles of MilvusDM, and says that bytes are bits', async () => {
    const reader = await open('milvusdm_binary.h5');
    expect(reader.dataset.roles).toEqual({ id: 'ids', vector: 'embeddings' });
    expect(reader.dataset.notes).toEqual([
      '/embeddings: its bytes are packed bits: binary vectors of 32 bits',
    ]);
    await reader.close();
  });

  test('8-bit integers as a vector where the user says so', async () => {
    const reader = await open('integer_rows.h5', { roles: { vector: 'i1' } });
    expect(reader.dataset.schema.fields.find((f) => f.name === 'i1')?.type).toEqual({
      kind: 'Int8Vector',
      dim: 3,
    });
    await reader.close();
  });

  test('what it leaves out, and says so', async () => {
    const reader = await open('left_out.h5');
    expect(reader.dataset.notes).toEqual([
      '/cube is left out: it has 3 dimensions',
      '/nothing is left out: it is a single value, not one a row',
      '/pair is left out: its type is compound(a: int32, b: float64)',
      '/single is left out: it is a single value, not one a row',
    ]);
    await reader.close();
    const links = await open('soft_link.h5', { path: '/view' });
    expect(links.dataset.notes).toContain('/view/nowhere is left out: there is no /not');
    await links.close();
  });

  test('groups that contain themselves', async () => {
    const reader = await open('soft_link.h5', { path: '/view' });
    const { objects } = await reader.inspect() as { objects: Facts[] };
    expect(objects.map((object) => object.path)).toContain('/data/up');
    expect(objects.length).toBeLessThan(20);
    await reader.close();
  });

  test('shape, type, chunks and filters, for inspect', async () => {
    const reader = await open('stored_gzip_shuffle.h5');
    expect(await reader.inspect()).toEqual({
      superblock: 0,
      objects: [{
        path: '/v',
        kind: 'data set',
        shape: [100, 12],
        type: 'float32',
        chunks: [16, 6],
        filters: ['shuffle', 'gzip'],
      }],
    });
    await reader.close();
  });
});

test('many HDF5 files can be open at once', async () => {
  const names = Array.from({ length: 12 }, (_, i) => i % 2 === 0 ? 'stored_gzip.h5' : 'strings_variable.h5');
  const readers = await Promise.all(names.map((name) => open(name)));
  const tables = await Promise.all(readers.map((reader) => readAll(reader, { batchBytes: 500 })));
  expect(tables.map(({ table }) => table.length)).toEqual(names.map((_, i) => i % 2 === 0 ? 100 : 7));
  await Promise.all(readers.map((reader) => reader.close()));
});

test('damaged fixtures are errors or rows, and never more', async () => {
  const next = random(17);
  for (const name of readdirSync(fixture('hdf5')).filter((name) => /\.(h5|hdf5)$/.test(name))) {
    const bytes = readFileSync(fixture(`hdf5/${name}`));
    if (bytes.length > 100_000) continue;
    // Most of a file is zeros, which hardly anything depends on.
    const places = [...bytes.keys()].filter((at) => bytes[at] !== 0);
    for (let i = 0; i < 4; i++) {
      const damaged = new Uint8Array(bytes);
      const at = places[Math.floor(next() * places.length)];
      if (next() < 0.5) damaged[at] ^= 1 << Math.floor(next() * 8);
      else damaged.fill(0xff, at, at + 8);
      try {
        const reader = await hdf5.reader!.open(memorySource(damaged, name), READ);
        await reader.inspect().then(() => readAll(reader)).finally(() => reader.close());
      } catch (error) {
        if (!isVtsError(error)) throw error;
      }
    }
  }
});
