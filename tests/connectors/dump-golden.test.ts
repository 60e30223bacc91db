/** Dumps of every released format version are read as they were written. */
import { describe, expect, test } from 'bun:test';
import { globSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openDump, readDescription } from '../../src/connectors/dump/dump.ts';
import { openDumpSource } from '../../src/connectors/dump/dump-source.ts';
import { verifyDump } from '../../src/connectors/dump/verify-dump.ts';
import type { Batch } from '../../src/core/batch.ts';
import { valueAt } from '../../src/core/values.ts';
import { parquet } from '../../src/formats/parquet/format.ts';

const FOLDER = resolve(import.meta.dirname!, '../../fixtures/dumps');
const tempDir = tmpdir();

type Row = Record<string, unknown>;

/** A row in one form, whoever read it: numbers as float32 where they are vectors, integers as text, dynamic keys inline. */
function rowAt(batch: Batch, row: number): Row {
  const found: Row = {};
  batch.schema.fields.forEach(({ name, type, dynamic }, i) => {
    const value = valueAt(batch.columns[i], row);
    if (dynamic) Object.assign(found, JSON.parse(value as string));
    else if (type.kind === 'JSON') found[name] = (value as string).replaceAll(/\s/g, '');
    else if (type.kind === 'SparseFloatVector') {
      found[name] = JSON.stringify(value, (_, v) => typeof v === 'bigint' ? `${v}` : v);
    } else if (typeof value === 'bigint') found[name] = `${value}`;
    else if (value instanceof Float32Array) found[name] = Array.from(value);
    else found[name] = value;
  });
  return found;
}

/** The expected rows, their integers past 2^53 as text. */
function expectedRows(file: string): Record<string, Record<string, Row[]>> {
  // deno-lint-ignore no-explicit-any -- the reviver's third argument is newer than the library's types
  const revive = (key: string, value: unknown, context: any) => {
    if (key === 'data') {
      return JSON.stringify(value).replaceAll('"', '').replace(/^\{n:(\d+),x:/, '{"n":$1,"x":');
    }
    return typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context.source)
      ? context.source
      : value;
  };
  return (JSON.parse as (text: string, revive: unknown) => Record<string, Record<string, Row[]>>)(
    readFileSync(file, 'utf8'),
    revive,
  );
}

for (
  const name of globSync('v*/manifest.json', { cwd: FOLDER }).map((file) => file.split(/[/\\]/)[0]).sort()
) {
  describe(name, () => {
    const dump = openDump(join(FOLDER, name));

    test('is whole', async () => {
      const { faults, extras } = await verifyDump(dump, { parquet, tempDir });
      expect([faults, extras]).toEqual([[], []]);
    });

    test('holds the rows that were inserted', async () => {
      const expected = expectedRows(join(FOLDER, `${name}.expected.json`));
      expect(dump.manifest.collections.map((collection) => collection.name)).toEqual(
        Object.keys(expected).sort(),
      );
      for (const collection of dump.manifest.collections) {
        const description = readDescription(dump, collection);
        const source = openDumpSource({ dump, collection, description, parquet, parallel: 1, tempDir });
        const found: Record<string, Row[]> = Object.fromEntries(
          collection.partitions.map((one) => [one.name, []]),
        );
        for (const range of await source.plan()) {
          for await (const { batch } of source.read(range, { batchBytes: 1000 })) {
            for (let row = 0; row < batch.length; row++) found[range.partition!].push(rowAt(batch, row));
          }
        }
        const wanted = expected[collection.name];
        expect(Object.keys(found)).toEqual(Object.keys(wanted));
        for (const [partition, rows] of Object.entries(wanted)) {
          expect(found[partition].length).toBe(rows.length);
          rows.forEach((row, i) =>
            expect(found[partition][i]).toMatchObject(normal(row, found[partition][i]))
          );
        }
      }
    });

    test('knows what rebuilds each collection', () => {
      const facts = dump.manifest.collections.map((collection) => {
        const { collection: info, indexes, partitions, load } = readDescription(dump, collection);
        const { id: _, rawSchema, schema, ...rest } = info;
        expect(rawSchema.length).toBeGreaterThan(20);
        return { ...rest, fields: schema.fields, indexes, partitions, load };
      });
      expect(facts).toMatchSnapshot();
    });
  });
}

/** `row` in the form of {@linkcode rowAt}; `like` tells which numbers are 64-bit ones. */
function normal(row: Row, like: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => {
      if (key === 'sparse') return [key, like[key]];
      if (typeof like[key] === 'string' && typeof value === 'number') return [key, `${value}`];
      return [key, value];
    }),
  );
}
