import { describe, expect, test } from 'bun:test';
import { type Batch, DEFAULT_BATCH_BYTES, makeBatch } from '../../src/core/batch.ts';
import { batchUsedUp } from '../../src/core/batch-memory.ts';
import { clearBit, makeBitmap } from '../../src/core/bitmap.ts';
import { fixedColumn } from '../../src/core/column.ts';
import { field } from '../../src/core/schema.ts';
import { parquet } from '../../src/formats/parquet/format.ts';
import { PageHeads } from '../../src/formats/parquet/read/page-heads.ts';
import { RegularLevels } from '../../src/formats/parquet/read/regular-levels.ts';
import { ValueReads } from '../../src/formats/parquet/read/value-reads.ts';
import { memorySource } from '../../src/stores/memory.ts';
import { READ, readAll, WRITE, writeTable } from '../support/format-io.ts';
import { random } from '../support/tables.ts';
import { watchedSource } from '../support/watched-source.ts';

const BYTES = crypto.getRandomValues(new Uint8Array(5000));

/** {@linkcode BYTES}, and what was read of them. */
function watchedBytes() {
  const ranges: [number, number][] = [];
  return { source: watchedSource(memorySource(BYTES), (...range) => ranges.push(range)), ranges };
}

describe('ValueReads', () => {
  test('what follows one another in the file and in memory is read at once', async () => {
    const { source, ranges } = watchedBytes();
    const reads = new ValueReads(source);
    const target = new Uint8Array(400);
    const values = reads.values(1000, 400, 4);
    values.copy(target, 0, 10);
    values.copy(target, 40, 20);
    values.copy(target, 200, 5);
    await reads.settle();
    expect(ranges).toEqual([[1000, 1120], [1120, 1140]]);
    expect(target.subarray(0, 120)).toEqual(BYTES.subarray(1000, 1120));
    expect(target.subarray(200, 220)).toEqual(BYTES.subarray(1120, 1140));
    expect(() => values.copy(target, 0, 66)).toThrow('fewer values');
    await reads.settle();
    expect(ranges).toHaveLength(2);
  });

  test('a file that ends before is an error with its place', async () => {
    const reads = new ValueReads(watchedBytes().source);
    reads.values(4990, 40, 4).copy(new Uint8Array(40), 0, 10);
    await expect(reads.settle()).rejects.toMatchObject({ code: 'InputTruncated', details: { byte: 4990 } });
  });
});

test('PageHeads reads as much as the page before had', () => {
  const { source, ranges } = watchedBytes();
  const heads = new PageHeads(source);
  expect(heads.take(0, 100, 5000)).toEqual(BYTES.slice(0, 100));
  expect(heads.take(50, 1000, 5000)).toEqual(BYTES.slice(50, 1000));
  heads.expect(2000);
  expect(heads.take(1500, 1600, 5000)).toEqual(BYTES.slice(1500, 1600));
  expect(heads.take(1600, 3500, 5000)).toEqual(BYTES.slice(1600, 3500));
  expect(heads.take(4000, 4100, 4500)).toEqual(BYTES.slice(4000, 4100));
  expect(ranges).toEqual([[0, 1024], [1500, 3500], [4000, 4500]]);
  expect(() => heads.take(4500, 5001, 5001)).toThrow('ends within a page');
});

test('RegularLevels knows rows by where they begin', () => {
  const levels = new RegularLevels(3);
  const starts = (filled: number, count: number) =>
    Array.from({ length: count }, (_, i) => filled + i).filter((i) => i % 3 === 0).length;
  for (let filled = 0; filled < 3; filled++) {
    for (let count = 1; count < 9; count++) expect(levels.starts(filled, count)).toBe(starts(filled, count));
  }
  expect(levels.has(Uint8Array.of(0, 1, 1, 0), { filled: 0, count: 4, starts: 2 })).toBe(true);
  expect(levels.has(Uint8Array.of(1, 0, 1, 1), { filled: 2, count: 4, starts: 1 })).toBe(true);
  expect(levels.has(Uint8Array.of(0, 1, 0, 1), { filled: 0, count: 4, starts: 2 })).toBe(false);
  expect(levels.has(Uint8Array.of(0, 0, 1, 0), { filled: 0, count: 4, starts: 3 })).toBe(false);
});

const TYPE = { kind: 'FloatVector', dim: 300 } as const;

/** Vectors whose rows do not end where pages do; with `gaps`, some are null. */
function vectors(rows: number, gaps = false): Batch {
  const validity = gaps ? makeBitmap(rows, true) : null;
  for (let row = 0; gaps && row < rows; row += 11) clearBit(validity!, row);
  const values = Float32Array.from({ length: rows * TYPE.dim }, random(rows));
  return makeBatch({ fields: [field('v', TYPE, { nullable: gaps })] }, [fixedColumn(TYPE, values, validity)]);
}

const valuesOf = ({ columns: [{ values }] }: Batch) => values as Float32Array;

describe('vectors of many pages', () => {
  test.each(['none', 'zstd'])('are the same in batches of any size: %s', async (compression) => {
    const table = vectors(5000);
    const bytes = await writeTable(parquet, table, { options: { ...WRITE, compression } });
    for (const batchBytes of [30_000, 1_500_000, 3_333_333, 1 << 30]) {
      const reader = await parquet.reader!.open(memorySource(bytes), READ);
      const { table: read } = await readAll(reader, { batchBytes });
      expect(Bun.hash(valuesOf(read))).toBe(Bun.hash(valuesOf(table)));
    }
  });

  test('without compression, each byte of the file is read but once', async () => {
    const bytes = await writeTable(parquet, vectors(5000));
    let read = 0;
    const watched = await parquet.reader!.open(
      watchedSource(memorySource(bytes), (start, end) => read += end - start),
      READ,
    );
    read = 0;
    await readAll(watched, { batchBytes: DEFAULT_BATCH_BYTES });
    expect(read).toBeLessThan(1.02 * bytes.length);
  });

  test('null rows are zeros, also in memory that was used before', async () => {
    const table = vectors(1000, true);
    const reader = await parquet.reader!.open(memorySource(await writeTable(parquet, table)), READ);
    for (let round = 0; round < 3; round++) {
      for await (const { batch } of reader.read({ batchBytes: DEFAULT_BATCH_BYTES })) {
        const values = valuesOf(batch);
        for (let row = 0; row < batch.length; row += 11) {
          expect(values.subarray(row * TYPE.dim, (row + 1) * TYPE.dim).every((value) => value === 0)).toBe(
            true,
          );
        }
        values.fill(7);
        batchUsedUp(batch);
      }
    }
  });
});
