import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { batchBytes, concatBatches, makeBatch, rowsPerBatch, sliceBatch } from '../../src/core/batch.ts';
import {
  bitmapBytes,
  copyBits,
  countBits,
  getBit,
  makeBitmap,
  setBit,
  sliceBits,
} from '../../src/core/bitmap.ts';
import { fixedColumn, fixedColumnFromBytes } from '../../src/core/column.ts';
import { expectSameRows } from '../support/compare.ts';
import { everyKind, randomTable } from '../support/tables.ts';

const bits = fc.array(fc.boolean(), { maxLength: 100 });

function bitmapOf(list: readonly boolean[]): Uint8Array {
  const bitmap = makeBitmap(list.length, false);
  list.forEach((bit, i) => bit && setBit(bitmap, i));
  return bitmap;
}

function bitsOf(bitmap: Uint8Array, length: number): boolean[] {
  return Array.from({ length }, (_, i) => getBit(bitmap, i));
}

describe('bitmaps', () => {
  test('slices hold the bits of their range and nothing past them', () => {
    fc.assert(fc.property(bits, fc.nat(100), fc.nat(100), (list, a, b) => {
      const [start, end] = [a, b].map((n) => Math.min(n, list.length)).sort((x, y) => x - y);
      const slice = sliceBits(bitmapOf(list), start, end);
      expect(slice.length).toBe(bitmapBytes(end - start));
      expect(bitsOf(slice, end - start)).toEqual(list.slice(start, end));
      expect(countBits(slice, slice.length * 8)).toBe(list.slice(start, end).filter(Boolean).length);
    }));
  });

  test('copies land where they should', () => {
    fc.assert(fc.property(bits, bits, (first, second) => {
      const target = makeBitmap(first.length + second.length, false);
      copyBits(bitmapOf(first), first.length, target, 0);
      copyBits(bitmapOf(second), second.length, target, first.length);
      expect(bitsOf(target, first.length + second.length)).toEqual([...first, ...second]);
    }));
  });

  test('a set bitmap is clear past its end', () => {
    for (const length of [0, 1, 7, 8, 9, 64]) {
      expect(countBits(makeBitmap(length, true), bitmapBytes(length) * 8)).toBe(length);
    }
  });
});

describe('batches', () => {
  const table = randomTable(everyKind(3), { rows: 97, seed: 2 });

  test('slices of slices, put together again, are the whole', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(97), { maxLength: 6 }), fc.nat(30), (cuts, lead) => {
        const whole = sliceBatch(table, Math.min(lead, 20), 97);
        const edges = [
          0,
          ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b),
          whole.length,
        ];
        const pieces = edges.slice(1).map((end, i) => sliceBatch(whole, edges[i], end));
        expectSameRows(concatBatches(pieces), whole);
        expect(pieces.reduce((sum, piece) => sum + piece.length, 0)).toBe(whole.length);
      }),
      { numRuns: 30 },
    );
  });

  test('a slice counts its own bytes, not those it shares', () => {
    const half = batchBytes(sliceBatch(table, 0, 48));
    expect(half).toBeGreaterThan(batchBytes(table) * 0.3);
    expect(half).toBeLessThan(batchBytes(table) * 0.7);
  });

  test('rows per batch follow from the bytes of a row, at least one', () => {
    const schema = { fields: everyKind(128).fields.filter((f) => f.name === 'vector') };
    expect(rowsPerBatch(schema, 8 << 20)).toBe(16384);
    expect(rowsPerBatch(schema, 1)).toBe(1);
  });

  test('columns that do not fit their fields are a bug, said at once', () => {
    const { schema, columns } = table;
    expect(() => makeBatch(schema, columns.slice(1))).toThrow(TypeError);
    expect(() => makeBatch(schema, [...columns].reverse())).toThrow(TypeError);
    expect(() => fixedColumn({ kind: 'FloatVector', dim: 3 }, new Float32Array(4))).toThrow(TypeError);
  });

  test('bytes at odd offsets become aligned values', () => {
    const bytes = new Uint8Array(13);
    new DataView(bytes.buffer).setFloat32(1, 1.5, true);
    const column = fixedColumnFromBytes({ kind: 'FloatVector', dim: 1 }, bytes.subarray(1, 13));
    expect([...column.values]).toEqual([1.5, 0, 0]);
  });
});
