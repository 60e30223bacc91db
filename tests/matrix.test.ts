/** Every readable format to every writable one, through the engine and real files, with the values that break tools. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileSource } from '../src/connectors/file/file-source.ts';
import { openOutput } from '../src/connectors/file/open-output.ts';
import { memorySource } from '../src/connectors/memory/memory.ts';
import { type Batch, concatBatches, DEFAULT_BATCH_BYTES, makeBatch } from '../src/core/batch.ts';
import { clearBit, makeBitmap } from '../src/core/bitmap.ts';
import { type Column, fixedColumn, isNull } from '../src/core/column.ts';
import type { Source } from '../src/core/endpoint.ts';
import { compileMapping } from '../src/core/mapping.ts';
import { type Field, field, type Schema } from '../src/core/schema.ts';
import { transfer } from '../src/core/transfer.ts';
import { columnFromValues } from '../src/core/values.ts';
import type { Format, FormatInfo } from '../src/formats/format.ts';
import { FORMATS } from '../src/formats/registry.ts';
import { expectSameRows } from './support/compare.ts';
import { emptyTable } from './support/format-io.ts';
import { everyKind, filterFields, randomTable } from './support/tables.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vts-matrix-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Formats that need more of values than their types say (whole numbers from 0 to 255) have tests of their own. */
const LOADED = (await Promise.all(FORMATS.map(async (info) => ({ info, format: await info.load() }))))
  .filter(({ format }) => format.writer?.features.needs === undefined);

/** Whether `format` can hold `fields` together. */
function holds({ writer }: Format, fields: readonly Field[]): boolean {
  const { kinds, nulls } = writer!.features;
  const schema: Schema = { fields };
  return fields.every((f) => kinds.has(f.type.kind) && (nulls || !f.nullable)) &&
    (writer!.check?.({ schema, roles: {}, notes: [] }, { scratch: () => undefined as never }) ?? [])
        .length === 0;
}

/** The largest part of all kinds that both formats hold: everything, else one vector with an id, else one vector. */
function schemasFor(formats: readonly Format[], dim: number): Schema[] {
  const all = everyKind(dim);
  const together = filterFields(
    all,
    (f) =>
      formats.every(({ writer: w }) =>
        w!.features.kinds.has(f.type.kind) && (w!.features.nulls || !f.nullable)
      ),
  );
  if (together.fields.length > 1 && formats.every((format) => holds(format, together.fields))) {
    return [together];
  }
  // An index has no names: an id and a vector come back under these.
  const vectors = together.fields.filter((f) => f.type.kind.endsWith('Vector')).map((f) => ({
    ...f,
    name: 'vector',
  }));
  return vectors.flatMap((vector) =>
    [[...together.fields.filter((f) => f.primaryKey), vector], [vector]]
      .filter((fields) => formats.every((format) => holds(format, fields))).map((fields) => ({ fields }))
  );
}

async function move(source: Source, path: string, batchBytes = 20_000): Promise<void> {
  const { sink } = await openOutput(path, {
    overwrite: true,
    tempDir: folder,
    parts: false,
    resume: false,
    job: {},
  });
  await transfer(source, sink, compileMapping(source.dataset, sink, {}), { batchBytes });
  await sink.close();
  await source.close();
}

function open(info: FormatInfo, format: Format, path: string, schema: Schema) {
  const keeps = format.writer!.features.keepsSchema;
  return openFileSource([path], {
    ...(keeps ? {} : { schema }),
    format: info.name,
    roles: {},
    order: 'stored',
    tempDir: folder,
  });
}

async function rowsOf(source: Source): Promise<Batch> {
  const batches: Batch[] = [];
  for (const range of await source.plan()) {
    for await (const { batch } of source.read(range, { batchBytes: 50_000 })) batches.push(batch);
  }
  return batches.length > 0 ? concatBatches(batches) : emptyTable(source.dataset.schema);
}

/** `table` with its columns in the order of `names`. */
function reorder(table: Batch, names: readonly string[]): Batch {
  const order = names.map((name) => table.schema.fields.findIndex((f) => f.name === name));
  return makeBatch({ fields: order.map((i) => table.schema.fields[i]) }, order.map((i) => table.columns[i]));
}

describe('matrix', () => {
  for (const from of LOADED.filter(({ format }) => format.reader && format.writer)) {
    for (const to of LOADED.filter(({ format }) => format.writer)) {
      const pair = `${from.info.name} to ${to.info.name}`;
      const features = [from, to].map(({ format }) => format.writer!.features);
      // Between vectors of float32 and of int8 there is only a cast.
      if (features[0].kinds.isDisjointFrom(features[1].kinds)) continue;
      const nanPayloads = features.every((f) => f.keepsNaN);
      const nul = !features.some((f) => f.refusesNul);
      for (const dim of [1, 8]) {
        const schemas = schemasFor([from.format, to.format], dim);
        test(`${pair}, dim ${dim}, has something to move`, () => expect(schemas.length).toBeGreaterThan(0));
        for (const [i, schema] of schemas.entries()) {
          for (const rows of [0, 1, 500]) {
            test(`${pair}, dim ${dim}, table ${i}, ${rows} rows`, async () => {
              const table = randomTable(schema, { rows, seed: dim + rows, nanPayloads, nul });
              const [first, second] = [from, to].map(({ info }, n) =>
                join(folder, `${n}${info.extensions.at(-1)}`)
              );
              await move(memorySource([table]), first);
              await move(await open(from.info, from.format, first, schema), second);
              const source = await open(to.info, to.format, second, schema);
              const actual = await rowsOf(source);
              await source.close();
              expectSameRows(reorder(actual, schema.fields.map((f) => f.name)), table, { nanPayloads });
            });
          }
        }
      }
    }
  }
});

const VECTOR = { kind: 'FloatVector', dim: 512 } as const;
const TEXT = { kind: 'VarChar', maxLength: 100 } as const;

/** More than two row groups of columns whose memory is used again. */
function largeColumns(): [Field, Column][] {
  const rows = 24_000;
  const floats = (step: number) => {
    const values = new Float32Array(rows * VECTOR.dim);
    for (let i = 0; i < values.length; i++) values[i] = i * step;
    return values;
  };
  const everyThird = makeBitmap(rows, true);
  for (let row = 0; row < rows; row += 3) clearBit(everyThird, row);
  return [
    [
      field('id', { kind: 'Int64' }, { primaryKey: true }),
      fixedColumn({ kind: 'Int64' }, BigInt64Array.from({ length: rows }, (_, i) => BigInt(i))),
    ],
    [field('vector', VECTOR), fixedColumn(VECTOR, floats(0.5))],
    // Of different lengths, so that batches are.
    [
      field('text', TEXT),
      columnFromValues(TEXT, Array.from({ length: rows }, (_, i) => 'x'.repeat(i % 7 * i % 100))),
    ],
    [field('gaps', VECTOR, { nullable: true }), fixedColumn(VECTOR, floats(3), everyThird)],
  ];
}

/** Those of `columns` that `formats` hold. */
function tableFor(formats: readonly Format[], columns: readonly [Field, Column][]): Batch {
  for (const [start, end] of [[0, 4], [0, 3], [0, 2], [1, 2]]) {
    const chosen = columns.slice(start, end);
    const fields = chosen.map(([f]) => f);
    if (formats.every((format) => holds(format, fields))) {
      return makeBatch({ fields }, chosen.map(([, column]) => column));
    }
  }
  throw new Error('nothing to move');
}

/** All that `column` holds, in short; values of null rows do not count. */
function digest(column: Column): unknown {
  const { values, offsets, validity, length } = column;
  if (validity === null) return [length, Bun.hash(values), offsets && Bun.hash(offsets)];
  const kept = Float32Array.from(values as Float32Array);
  for (let row = 0; row < length; row++) {
    if (isNull(column, row)) kept.fill(0, row * VECTOR.dim, (row + 1) * VECTOR.dim);
  }
  return [length, Bun.hash(kept), Bun.hash(validity)];
}

describe('memory that is used again', () => {
  const large = LOADED.filter(({ info }) => ['parquet', 'hdf5', 'faiss', 'npy'].includes(info.name));
  const columns = largeColumns();
  for (const from of large) {
    for (const to of large) {
      test(`${from.info.name} to ${to.info.name}`, async () => {
        const table = tableFor([from.format, to.format], columns);
        const [first, second] = [from, to].map(({ info }, n) =>
          join(folder, `large${n}${info.extensions.at(-1)}`)
        );
        await move(memorySource([table]), first, DEFAULT_BATCH_BYTES);
        await move(await open(from.info, from.format, first, table.schema), second, DEFAULT_BATCH_BYTES);
        const source = await open(to.info, to.format, second, table.schema);
        const actual = reorder(await rowsOf(source), table.schema.fields.map((f) => f.name));
        await source.close();
        expect(actual.columns.map(digest)).toEqual(table.columns.map(digest));
      });
    }
  }
});
