import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Batch, makeBatch } from '../../src/core/batch.ts';
import { type Field, field, type Schema } from '../../src/core/schema.ts';
import type { LogicalType } from '../../src/core/types.ts';
import { columnFromValues, type Value } from '../../src/core/values.ts';
import { isVtsError, type VtsError } from '../../src/errors.ts';
import { npy } from '../../src/formats/npy/format.ts';
import { npy as info } from '../../src/formats/npy/info.ts';
import { parseLiteral } from '../../src/formats/npy/literal.ts';
import { openFileSource } from '../../src/stores/file.ts';
import { memorySource } from '../../src/stores/memory.ts';
import { formatContract } from '../contract/format-contract.ts';
import { expectSameRows } from '../support/compare.ts';
import { fixture, fixturesMatch } from '../support/fixtures.ts';
import { datasetOf, openBytes, READ, readAll, readTable, WRITE, writeTable } from '../support/format-io.ts';
import { runPython } from '../support/python.ts';
import { randomTable } from '../support/tables.ts';
import { watchedSource } from '../support/watched-source.ts';

const VECTORS: readonly LogicalType[] = [
  { kind: 'FloatVector', dim: 1 },
  { kind: 'FloatVector', dim: 33 },
  { kind: 'DoubleVector', dim: 7 },
  { kind: 'Float16Vector', dim: 8 },
  { kind: 'Int8Vector', dim: 5 },
  { kind: 'BinaryVector', dim: 64 },
];
const SCALARS: readonly LogicalType[] = [
  { kind: 'Bool' },
  { kind: 'Int8' },
  { kind: 'Int16' },
  { kind: 'Int32' },
  { kind: 'Int64' },
  { kind: 'Float' },
  { kind: 'Double' },
  { kind: 'VarChar' },
];
const one = (name: string, type: LogicalType): Schema => ({ fields: [field(name, type)] });
const schemas = [...VECTORS.map((type) => one('vector', type)), ...SCALARS.map((type) => one('value', type))];

formatContract({ format: npy, schemas, detectsTruncation: true });
fixturesMatch(npy, 'npy', 60);

function table(name: string, type: LogicalType, values: readonly Value[]): Batch {
  return makeBatch(one(name, type), [columnFromValues(type, values)]);
}

function header(text: string, version = 1): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  return Uint8Array.from([
    ...[0x93, ...new TextEncoder().encode('NUMPY'), version, 0],
    ...[bytes.length & 255, bytes.length >> 8, ...(version === 1 ? [] : [0, 0])],
    ...bytes,
  ]);
}

async function openError(bytes: Uint8Array): Promise<VtsError> {
  try {
    await npy.reader!.open(memorySource(bytes, 'bad.npy'), READ);
  } catch (error) {
    if (isVtsError(error)) return error;
    throw error;
  }
  throw new Error('the file was opened');
}

describe('arrays that are refused', () => {
  const errors = async (name: string) => {
    const source = openFileSource(fixture(`npy/${name}`));
    try {
      const reader = await npy.reader!.open(source, READ);
      await readAll(reader);
    } catch (error) {
      if (isVtsError(error)) return error;
      throw error;
    } finally {
      await source.close();
    }
    throw new Error(`${name} was read`);
  };
  const cases: Record<string, [string, RegExp, RegExp]> = {
    'unread_objects.npy': ['InputUnsupported', /Python objects in a pickle/, /np\.stack/],
    'unread_fields.npy': ['InputUnsupported', /named fields \(id, v\)/, /array\['id'\]/],
    'unread_complex.npy': ['InputUnsupported', /complex/, /array\.real/],
    'unread_three.npy': ['InputUnsupported', /3 dimensions/, /reshape/],
    'unread_value.npy': ['InputUnsupported', /single value/, /^$/],
    'unread_timedelta.npy': ['InputUnsupported', /m8\[s\]/, /int64/],
    'unread_wide.npy': ['InputUnsupported', /hold no values/, /^$/],
    'unread_beyond.npy': ['RowInvalid', /18446744073709551615 is beyond int64/, /^$/],
  };
  test('each fixture says why', async () => {
    expect(readdirSync(fixture('npy')).filter((name) => name.startsWith('unread_')).sort()).toEqual(
      Object.keys(cases).sort(),
    );
    for (const [name, [code, message, remedy]] of Object.entries(cases)) {
      const error = await errors(name);
      expect(`${name}: ${error.code}`).toBe(`${name}: ${code}`);
      expect(error.message).toMatch(message);
      expect(error.details.remedy ?? '').toMatch(remedy);
    }
    expect((await errors('unread_beyond.npy')).details.row).toBe(1);
  });

  test('headers that cannot be', async () => {
    const dictionary = (descr: string, shape: string) =>
      `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }\n`;
    for (
      const [bytes, code] of [
        [new Uint8Array(0), 'InputTruncated'],
        [new TextEncoder().encode('PAR1PAR1PAR1'), 'InputMalformed'],
        [header(dictionary("'<f4'", '(3, 4)'), 9), 'InputUnsupported'],
        [header(dictionary("'<f4'", '(3, 4)')), 'InputTruncated'],
        [header(dictionary("'<f4'", '(-1, 4)')), 'InputMalformed'],
        [header(dictionary("'<f4'", `(${'9'.repeat(30)}, 4)`)), 'InputMalformed'],
        [header(dictionary("'<f4'", `(${2 ** 53 - 1}, ${2 ** 53 - 1})`)), 'InputTruncated'],
        [header(dictionary("'<U0'", '(1000000000,)')), 'InputUnsupported'],
        [header(dictionary("'<U99999999999'", '(0,)')), 'InputUnsupported'],
        [header(dictionary("'<f4' + open('x')", '(3,)')), 'InputMalformed'],
        [header(dictionary('__import__("os")', '(3,)')), 'InputMalformed'],
        [header(`${'('.repeat(5000)}`), 'InputMalformed'],
        [header('{}'), 'InputMalformed'],
      ] as [Uint8Array, string][]
    ) {
      const error = await openError(bytes);
      expect(error.code).toBe(code as VtsError['code']);
      expect(error.details.file).toBe('bad.npy');
    }
  });

  test('the first bytes tell an array', () => {
    expect(info.matches(header('{}'))).toBe(true);
    expect(info.matches(new TextEncoder().encode('NUMPY'))).toBe(false);
  });
});

test('Python literals are parsed as far as headers use them', () => {
  expect(parseLiteral("{'a': (1, 2L,), \"b\": [True, None, 'x\\'y'],}")).toEqual(
    new Map<string, never>([['a', [1n, 2n] as never], ['b', [true, null, "x'y"] as never]]),
  );
  for (const text of ['', '{', "{'a' 1}", '(1 2)', '{1: 2}', 'x', '()()']) {
    expect(parseLiteral(text)).toBeUndefined();
  }
  fc.assert(fc.property(fc.string(), (text) => void parseLiteral(text)));
});

describe('Fortran order', () => {
  test('rows come out right whatever is asked for, in whatever windows', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vts-npy-'));
    const path = join(folder, 'f.npy');
    runPython(
      'import sys, numpy as np\n' +
        'np.save(sys.argv[1], np.asfortranarray(np.arange(90000 * 100, dtype="<f4").reshape(90000, 100)))',
      path,
    );
    const source = openFileSource(path);
    let most = 0;
    const watched = watchedSource(source, (start, end) => most = Math.max(most, end - start));
    const reader = await npy.reader!.open(watched, READ);
    let row = 0;
    for await (const { batch } of reader.read({ batchBytes: 3 << 20 })) {
      const values = batch.columns[0].values as Float32Array;
      for (let i = 0; i < values.length; i++) {
        if (values[i] !== row * 100 + i) throw new Error(`row ${row}, ${i}`);
      }
      row += batch.length;
    }
    expect(row).toBe(90000);
    // A window of 16 MiB is read column by column, never the array.
    expect(most).toBeLessThan(200_000);
    for await (const { batch, cursor } of reader.read({ batchBytes: 1000, after: 89998, limit: 1 })) {
      expect([batch.length, cursor, batch.columns[0].values[0]]).toEqual([1, 89999, 8999800]);
    }
    await source.close();
    rmSync(folder, { recursive: true });
  });
});

const CHECK = `
import json, sys
import numpy as np
seen = {}
for path in sys.argv[1:]:
    a = np.load(path)
    again = path + ".again"
    np.save(again, a)
    raw = a.tolist() if a.dtype.kind == "U" else a.tobytes().hex()
    seen[path.split("/")[-1]] = [a.dtype.str, list(a.shape), raw, open(path, "rb").read() == open(again + ".npy", "rb").read()]
print(json.dumps(seen))
`;

describe('arrays that are written', () => {
  test('are byte for byte those that numpy.save writes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vts-npy-'));
    try {
      const tables = schemas.flatMap((schema) =>
        [0, 1, 130].map((rows) => randomTable(schema, { rows, nul: false }))
      );
      tables.push(table('value', { kind: 'Timestamptz' }, [1700000000123456n, 0n, -1n]));
      const lists = [[1n, 2n], [3n, 2n ** 63n - 1n]];
      tables.push(table('value', { kind: 'Array', element: { kind: 'Int64' } }, lists));
      tables.push(
        table('value', { kind: 'Array', element: { kind: 'Bool' } }, [[true, false, true], [
          false,
          false,
          true,
        ]]),
      );
      const paths = [];
      for (const [i, rows] of tables.entries()) {
        const path = join(folder, `${i}.npy`);
        writeFileSync(path, await writeTable(npy, rows, { rowsPerWrite: 50 }));
        paths.push(path);
      }
      const seen: Record<string, [string, number[], unknown, boolean]> = JSON.parse(
        runPython(CHECK, ...paths),
      );
      for (const [i, rows] of tables.entries()) {
        const [dtype, shape, raw, same] = seen[`${i}.npy`];
        const { type } = rows.columns[0];
        expect(`${i} ${type.kind} ${dtype} ${shape}: ${same}`).toBe(
          `${i} ${type.kind} ${dtype} ${shape}: true`,
        );
        expect(shape[0]).toBe(rows.length);
        if (type.kind === 'VarChar') {
          const texts = Array.from({ length: rows.length }, (_, row) => {
            const { values, offsets } = rows.columns[0];
            return new TextDecoder('utf-8', { ignoreBOM: true }).decode(
              (values as Uint8Array).subarray(offsets![row], offsets![row + 1]),
            );
          });
          expect(raw).toEqual(texts);
        }
      }
      expect(seen[`${tables.length - 2}.npy`].slice(0, 2)).toEqual(['<i8', [2, 2]]);
      expect(seen[`${tables.length - 1}.npy`].slice(0, 3)).toEqual(['|b1', [2, 3], '010001000001']);
      expect(seen[`${tables.length - 3}.npy`][0]).toBe('<M8[us]');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('lists come back as they were', async () => {
    const rows = table('value', { kind: 'Array', element: { kind: 'Int32' } }, [[1, 2, 3], [4, 5, 6], [
      7,
      8,
      9,
    ]]);
    for (const rowsPerWrite of [1, 2, 3]) {
      const { table: actual } = await readTable(npy, await writeTable(npy, rows, { rowsPerWrite }));
      expectSameRows(actual, rows);
    }
  });

  const problems = (fields: Field[], roles = {}) =>
    npy.writer!.check!({ schema: { fields }, roles, notes: [] }, WRITE);
  const id = field('id', { kind: 'Int64' }, { primaryKey: true });
  const vector = field('v', { kind: 'FloatVector', dim: 2 });

  test('other columns are named, with the --fields that leaves them out', () => {
    expect(problems([vector])).toEqual([]);
    expect(problems([id])).toEqual([]);
    expect(problems([id, vector])).toMatchObject([{ field: 'id', remedy: '--fields v' }]);
    expect(problems([id, vector])[0].message).toContain('--ids FILE');
    expect(problems([id, vector, { ...vector, name: 'w' }], { vector: 'w' }).map((p) => [p.field, p.remedy]))
      .toEqual([
        ['id', '--fields w'],
        ['v', '--fields w'],
      ]);
    expect(problems([])).toHaveLength(1);
    expect(problems([field('a', { kind: 'Array', element: { kind: 'VarChar' } })])).toHaveLength(1);
  });

  test('values that an array cannot hold are refused with their row', async () => {
    const text: LogicalType = { kind: 'VarChar' };
    const list: LogicalType = { kind: 'Array', element: { kind: 'Int8' } };
    for (
      const [rows, row] of [
        [table('value', text, ['a', 'b\0']), 1],
        [table('value', text, ['a', 'b', null]), 2],
        [table('value', list, [[1, 2], [3]]), 1],
        [table('value', list, [[], []]), 0],
        [table('value', list, [[1, 2], [3, null]]), 1],
        [table('value', { kind: 'Int64' }, [1n, null]), 1],
      ] as [Batch, number][]
    ) {
      const error = await writeTable(npy, rows, { rowsPerWrite: 1 }).catch((e) => e);
      expect(isVtsError(error, 'RowInvalid')).toBe(true);
      expect(error.details).toMatchObject({ row, field: 'value' });
    }
    const two = { schema: { fields: [id, vector] }, roles: {}, notes: [] };
    expect(isVtsError(await npy.writer!.open(undefined as never, two, WRITE).catch((e) => e), 'PlanRefused'))
      .toBe(true);
  });
});

test('what is read is said: no ids, packed bits, what follows', async () => {
  const { dataset } = await readTable(
    npy,
    await writeTable(npy, randomTable(one('vector', { kind: 'BinaryVector', dim: 16 }), { rows: 2 })),
  );
  expect(dataset.notes).toEqual([
    expect.stringContaining('no ids'),
    expect.stringContaining('--cast vector:float32'),
  ]);
  expect(dataset.roles).toEqual({ vector: 'vector' });
  const source = openFileSource(fixture('npy/trailing.npy'));
  const reader = await npy.reader!.open(source, READ);
  expect(reader.dataset.notes.at(-1)).toContain('152 bytes follow the array');
  expect(await reader.inspect()).toMatchObject({ type: '<f4', shape: [3, 2], trailingBytes: 152 });
  await source.close();
  expect(datasetOf(randomTable(one('value', { kind: 'Bool' }), { rows: 1 })).rows).toBe(1);
  await (await openBytes(
    npy,
    await writeTable(npy, randomTable(one('value', { kind: 'Bool' }), { rows: 1 })),
  )).close();
});
