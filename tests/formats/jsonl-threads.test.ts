/** JSON lines written and read in threads: the same bytes, rows and errors as without. */
import { describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { type Batch, makeBatch } from '../../src/core/batch.ts';
import { columnBuffers, ownColumn } from '../../src/core/column-buffers.ts';
import { sliceColumn } from '../../src/core/column.ts';
import { field, type Schema } from '../../src/core/schema.ts';
import { columnFromValues } from '../../src/core/values.ts';
import { VtsError } from '../../src/errors.ts';
import type { PositionedBatch, ReadOptions, ReadRequest } from '../../src/formats/format.ts';
import { jsonl } from '../../src/formats/jsonl/format.ts';
import { memorySink, memorySource } from '../../src/stores/memory.ts';
import { canonical, expectSameRows } from '../support/compare.ts';
import { datasetOf, READ, WRITE } from '../support/format-io.ts';
import { everyKind, randomTable } from '../support/tables.ts';

/** More text than is read, and more rows than are written, before threads begin; with some jobs behind. */
const TEXT_BYTES = 24 * 1024 * 1024;

const table = randomTable(everyKind(256), { rows: 300 });
const encoder = new TextEncoder();

/** `table` as often as `times`, then `last`. */
async function write(threads: number, times: number, last: Batch = table): Promise<Uint8Array<ArrayBuffer>> {
  const sink = memorySink();
  const writer = await jsonl.writer!.open(sink, datasetOf(table), { ...WRITE, threads });
  try {
    for (let i = 0; i < times; i++) await writer.write(table);
    await writer.write(last);
    await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  await sink.commit();
  return sink.bytes();
}

async function* read(
  bytes: Uint8Array,
  options: Partial<ReadOptions>,
  request: Partial<ReadRequest> = {},
): AsyncGenerator<PositionedBatch> {
  const reader = await jsonl.reader!.open(memorySource(bytes), { ...READ, ...options });
  try {
    yield* reader.read({ batchBytes: 1 << 20, ...request });
  } finally {
    await reader.close();
  }
}

/** A digest of all values in order, however they are batched. */
async function digest(batches: AsyncIterable<PositionedBatch>): Promise<{ rows: number; hash: string }> {
  const hash = createHash('sha256');
  let rows = 0;
  for await (const { batch } of batches) {
    rows += batch.length;
    for (let row = 0; row < batch.length; row++) {
      for (const column of batch.columns) hash.update(canonical(column, row, { nanPayloads: false }));
    }
  }
  return { rows, hash: hash.digest('hex') };
}

async function failure(run: () => Promise<unknown>): Promise<VtsError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof VtsError) return error;
    throw error;
  }
  throw new TypeError('nothing was wrong');
}

const said = ({ code, message, details }: VtsError) => ({ code, message, ...details, cause: undefined });

const small: Schema = {
  fields: [field('id', { kind: 'Int64' }), field('v', { kind: 'FloatVector', dim: 4 })],
};
const line = '{"id":7,"v":[0.5,-1.25,3.4028235e+38,1e-45]}\n';
const lines = line.repeat(Math.ceil(TEXT_BYTES / line.length));

describe('JSON lines in threads', () => {
  test('are the same bytes', async () => {
    const times = Math.ceil(TEXT_BYTES / (await write(1, 0)).length);
    const plain = await write(1, times);
    expect(Bun.hash(await write(2, times))).toBe(Bun.hash(plain));
    expect(Bun.hash(await write(3, times))).toBe(Bun.hash(plain));
  });

  test('give the same rows', async () => {
    const bytes = await write(1, Math.ceil(TEXT_BYTES / (await write(1, 0)).length));
    const schema = table.schema;
    const plain = await digest(read(bytes, { schema }));
    expect(await digest(read(bytes, { schema, threads: 2 }))).toEqual(plain);
  });

  test('give the columns asked for, from any cursor on', async () => {
    const bytes = encoder.encode(lines);
    const cursors: unknown[] = [];
    let rows = 0;
    for await (const { batch, cursor } of read(bytes, { schema: small, threads: 2 }, { columns: ['v'] })) {
      expect(batch.schema.fields.map(({ name }) => name)).toEqual(['v']);
      rows += batch.length;
      cursors.push({ ...cursor as object, rows });
    }
    expect(rows).toBe(lines.length / line.length);
    for (const cursor of cursors) {
      const { byte, row, line: lineNumber, rows } = cursor as Record<string, number>;
      expect({ row, lineNumber, byte }).toEqual({ row: rows, lineNumber: rows, byte: rows * line.length });
    }
    const [after, before] = [cursors.at(-2), (cursors.at(-2) as { rows: number }).rows];
    const rest = await Array.fromAsync(read(bytes, { schema: small, threads: 2 }, { after }));
    expect(rest.reduce((sum, { batch }) => sum + batch.length, before)).toBe(rows);
  });

  test('may be left before their end', async () => {
    for await (const { cursor } of read(encoder.encode(lines), { schema: small, threads: 2 })) {
      if ((cursor as { byte: number }).byte > 20 * 1024 * 1024) break;
    }
  });

  for (
    const [name, bad] of [
      ['a row that does not fit', '{"id":7,"v":[1,2,3]}\n'],
      ['text that is no JSON', '\n\n{"id":7,"v":[1,2,3,x]}\n'],
      ['a last line that is cut', '{"id":7,"v":[1,2'],
      ['a row of another schema', '{"id":7}\n'],
    ]
  ) {
    test(`${name} is the same error`, async () => {
      const bytes = encoder.encode(`${lines}${bad}${bad.endsWith('\n') ? line.repeat(100_000) : ''}`);
      const run = (threads: number) =>
        failure(async () => await Array.fromAsync(read(bytes, { schema: small, threads })));
      const plain = said(await run(1));
      expect(said(await run(2))).toEqual(plain);
      expect((plain as { row?: number }).row).toBe(lines.length / line.length);
    });
  }

  test('rows that are more than a batch are cut into batches', async () => {
    const schema: Schema = {
      fields: [
        field('v', { kind: 'FloatVector', dim: 1024 }, { nullable: true }),
        field('s', { kind: 'VarChar' }),
      ],
    };
    const wide = '{"s":""}\n'.repeat(20_000);
    const bytes = encoder.encode(`{"s":"${'x'.repeat(17 * 1024 * 1024)}"}\n${wide}`);
    let rows = 0;
    for await (const { batch } of read(bytes, { schema, threads: 2 })) {
      expect(batch.length).toBeLessThan(400);
      rows += batch.length;
    }
    expect(rows).toBe(20_001);
  });

  test('text that is not valid is the same error', async () => {
    const at = table.schema.fields.findIndex(({ type }) => type.kind === 'VarChar');
    const values = new Uint8Array((table.columns[at].values as Uint8Array).length).fill(0xff);
    const columns = table.columns.map((column, i) => i === at ? { ...column, values } : column);
    const bad = makeBatch(table.schema, columns);
    const times = Math.ceil(TEXT_BYTES / (await write(1, 0)).length);
    const plain = said(await failure(() => write(1, times, bad)));
    expect(said(await failure(() => write(2, times, bad)))).toEqual(plain);
    expect(plain.code).toBe('RowInvalid');
  });
});

test('a column on its way to a thread shares no memory', () => {
  for (const [i, { name, type }] of table.schema.fields.entries()) {
    const part = sliceColumn(table.columns[i], 100, 200);
    const own = ownColumn(part);
    const schema = { fields: [field(name, type, { nullable: true })] };
    expectSameRows(makeBatch(schema, [own]), makeBatch(schema, [part]));
    const before = new Set(columnBuffers(part));
    expect(columnBuffers(own).filter((buffer) => before.has(buffer))).toEqual([]);
    expect(() => structuredClone(own, { transfer: columnBuffers(own) })).not.toThrow();
  }
  const empty = ownColumn(columnFromValues({ kind: 'VarChar' }, []));
  expect(structuredClone(empty, { transfer: columnBuffers(empty) }).length).toBe(0);
});
