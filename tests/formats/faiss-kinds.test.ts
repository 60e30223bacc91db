/** Every kind of index that faiss writes, against what faiss itself (or numpy) says its vectors are: see scripts/fixtures/faiss_kinds.py. */
import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Batch } from '../../src/core/batch.ts';
import { isVtsError } from '../../src/errors.ts';
import { faiss } from '../../src/formats/faiss/format.ts';
import { INDEX_KINDS } from '../../src/formats/faiss/kinds.ts';
import type { FormatReader, ReadOptions } from '../../src/formats/format.ts';
import { openFileSource } from '../../src/stores/file.ts';
import { fixture } from '../support/fixtures.ts';
import { READ, readAll } from '../support/format-io.ts';

/** What a fixture holds, as the script that made it says. */
interface Expected {
  readonly path: string;
  readonly exact: boolean;
  /** Why there are no vectors. */
  readonly missing: string | null;
  /** How far a number may be off, relative to the largest one of its vector. */
  readonly tolerance: number;
  readonly dim: number;
  readonly ids: readonly string[] | null;
  /** base64 of little-endian float32, or of bits. */
  readonly vectors: string;
}

const FOLDER = fixture('faiss/kinds');
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith('.faiss')).map((name) => name.slice(0, -6))
  .sort();
const expectedOf = (name: string): Expected => JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8'));
const LOSSY: ReadOptions = {
  ...READ,
  allowLossy: true,
  sibling: (name) => readdirSync(FOLDER).includes(name) ? openFileSource(join(FOLDER, name)) : undefined,
};

async function withReader<T>(
  name: string,
  options: ReadOptions,
  use: (reader: FormatReader) => Promise<T>,
): Promise<T> {
  const source = openFileSource(join(FOLDER, `${name}.faiss`));
  try {
    const reader = await faiss.reader!.open(source, options);
    try {
      return await use(reader);
    } finally {
      await reader.close();
    }
  } finally {
    await source.close();
  }
}

const readFixture = (name: string, options: ReadOptions, batchBytes: number): Promise<Batch> =>
  withReader(name, options, async (reader) => (await readAll(reader, { batchBytes })).table);

const codeOf = (name: string) =>
  readFileSync(join(FOLDER, `${name}.faiss`)).subarray(0, 4).toString('latin1');

/** Vectors of `table` as one array of numbers, or of bytes. */
function vectorsOf(table: Batch): Float32Array | Uint8Array {
  const { values } = table.columns[table.columns.length - 1];
  return values as Float32Array | Uint8Array;
}

/** The largest error of a number of `actual`, relative to the largest number of its vector. */
function worstError(actual: Float32Array, expected: Float32Array, dim: number): number {
  let worst = 0;
  for (let at = 0; at < expected.length; at += dim) {
    const scale = expected.subarray(at, at + dim).reduce((max, x) => Math.max(max, Math.abs(x)), 1e-30);
    for (let i = at; i < at + dim; i++) worst = Math.max(worst, Math.abs(actual[i] - expected[i]) / scale);
  }
  return worst;
}

function expectVectors(table: Batch, { vectors, exact, dim, tolerance }: Expected): void {
  const bytes = new Uint8Array(Buffer.from(vectors, 'base64'));
  const actual = vectorsOf(table);
  if (exact) {
    expect(Buffer.from(actual.buffer, actual.byteOffset, actual.byteLength).equals(bytes)).toBe(true);
    return;
  }
  const expected = new Float32Array(bytes.buffer);
  expect(actual.length).toBe(expected.length);
  expect(worstError(actual as Float32Array, expected, dim)).toBeLessThanOrEqual(tolerance);
}

/** Rows sorted by id: buckets of hashes come in no order. */
function sortRows(table: Batch): { ids: string[]; order: number[] } {
  const ids = [...table.columns[0].values as BigInt64Array];
  const order = ids.map((_, row) => row).sort((a, b) => ids[a] < ids[b] ? -1 : 1);
  return { ids: order.map((row) => ids[row].toString()), order };
}

describe('what faiss says of each kind', () => {
  for (const name of NAMES) {
    const expected = expectedOf(name);
    test(`${name}: ${expected.path}`, async () => {
      if (expected.missing !== null) {
        const error = await readFixture(name, LOSSY, 1 << 20).catch((e) => e);
        expect(isVtsError(error, 'InputUnsupported')).toBe(true);
        expect(error.message).toContain('There are no vectors in this Faiss index');
        const facts = await withReader(
          name,
          { ...LOSSY, inspectOnly: true },
          (reader) => reader.inspect(),
        );
        expect(facts).toMatchObject({ index: expected.path, exact: false, trailingBytes: 0 });
        expect(facts.reading).toMatch(/^vectors not stored: /);
        return;
      }
      const facts = await withReader(name, LOSSY, (reader) => reader.inspect());
      expect(facts).toMatchObject({ index: expected.path, exact: expected.exact, trailingBytes: 0 });
      expect(facts.reading).toMatch(
        expected.exact ? /^vectors exact$/ : /^vectors decoded from codes, lossy/,
      );
      const table = await readFixture(name, LOSSY, 1 << 20);
      if (name === 'binary_hash') {
        const { ids, order } = sortRows(table);
        expect(ids).toEqual([...expected.ids!]);
        const vectors = vectorsOf(table);
        const rows = order.map((row) => Buffer.from(vectors.slice(row * 8, row * 8 + 8)));
        expect(Buffer.concat(rows).toString('base64')).toBe(expected.vectors);
        return;
      }
      expectVectors(table, expected);
      const ids = expected.ids === null ? null : [...table.columns[0].values].map(String);
      expect(ids).toEqual(expected.ids === null ? null : [...expected.ids]);
    });
  }
});

describe('read in pieces, or sorted by id', () => {
  for (const name of NAMES.filter((name) => expectedOf(name).missing === null)) {
    test(name, async () => {
      const whole = await readFixture(name, LOSSY, 1 << 20);
      const dim = expectedOf(name).dim;
      const pieces = await readFixture(name, LOSSY, dim * 4 * 7);
      expect(
        Buffer.from(vectorsOf(pieces).slice().buffer).equals(Buffer.from(vectorsOf(whole).slice().buffer)),
      )
        .toBe(true);
      if (expectedOf(name).ids === null) return;
      const sorted = await readFixture(name, { ...LOSSY, order: 'id' }, dim * 4 * 7);
      const { ids, order } = sortRows(whole);
      expect([...sorted.columns[0].values].map(String)).toEqual(ids);
      const width = vectorsOf(whole).length / whole.length;
      const bits = (values: Float32Array | Uint8Array, row: number) =>
        Buffer.from(values.slice(row * width, (row + 1) * width).buffer).toString('hex');
      expect(order.map((_, row) => bits(vectorsOf(sorted), row))).toEqual(
        order.map((row) => bits(vectorsOf(whole), row)),
      );
    });
  }
});

describe('vectors that are decoded', () => {
  const lossy = NAMES.filter((name) => !expectedOf(name).exact && expectedOf(name).missing === null);

  test('are refused without --allow-lossy, which the message names', async () => {
    expect(lossy.length).toBeGreaterThan(80);
    for (const name of lossy) {
      const error = await readFixture(name, { ...LOSSY, allowLossy: false }, 1 << 20).catch((e) => e);
      expect(`${name} ${error.code}`).toBe(`${name} InputUnsupported`);
      expect(error.details.remedy).toContain('--allow-lossy');
    }
  });

  test('are stated by the data set and by the description of their column', async () => {
    await withReader('ivfpq', LOSSY, ({ dataset }) => {
      expect(dataset.notes[0]).toContain('decoded from PQ4x4 codes');
      expect(dataset.schema.fields[1].description).toContain('decoded from PQ4x4 codes');
      return Promise.resolve();
    });
  });
});

test('there is a fixture of every code that is read, but for those that faiss no longer writes and those of Milvus', () => {
  const elsewhere = readdirSync(fixture('faiss')).filter((name) => name.endsWith('.faiss'));
  const seen = new Set([
    ...NAMES.map(codeOf),
    ...elsewhere.map((name) => readFileSync(fixture(`faiss/${name}`)).subarray(0, 4).toString('latin1')),
  ]);
  const unseen = Object.entries(INDEX_KINDS)
    .filter(([fourcc, { parse, name }]) =>
      parse !== undefined && !name.startsWith("Milvus'") && !seen.has(fourcc)
    )
    .map(([fourcc]) => fourcc);
  expect(unseen.sort()).toEqual(['IHNc', 'IvQR', 'IwEd', 'IwPn', 'IxEd', 'IxHE', 'IxRQ', 'null']);
});
