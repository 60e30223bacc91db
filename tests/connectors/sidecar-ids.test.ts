import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileSourceOptions } from '../../src/connectors/file/file-source.ts';
import { parseLong } from '../../src/connectors/file/sidecar/id-lines.ts';
import { openWithIds } from '../../src/connectors/file/sidecar/ids-source.ts';
import { makeBatch } from '../../src/core/batch.ts';
import type { ReadRequest, Source } from '../../src/core/endpoint.ts';
import { field } from '../../src/core/schema.ts';
import { columnFromValues, type Value, valueAt } from '../../src/core/values.ts';
import { npy } from '../../src/formats/npy/format.ts';
import { isVtsError } from '../../src/errors.ts';
import { fixture } from '../support/fixtures.ts';
import { writeTable } from '../support/format-io.ts';

let folder: string;
const at = (name: string) => join(folder, name);
const OPTIONS: FileSourceOptions = { roles: {}, order: 'stored', tempDir: tmpdir() };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vts-ids-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Columns by name, over all ranges. */
async function read(source: Source, request: Partial<ReadRequest> = {}): Promise<Record<string, Value[]>> {
  const columns: Record<string, Value[]> = {};
  for (const range of await source.plan()) {
    for await (const { batch } of source.read(range, { batchBytes: 700, ...request })) {
      batch.schema.fields.forEach(({ name }, c) => {
        const list = columns[name] ??= [];
        for (let row = 0; row < batch.length; row++) list.push(valueAt(batch.columns[c], row));
      });
    }
  }
  return columns;
}

async function error(endpoints: string[], ids: string) {
  const found = await openWithIds(endpoints, ids, OPTIONS).then(async (source) => {
    try {
      return await read(source);
    } finally {
      await source.close();
    }
  }).catch((e) => e);
  if (!isVtsError(found)) throw new Error(`no error: ${found}`);
  return found;
}

/** The vectors of a Flat index and of .fvecs, 50 and 200 rows. */
const FLAT = fixture('faiss/flat_l2.faiss');
const FVECS = fixture('fvecs/many.fvecs');

async function idsFile(name: string, kind: 'Int64' | 'Int32' | 'VarChar', values: Value[]): Promise<string> {
  const table = makeBatch({ fields: [field('value', { kind })] }, [columnFromValues({ kind }, values)]);
  writeFileSync(at(name), await writeTable(npy, table));
  return at(name);
}

describe('openWithIds()', () => {
  const longs = Array.from({ length: 200 }, (_, i) => BigInt(i) * 7919n - (i === 3 ? 2n ** 62n : 5n));

  test('joins integers and text, from arrays and from lines, by position', async () => {
    writeFileSync(at('ids.txt'), longs.join('\n'));
    writeFileSync(at('names.txt'), '\ufeff' + longs.map((id) => `näme ${id}\r\n`).join(''));
    const files = {
      [await idsFile('ids.npy', 'Int64', longs)]: longs,
      [await idsFile('small.npy', 'Int32', longs.map((_, i) => i * 3))]: longs.map((_, i) => BigInt(i * 3)),
      [await idsFile('names.npy', 'VarChar', longs.map((id) => `x${id}`))]: longs.map((id) => `x${id}`),
      [at('ids.txt')]: longs,
      [at('names.txt')]: longs.map((id) => `näme ${id}`),
    };
    for (const [file, expected] of Object.entries(files)) {
      const source = await openWithIds([FVECS], file, OPTIONS);
      expect(source.dataset.schema.fields.map((f) => [f.name, f.type.kind])).toEqual([
        ['id', typeof expected[0] === 'bigint' ? 'Int64' : 'VarChar'],
        ['vector', 'FloatVector'],
      ]);
      expect(source.dataset.roles).toEqual({ id: 'id', vector: 'vector' });
      expect(source.dataset.notes).toEqual([
        `${file} is joined by position: its first entry belongs to row 0`,
      ]);
      const { id, vector } = await read(source);
      expect(id).toEqual(expected as Value[]);
      expect(vector).toHaveLength(200);
      expect(await read(source, { columns: ['id'] })).toEqual({ id: expected as Value[] });
      expect(Object.keys(await read(source, { columns: ['vector'] }))).toEqual(['vector']);
      await source.close();
    }
  });

  test('goes on after any batch, and keeps to limits', async () => {
    const file = await idsFile('ids.npy', 'Int64', longs);
    const source = await openWithIds([FVECS], file, OPTIONS);
    const all = await read(source);
    const [range] = await source.plan();
    let row = 0;
    const cursors: [unknown, number][] = [];
    for await (const { batch, cursor } of source.read(range, { batchBytes: 500 })) {
      row += batch.length;
      cursors.push([JSON.parse(JSON.stringify(cursor)), row]);
    }
    expect(cursors.length).toBeGreaterThan(5);
    for (const [after, done] of cursors) {
      const again = await openWithIds([FVECS], file, OPTIONS);
      const rest = await read(again, { after });
      expect(rest.id ?? []).toEqual(all.id.slice(done));
      expect((rest.vector ?? []).length).toBe(200 - done);
      await again.close();
    }
    expect((await read(source, { limit: 33 })).id).toEqual(all.id.slice(0, 33));
    await source.close();
  });

  test("an index's own ids say which entry belongs to a row, in stored order and in the order of ids", async () => {
    const names = Array.from({ length: 120 }, (_, i) => `doc ${i}`);
    writeFileSync(at('docs.txt'), names.join('\n'));
    const expected = JSON.parse(readFileSync(fixture('faiss/ivf_full.faiss.expected.json'), 'utf8'));
    const own = expected.columns.id.map((hex: string) => Buffer.from(hex, 'hex').readBigInt64LE());
    for (const order of ['stored', 'id'] as const) {
      const source = await openWithIds([fixture('faiss/ivf_full.faiss')], at('docs.txt'), {
        ...OPTIONS,
        order,
      });
      const { id, vector } = await read(source);
      const numbers = order === 'id' ? own.map((_: bigint, i: number) => BigInt(i)) : own;
      expect(id).toEqual(numbers.map((number: bigint) => `doc ${number}`));
      const hex = (v: Value) => Buffer.from((v as Float32Array).slice().buffer).toString('hex');
      expect(vector.map(hex)).toEqual(
        numbers.map((number: bigint) => expected.columns.vector[own.indexOf(number)]),
      );
      expect(source.dataset.notes.join()).toContain("by the index's own ids");
      await source.close();
    }
    writeFileSync(at('forty.txt'), names.slice(0, 40).join('\n'));
    expect(await error([fixture('faiss/idmap_flat.faiss')], at('forty.txt'))).toMatchObject({
      code: 'InputMalformed',
      details: { expected: expect.stringContaining('ids from 0 to 39') },
    });
  });

  test('several files count on from each other', async () => {
    const file = await idsFile('both.npy', 'Int64', Array.from({ length: 400 }, (_, i) => BigInt(i)));
    const source = await openWithIds([FVECS, FVECS], file, OPTIONS);
    expect((await read(source)).id).toEqual(Array.from({ length: 400 }, (_, i) => BigInt(i)));
    await source.close();
  });

  test('another number of ids is an error with both counts', async () => {
    writeFileSync(at('few.txt'), '1\n2\n3\n');
    expect((await error([FLAT], at('few.txt'))).message).toBe(
      `${FLAT} has 50 rows, and ${at('few.txt')} has 3 entries`,
    );
    writeFileSync(at('headed.txt'), 'id\n' + Array.from({ length: 50 }, (_, i) => i).join('\n'));
    expect((await error([FLAT], at('headed.txt'))).details.remedy).toContain('heading');
  });

  test('what is no list of ids is refused with its place', async () => {
    writeFileSync(at('hole.txt'), '1\n\n3\n');
    expect(await error([FLAT], at('hole.txt'))).toMatchObject({
      message: 'Line 2 is empty',
      details: { line: 2 },
    });
    writeFileSync(at('latin.txt'), Buffer.from([0x31, 0x0a, 0xe9, 0x0a]));
    expect((await error([FLAT], at('latin.txt'))).message).toBe('Line 2 is not valid UTF-8');
    writeFileSync(at('long.txt'), 'x'.repeat(3_000_000));
    expect((await error([FLAT], at('long.txt'))).message).toContain('more than 65536 bytes');
    expect((await error([FLAT], fixture('npy/float32.npy'))).message).toContain('holds no column of ids');
    expect((await error([fixture('demo/documents.parquet')], at('few.txt'))).code).toMatch(
      /Usage|InputMalformed/,
    );
    expect((await error([FLAT], at('missing.txt'))).code).toBe('InputMissing');
  });
});

test('parseLong() takes integers in their usual form, and nothing else', () => {
  const parse = (text: string) => parseLong(new TextEncoder().encode(text));
  for (
    const value of [
      0n,
      7n,
      -1n,
      9999999999n,
      10000000000n,
      -10000000001n,
      2n ** 63n - 1n,
      -(2n ** 63n),
      10n ** 18n,
    ]
  ) {
    expect(parse(String(value))).toBe(value);
  }
  for (
    const text of [
      '',
      '-',
      '007',
      '-0',
      '+1',
      '1.0',
      ' 1',
      '1e3',
      '9223372036854775808',
      '-9223372036854775809',
      '99999999999999999999',
    ]
  ) {
    expect(parse(text)).toBeUndefined();
  }
});
