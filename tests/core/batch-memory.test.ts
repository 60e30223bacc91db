import { describe, expect, test } from 'bun:test';
import { makeBatch, sliceBatch } from '../../src/core/batch.ts';
import { batchUsedUp, keepShared, roomFor, usedUp } from '../../src/core/batch-memory.ts';
import { fixedColumnFromBytes } from '../../src/core/column.ts';
import { field } from '../../src/core/schema.ts';

const TYPE = { kind: 'FloatVector', dim: 100 } as const;
/** Sizes that no other test takes. */
let next = 1_000_000;
const size = () => next += 400;
const tableOf = (...columns: Uint8Array<ArrayBuffer>[]) =>
  makeBatch(
    { fields: columns.map((_, i) => field(`v${i}`, TYPE)) },
    columns.map((bytes) => fixedColumnFromBytes(TYPE, bytes)),
  );

describe('roomFor()', () => {
  test('gives memory again once all of it is used up', () => {
    const bytes = roomFor(size());
    usedUp(bytes.subarray(0, 1000));
    expect(roomFor(bytes.length).buffer).not.toBe(bytes.buffer);
    usedUp(bytes.subarray(1000));
    expect(roomFor(bytes.length).buffer).toBe(bytes.buffer);
    expect(roomFor(bytes.length).buffer).not.toBe(bytes.buffer);
  });

  test('gives memory of exactly the size that is asked for', () => {
    const bytes = roomFor(size());
    usedUp(bytes);
    expect(roomFor(bytes.length - 4).byteLength).toBe(bytes.length - 4);
    expect(roomFor(bytes.length).buffer).toBe(bytes.buffer);
  });

  test('takes back neither small memory nor that of others', () => {
    const small = roomFor(100);
    usedUp(small);
    expect(roomFor(100).buffer).not.toBe(small.buffer);
    const other = new Uint8Array(size());
    usedUp(other);
    expect(roomFor(other.length).buffer).not.toBe(other.buffer);
  });

  test('keeps a few only', () => {
    const rooms = Array.from({ length: 10 }, () => roomFor(size()));
    for (const room of rooms) usedUp(room);
    const again = rooms.filter(({ buffer, length }) => roomFor(length).buffer === buffer);
    expect(again).toHaveLength(4);
  });
});

describe('batches', () => {
  test('slices are used up together', () => {
    const bytes = roomFor(size());
    const batch = tableOf(bytes);
    batchUsedUp(sliceBatch(batch, 0, 10));
    expect(roomFor(bytes.length).buffer).not.toBe(bytes.buffer);
    batchUsedUp(sliceBatch(batch, 10, batch.length));
    expect(roomFor(bytes.length).buffer).toBe(bytes.buffer);
  });

  test('columns that share memory keep it', () => {
    const bytes = roomFor(size());
    const batch = tableOf(bytes, bytes);
    keepShared(batch);
    batchUsedUp(batch);
    expect(roomFor(bytes.length).buffer).not.toBe(bytes.buffer);
  });
});
