/** Exact comparison of batches: floats by their bits, everything else by value. */
import { expect } from 'bun:test';
import type { Batch } from '../../src/core/batch.ts';
import { encodingOf, isNull } from '../../src/core/column.ts';
import type { Column } from '../../src/core/column.ts';
import { formatType } from '../../src/core/types.ts';
import { valueAt } from '../../src/core/values.ts';

/** How strict {@linkcode expectSameRows} is. */
export interface Strictness {
  /** Whether NaNs must keep their payload (default true); else any NaN equals any NaN. */
  readonly nanPayloads?: boolean;
}

/** Fails unless `actual` has the rows of `expected` in the same order, bit by bit; capacities of types are not compared. */
export function expectSameRows(actual: Batch, expected: Batch, strictness: Strictness = {}): void {
  expect(actual.schema.fields.map((f) => f.name)).toEqual(expected.schema.fields.map((f) => f.name));
  expect(actual.length).toBe(expected.length);
  expected.columns.forEach((column, i) => {
    const { name } = expected.schema.fields[i];
    expect(`${name}: ${bareType(actual.columns[i])}`).toBe(`${name}: ${bareType(column)}`);
    for (let row = 0; row < column.length; row++) {
      const [a, b] = [canonical(actual.columns[i], row, strictness), canonical(column, row, strictness)];
      if (a !== b) expect(`${name}[${row}] = ${a}`).toBe(`${name}[${row}] = ${b}`);
    }
  });
}

/** One value as text that is equal exactly when the value's bits are. */
export function canonical(column: Column, row: number, strictness: Strictness = {}): string {
  if (isNull(column, row)) return 'null';
  const encoding = encodingOf(column.type);
  if (encoding.layout === 'fixed') {
    const { stride, array } = encoding;
    const values = column.values.subarray(row * stride, (row + 1) * stride);
    if (
      strictness.nanPayloads === false &&
      (array as unknown === Float32Array || array as unknown === Float64Array)
    ) {
      return Array.from(values as Float32Array, (v) => Object.is(v, -0) ? '-0' : String(v)).join(',');
    }
    return hex(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  if (encoding.layout === 'list') {
    const parts: string[] = [];
    for (let i = column.offsets![row]; i < column.offsets![row + 1]; i++) {
      parts.push(`(${column.children.map((child) => canonical(child, i, strictness)).join(';')})`);
    }
    return `[${parts.join(',')}]`;
  }
  const value = valueAt(column, row);
  return value instanceof Uint8Array ? hex(value) : JSON.stringify(value);
}

function bareType(column: Column): string {
  return formatType(column.type).replaceAll(/(VarChar|>)\(\d+\)/g, '$1');
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
