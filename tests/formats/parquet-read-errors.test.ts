import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { isVtsError, VtsError } from '../../src/errors.ts';
import { parquet } from '../../src/formats/parquet/format.ts';
import type { ReadRequest } from '../../src/formats/format.ts';
import { fixture } from '../support/fixtures.ts';
import { openBytes, READ, readAll, readTable } from '../support/format-io.ts';
import { random } from '../support/tables.ts';

const load = (name: string) => new Uint8Array(readFileSync(fixture(`parquet/${name}.parquet`)));

/** The error that reading `bytes` ends in. */
async function errorOf(bytes: Uint8Array, request: Partial<ReadRequest> = {}): Promise<VtsError> {
  try {
    await readTable(parquet, bytes, READ, request);
  } catch (error) {
    if (isVtsError(error)) return error;
    throw error;
  }
  throw new Error('reading succeeded');
}

describe('Parquet files that are refused', () => {
  const cases: [name: string, code: string, details: object, message: RegExp][] = [
    [
      'bad_length',
      'RowInvalid',
      { row: 1500, field: 'v', expected: '4 elements, as FloatVector(4) has' },
      /has 3 elements/,
    ],
    ['bad_long', 'RowInvalid', { row: 1999, field: 'v' }, /more than 4 elements/],
    ['bad_element', 'RowInvalid', { row: 1700, field: 'v' }, /element 2 of the vector is null/],
    [
      'bad_uint64',
      'RowInvalid',
      { row: 2, field: 'n', expected: 'an integer that fits Int64' },
      /9223372036854775808/,
    ],
    ['bad_binary', 'InputUnsupported', { field: 'raw' }, /binary/],
    ['bad_utf8', 'RowInvalid', { row: 1, field: 's' }, /UTF-8/],
    ['bad_duplicate', 'InputMalformed', { field: 'a' }, /two columns are called "a"/],
    ['bad_checksum', 'InputMalformed', { field: 'n' }, /checksum/],
  ];
  for (const [name, code, details, message] of cases) {
    test(name, async () => {
      const error = await errorOf(load(name));
      expect(error.code).toBe(code as never);
      expect(error.details).toMatchObject(details);
      expect(error.details.file).toBe('memory');
      expect(error.message).toMatch(message);
    });
  }

  test('a column that cannot be read does not stand in the way of the others', async () => {
    const { table } = await readTable(parquet, load('bad_binary'), READ, { columns: ['id'] });
    expect([...table.columns[0].values as BigInt64Array]).toEqual([1n, 2n]);
  });

  test('rows before a bad one can be read', async () => {
    const { table } = await readTable(parquet, load('bad_length'), READ, { limit: 1500 });
    expect(table.length).toBe(1500);
  });

  test('what is no Parquet file, is encrypted or cut off is named', async () => {
    const whole = load('one_row');
    expect((await errorOf(new TextEncoder().encode('{"a": 1, "b": [2]}'))).code).toBe('InputMalformed');
    expect((await errorOf(new Uint8Array(0))).code).toBe('InputTruncated');
    expect((await errorOf(whole.subarray(0, whole.length - 1))).code).toBe('InputTruncated');
    const encrypted = whole.slice();
    encrypted.set(new TextEncoder().encode('PARE'), whole.length - 4);
    expect((await errorOf(encrypted)).message).toMatch(/encrypted/);
    const long = whole.slice();
    long.fill(0xff, whole.length - 8, whole.length - 4);
    expect((await errorOf(long)).message).toMatch(/footer says it has 4294967295 bytes/);
  });

  test('a given type that does not fit its column is refused', async () => {
    const schema = {
      fields: [{ name: 'id', type: { kind: 'FloatVector' as const, dim: 4 }, nullable: false }],
    };
    const open = openBytes(parquet, load('one_row'), { ...READ, schema });
    await expect(open).rejects.toThrow('"id" cannot be read as FloatVector(4)');
  });
});

describe('damaged Parquet files', () => {
  const names = readdirSync(fixture('parquet')).filter((name) => name.endsWith('.parquet')).sort();
  for (const name of names) {
    test(name, async () => {
      const bytes = new Uint8Array(readFileSync(fixture(`parquet/${name}`)));
      const next = random(bytes.length);
      for (let i = 0; i < 30; i++) {
        const damaged = bytes.slice();
        // Half of the damage goes to the footer, where it does most.
        const from = next() < 0.5 ? 0 : Math.max(0, bytes.length - 1500);
        const at = from + Math.floor(next() * (bytes.length - from));
        if (next() < 0.7) damaged[at] ^= 1 << Math.floor(next() * 8);
        else damaged.fill(next() < 0.5 ? 0xff : 0, at, at + 4);
        const cut = next() < 0.1 ? damaged.subarray(0, at) : damaged;
        try {
          const reader = await openBytes(parquet, cut);
          await reader.inspect();
          await readAll(reader);
        } catch (error) {
          if (!isVtsError(error)) throw new Error(`damage ${i} at byte ${at}`, { cause: error });
        }
      }
    });
  }
});
