/** Files that vts reads without HDF5's library: what it finds in them is what the library finds. */
import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isVtsError } from '../../src/errors.ts';
import type { DataInfo, TypeInfo } from '../../src/formats/hdf5/data-info.ts';
import type { H5File, Slab } from '../../src/formats/hdf5/h5-file.ts';
import { TYPE_CLASS } from '../../src/formats/hdf5/h5-type.ts';
import { openWithLibrary } from '../../src/formats/hdf5/library/library-file.ts';
import { openPlain, seemsPlain } from '../../src/formats/hdf5/plain/plain-file.ts';
import { type Entry, walk } from '../../src/formats/hdf5/tree.ts';
import type { ByteSource } from '../../src/stores/bytes.ts';
import { openFileSource } from '../../src/stores/file.ts';
import { memorySource } from '../../src/stores/memory.ts';
import { fixture } from '../support/fixtures.ts';
import { runPython } from '../support/python.ts';
import { random } from '../support/tables.ts';

/** What vts makes use of in a data set or attribute. */
const used = (info: DataInfo) => ({ ...usedType(info), shape: info.shape, chunks: info.chunks });

function usedType(info: TypeInfo): object {
  const { type, size, signed, littleEndian, vlen, strpad, enum_type, vlen_type, compound_type } = info;
  return {
    ...{ type, vlen },
    // Of a value of variable length, the library tells the bytes of a pointer.
    size: isVariable(info) ? undefined : size,
    ...(type === TYPE_CLASS.string
      ? { strpad }
      : isVariable(info) || compound_type
      ? {}
      : { signed, littleEndian }),
    enumeration: enum_type && { type: enum_type.type, members: enum_type.members },
    elements: vlen_type && usedType(vlen_type),
    members: compound_type?.members.map((member) => [member.name, member.offset, usedType(member)]),
  };
}

const isVariable = ({ type, vlen }: TypeInfo) => vlen || type === TYPE_CLASS.vlen;

/** The values of some rows. */
async function valuesOf(file: H5File, slab: Slab, info: DataInfo): Promise<unknown> {
  const count = slab.inner.reduce((product, extent) => product * extent, slab.rows);
  if (count === 0) return [];
  if (!isVariable(info)) {
    const bytes = new Uint8Array(count * info.size);
    await file.readFixed(slab, bytes, false);
    return Bun.hash(bytes);
  }
  const pointerBytes = info.vlen ? 4 : 8;
  return await file.withVariable(slab, count / slab.rows * pointerBytes, (bytes, heap) => {
    const words = new Uint32Array(bytes.buffer, 0, count * pointerBytes / 4);
    const piece = (start: number, end: number) => Buffer.from(heap.slice(start, end)).toString('hex');
    return Array.from({ length: count }, (_, i) => {
      if (info.vlen) return words[i] === 0 ? '' : piece(words[i], heap.indexOf(0, words[i]));
      const [length, start] = words.subarray(2 * i);
      if (!info.vlen_type!.vlen) return piece(start, start + length * info.vlen_type!.size);
      const pointers = new Uint32Array(heap.slice(start, start + length * 4).buffer);
      return [...pointers].map((at) => at === 0 ? '' : piece(at, heap.indexOf(0, at)));
    });
  });
}

/** All that can be asked of a file. */
async function everything(file: H5File): Promise<unknown[]> {
  const attributesOf = (path: string) =>
    file.attributeNames(path).map((name) => {
      const info = file.attributeInfo(path, name);
      const single = info.shape?.every((extent) => extent === 1);
      return [name, used(info), single ? [...file.attributeValue(path, name, info)] : undefined];
    });
  const identities = new Map<string, number>();
  const same = (path: string) => {
    const identity = file.identity(path);
    if (!identities.has(identity)) identities.set(identity, identities.size);
    return identities.get(identity);
  };
  const entryOf = async ({ name, path, found }: Entry): Promise<unknown[]> => {
    if (found.kind === 'missing') return [name, path, found];
    if (found.kind === 'external') throw new Error('a plain file has no such links');
    const about = [name, path, file.softLink(path), same(found.path), attributesOf(found.path)];
    if (found.kind !== 'dataset') return [...about, found];
    const { info } = found;
    const [rows, ...inner] = info.shape ?? [];
    // In two parts, so that pieces are cut.
    const half = Math.floor((rows ?? 0) / 2);
    const values: unknown[] = [];
    for (const [firstRow, end] of [[0, half], [half, rows ?? 0]]) {
      values.push(await valuesOf(file, { dataset: found.path, firstRow, rows: end - firstRow, inner }, info));
    }
    return [...about, found.path, used(info), file.filters(found.path).map(({ id }) => id), values];
  };
  const entries: unknown[] = [];
  for (const walked of walk(file, '/', 10_000)) entries.push(await entryOf(walked));
  return [attributesOf('/'), [...file.names('/')], ...entries];
}

/** As {@linkcode compare}, for damaged files: where the library gives up, vts may read what it does not look at. */
async function agree(source: ByteSource): Promise<boolean> {
  const found = await outcome(() => everything(openPlain(source)!));
  if (found === undefined) return false;
  const expected = await outcome(async () => {
    const library = await openWithLibrary(source);
    try {
      return await everything(library);
    } finally {
      library.close();
    }
  });
  if (expected === undefined) return false;
  expect(found).toEqual(expected);
  return true;
}

/** What `read` returns; `undefined` when it refuses, or there is nothing to read from. */
async function outcome(read: () => unknown): Promise<unknown> {
  try {
    return await read();
  } catch (error) {
    if (isVtsError(error) || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Compares both ways, if the file is plain; tells whether it is. */
async function compare(source: ByteSource): Promise<boolean> {
  const plain = openPlain(source);
  if (plain === undefined) return false;
  expect(seemsPlain(source)).toBe(true);
  const library = await openWithLibrary(source);
  try {
    expect(await everything(plain)).toEqual(await everything(library));
    expect({ name: plain.name, size: plain.size }).toEqual({ name: library.name, size: library.size });
  } finally {
    library.close();
  }
  return true;
}

const folder = mkdtempSync(join(tmpdir(), 'vts-hdf5-plain-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PLAIN = [
  'ann_angular.hdf5 ann_dot.hdf5 ann_euclidean.hdf5 ann_hamming.hdf5 ann_jaccard.hdf5 ann_neighbors.hdf5 ann_sparse.hdf5',
  'bools.h5 dataset_path.h5 dim_1.h5 group_only.h5 group_path.h5 integer_rows.h5 libver_earliest.h5 milvusdm_binary.h5',
  'milvusdm_float.h5 milvusdm_no_ids.h5 numbers_little_endian.h5 one_row.h5 soft_link.h5 stored_contiguous.h5',
  'stored_chunked.h5 stored_gzip.h5 stored_gzip_shuffle.h5 strings_fixed.h5 strings_latin1.h5 vectors_little_endian.h5',
].join(' ').split(' ');

test('fixtures', async () => {
  const plain: string[] = [];
  for (const name of readdirSync(fixture('hdf5')).filter((name) => /\.(h5|hdf5)$/.test(name))) {
    if (await compare(openFileSource(fixture(`hdf5/${name}`)))) plain.push(name);
  }
  expect(plain).toEqual(expect.arrayContaining(PLAIN));
});

const MAKE = `
import h5py, numpy as np, random, sys
folder, count = sys.argv[1], int(sys.argv[2])
r = random.Random(11)
text = lambda n: r.choice("aü") * n
texts = lambda n: np.array([text(n), "", "b"] * (1 + n % 7), dtype=object)
pairs = np.dtype([("index", "u4"), ("value", "f4")])
variable = {
    "text": (h5py.string_dtype(), text),
    "texts": (h5py.vlen_dtype(h5py.string_dtype()), texts),
    # h5py does not write empty lists.
    **{str(t): (h5py.vlen_dtype(t), lambda n, t=t: np.arange(n).astype(t) if n else None) for t in ["f4", "i8", "?"]},
    "pairs": (h5py.vlen_dtype(pairs), lambda n: np.ones(n, pairs) if n else None),
}
types = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "?", "S5"]
for n in range(count):
    with h5py.File(f"{folder}/{n}.h5", "w", track_order=r.random() < 0.2) as f:
        groups = [f]
        for _ in range(r.choice([1, 1, 2, 12])):
            group = r.choice(groups)
            groups.append(group.create_group(f"g{len(groups)} ü"))
        for i in range(r.choice([1, 3, 40])):
            shape = (r.choice([0, 1, 7, 300]), *([r.choice([1, 5, 64])] if r.random() < 0.5 else []))
            chunks = None if 0 in shape or r.random() < 0.5 else tuple(r.randint(1, extent) for extent in shape)
            data = np.random.default_rng(n * 100 + i).integers(0, 2, shape) * r.randint(1, 99)
            group = r.choice(groups)
            packed = dict(compression=r.choice([None, 1, 9]), shuffle=r.random() < 0.5) if chunks else {}
            kind = r.choice(types + list(variable))
            if kind in variable:
                # Some were never written; others are written in any order.
                dtype, make = variable[kind]
                d = group.create_dataset(f"d{i}", shape, dtype, chunks=chunks, **packed)
                places = list(np.ndindex(*shape))
                for at in r.sample(places, r.randint(0, min(99, len(places)))):
                    if (value := make(r.choice([0, 1, 9, 1000]))) is not None: d[at] = value
                continue
            d = group.create_dataset(f"d{i}", data=data.astype(kind), chunks=chunks, **packed)
            if chunks and r.random() < 0.5:
                d = group.create_dataset(f"e{i}", shape, d.dtype, chunks=chunks)
                if shape[0] > 1: d[:shape[0] // 2] = data[:shape[0] // 2].astype(d.dtype)
            for k in range(r.choice([0, 0, 2, 9])):
                d.attrs[f"a{9 - k}"] = r.choice([3, -2.5, "text", "", np.arange(3), np.float32(1), b"bytes", np.bool_(1)])
        for i, group in enumerate(groups):
            group.attrs["distance"] = "angular"
            if i: group[f"hard{i}"] = r.choice(groups[:i + 1])
            if r.random() < 0.3: group[f"soft{i}"] = h5py.SoftLink(r.choice(["/d0", "g1", "../x", "/nowhere"]))
`;

test('random files of h5py', async () => {
  const count = 60;
  runPython(MAKE, folder, String(count));
  let plain = 0;
  for (let i = 0; i < count; i++) if (await compare(openFileSource(join(folder, `${i}.h5`)))) plain++;
  expect(plain).toBeGreaterThan(count / 4);
});

test('bytes that changed lead to no other rows than those that the library reads', async () => {
  const next = random(5);
  for (
    const name of [
      'ann_angular.hdf5',
      'bools.h5',
      'soft_link.h5',
      'stored_chunked.h5',
      'stored_gzip_shuffle.h5',
      'strings_variable.h5',
    ]
  ) {
    const bytes = readFileSync(fixture(`hdf5/${name}`));
    let compared = 0;
    for (let i = 0; i < 100; i++) {
      const copy = Uint8Array.from(bytes);
      copy[Math.floor(next() * copy.length)] ^= 1 << Math.floor(next() * 8);
      if (await agree(memorySource(copy, name))) compared++;
    }
    expect(compared).toBeGreaterThan(5);
  }
});

test('a global heap whose objects lead in circles is damage, in rows and in attributes', async () => {
  const lists = join(folder, 'lists.h5');
  runPython(
    'import h5py, sys; h5py.File(sys.argv[1], "w").create_dataset("l", (2,), h5py.vlen_dtype("f4"))[0] = [1, 2]',
    lists,
  );
  for (const name of [fixture('hdf5/strings_variable.h5'), fixture('hdf5/ann_angular.hdf5'), lists]) {
    const bytes = new Uint8Array(readFileSync(name));
    const view = new DataView(bytes.buffer);
    let collections = 0;
    for (let at = 0; at + 24 <= bytes.length; at += 8) {
      if (view.getUint32(at) !== 0x47434f4c) continue;
      collections++;
      // Rounded up to a multiple of 8, the length of the first object is none, with its head or without.
      view.setBigUint64(at + 24, 2n ** 64n - (collections % 2 === 0 ? 16n : 1n), true);
    }
    expect(collections).toBeGreaterThan(0);
    const source = memorySource(bytes, name);
    const read = async () => await everything(openPlain(source)!);
    await expect(read()).rejects.toMatchObject({ code: 'InputMalformed' });
  }
});

test('a tree of links whose nodes all have one child many times over has an end', () => {
  const [levels, children, nodeBytes] = [20, 1000, 24 + 1000 * 16];
  const bytes = new Uint8Array(1024 + levels * nodeBytes);
  const view = new DataView(bytes.buffer);
  const put = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at);
  put(0, '\x00HDF\r\n\x1a\n');
  bytes.set([0x89], 0);
  bytes.set([8, 8], 13);
  view.setBigUint64(32, 2n ** 64n - 1n, true);
  view.setBigUint64(48, 2n ** 64n - 1n, true);
  view.setBigUint64(64, 96n, true);
  // The header of the root group, with one message: its tree and its names.
  bytes.set([1, 0, 1, 0], 96);
  view.setUint32(104, 24, true);
  bytes.set([17, 0, 16, 0], 112);
  view.setBigUint64(120, 1024n, true);
  view.setBigUint64(128, 200n, true);
  put(200, 'HEAP');
  view.setBigUint64(208, 8n, true);
  view.setBigUint64(224, 240n, true);
  for (let i = 0; i < levels; i++) {
    const at = 1024 + i * nodeBytes;
    put(at, 'TREE');
    const level = levels - 1 - i;
    bytes[at + 5] = level;
    view.setUint16(at + 6, level === 0 ? 0 : children, true);
    for (let child = 0; child < children; child++) {
      view.setBigUint64(at + 24 + child * 16 + 8, BigInt(at + nodeBytes), true);
    }
  }
  expect(openPlain(memorySource(bytes))).toBeUndefined();
  // With one way through it, it is a plain file: an empty group.
  for (let i = 0; i < levels - 1; i++) view.setUint16(1024 + i * nodeBytes + 6, 1, true);
  expect(openPlain(memorySource(bytes))?.names('/').size).toBe(0);
});
