/** The suite that every format passes. It skips only what the format's features declare. */
import { describe, expect, test } from 'bun:test';
import { type Batch, batchBytes, sliceBatch } from '../../src/core/batch.ts';
import type { Dataset, Schema } from '../../src/core/schema.ts';
import { isVtsError } from '../../src/errors.ts';
import type { Format, ReadOptions, WriterFeatures } from '../../src/formats/format.ts';
import { memorySink, memorySource } from '../../src/stores/memory.ts';
import { expectSameRows } from '../support/compare.ts';
import {
  datasetOf,
  emptyTable,
  openBytes,
  READ,
  readAll,
  readTable,
  WRITE,
  writeTable,
} from '../support/format-io.ts';
import { everyKind, filterFields, random, randomTable } from '../support/tables.ts';

/** What the suite needs to know of a format. */
export interface ContractSubject {
  readonly format: Format;
  /** The tables to try, when the format cannot hold one of all kinds at once (Faiss: an id and a vector). */
  readonly schemas?: readonly Schema[];
  /** Whether a file that ends early is always told from a whole one (JSON lines: not at a line's end). */
  readonly detectsTruncation: boolean;
  /** Turns a random table into one that the format can hold, where it needs more of values than their types say. */
  readonly adapt?: (table: Batch) => Batch;
}

/** Declares the suite for `subject`. */
export function formatContract(
  { format, schemas, detectsTruncation, adapt = (table) => table }: ContractSubject,
): void {
  const features = format.writer!.features;
  const all = schemas ?? [1, 8, 33].map((dim) => holdable(everyKind(dim), features));
  const strictness = { nanPayloads: features.keepsNaN };
  const tableOf = (schema: Schema, rows: number, seed = rows) =>
    adapt(randomTable(schema, {
      ...{ rows, seed, nulls: features.nulls, nanPayloads: features.keepsNaN },
      nul: !features.refusesNul,
    }));
  const readOptions = (schema: Schema, dataset?: Dataset): ReadOptions => ({
    ...READ,
    ...(dataset === undefined ? {} : { roles: dataset.roles }),
    ...(features.keepsSchema ? {} : { schema }),
  });

  describe(`${format.name} contract`, () => {
    for (const [i, schema] of all.entries()) {
      for (const rows of [0, 1, 2, 1000]) {
        test(`table ${i}: ${rows} rows come back as they were`, async () => {
          const table = tableOf(schema, rows);
          const { table: actual, dataset } = await readTable(
            format,
            await writeTable(format, table),
            readOptions(schema),
          );
          expectSameRows(actual, table, strictness);
          if (dataset.rows !== undefined) expect(dataset.rows).toBe(rows);
        });
      }

      test(`table ${i}: batches keep to their size and each can be gone on from`, async () => {
        const table = tableOf(schema, 300);
        const bytes = await writeTable(format, table);
        const limit = Math.ceil(batchBytes(table) / 6);
        const reader = await openBytes(format, bytes, readOptions(schema));
        const cursors: unknown[] = [];
        let at = 0;
        for await (const { batch, cursor } of reader.read({ batchBytes: limit })) {
          expectSameRows(batch, sliceBatch(table, at, at + batch.length), strictness);
          if (batch.length > 1) expect(batchBytes(batch)).toBeLessThan(limit * 4);
          at += batch.length;
          cursors.push([JSON.parse(JSON.stringify(cursor)), at]);
        }
        expect(at).toBe(300);
        expect(cursors.length).toBeGreaterThan(2);
        await reader.close();
        for (const [cursor, row] of cursors as [unknown, number][]) {
          const again = await openBytes(format, bytes, readOptions(schema));
          const { table: rest } = await readAll(again, { after: cursor });
          expectSameRows(rest, row === 300 ? emptyTable(schema) : sliceBatch(table, row, 300), strictness);
          await again.close();
        }
      });

      test(`table ${i}: columns and row limits are honoured`, async () => {
        const table = tableOf(schema, 50);
        const bytes = await writeTable(format, table);
        const columns = schema.fields.filter((_, c) => c % 2 === 0).map((f) => f.name).reverse();
        const { table: actual } = await readTable(format, bytes, readOptions(schema), { columns, limit: 33 });
        const kept = schema.fields.flatMap((f, c) => columns.includes(f.name) ? [c] : []);
        expectSameRows(actual, {
          ...sliceBatch(table, 0, 33),
          schema: { fields: kept.map((c) => schema.fields[c]) },
          columns: kept.map((c) => sliceBatch(table, 0, 33).columns[c]),
        }, strictness);
      });

      test(`table ${i}: the size of the writer's batches does not matter`, async () => {
        const table = tableOf(schema, 120);
        for (const rowsPerWrite of [1, 50, 120]) {
          const { table: actual } = await readTable(
            format,
            await writeTable(format, table, { rowsPerWrite }),
            readOptions(schema),
          );
          expectSameRows(actual, table, strictness);
        }
      });
    }

    test('an aborted writer leaves the sink to its caller', async () => {
      const table = tableOf(all[0], 10);
      const sink = memorySink();
      const writer = await format.writer!.open(sink, datasetOf(table), WRITE);
      await writer.write(table);
      await writer.abort();
      expect(sink.state).toBe('open');
    });

    test('a truncated file is an error, at any byte', async () => {
      const table = tableOf(all[0], 3);
      const bytes = await writeTable(format, table);
      const cuts = bytes.length <= 8192
        ? Array.from({ length: bytes.length }, (_, i) => i)
        : Array.from({ length: 200 }, ((next) => () => Math.floor(next() * bytes.length))(random(7)));
      for (const cut of cuts) {
        const outcome = await tryRead(format, bytes.subarray(0, cut), readOptions(all[0]));
        if (detectsTruncation) expect(`cut at ${cut}: ${outcome}`).toBe(`cut at ${cut}: error`);
      }
    });

    test('flipped bits never crash, hang or ask for absurd memory', async () => {
      const bytes = await writeTable(format, tableOf(all[0], 3));
      const next = random(11);
      for (let i = 0; i < 300; i++) {
        const mutated = bytes.slice();
        const at = Math.floor(next() * bytes.length);
        if (next() < 0.5) mutated[at] ^= 1 << Math.floor(next() * 8);
        else mutated.fill(0xff, at, at + 4);
        await tryRead(format, mutated, readOptions(all[0]));
      }
    });
  });
}

/** Reads a damaged file to the end; anything but rows or an input error fails the test. */
async function tryRead(format: Format, bytes: Uint8Array, options: ReadOptions): Promise<'error' | 'rows'> {
  try {
    const reader = await format.reader!.open(memorySource(bytes, 'damaged'), options);
    try {
      await reader.inspect();
      await readAll(reader);
    } finally {
      await reader.close();
    }
    return 'rows';
  } catch (error) {
    if (
      isVtsError(
        error,
        'InputMalformed',
        'InputTruncated',
        'InputUnsupported',
        'RowInvalid',
        'MemoryLimit',
        'UnknownFormat',
      )
    ) return 'error';
    throw error;
  }
}

/** The fields of `schema` that `features` can hold. */
export function holdable(schema: Schema, features: WriterFeatures): Schema {
  return filterFields(schema, (f) => features.kinds.has(f.type.kind) && (features.nulls || !f.nullable));
}
