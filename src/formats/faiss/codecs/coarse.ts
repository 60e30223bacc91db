/** Coarse quantizers that store no centroids one by one: number k stands for a combination of sub-centroids. */
import type { RowReader } from '../rows/rows.ts';
import { rowNumbers } from '../rows/rows.ts';

/** The combination that `number` stands for, `dim` float32s to `out` from `at` on. */
export type Combine = (number: number, out: Float32Array, at: number) => void;

/** Rows that are the combinations 0, 1, 2, ...; tables are loaded when the first is asked for. */
export function virtualRows(count: number, dim: number, load: () => Combine): RowReader {
  let combine: Combine | undefined;
  const rowsOf = (total: number, number: (index: number) => number) => {
    combine ??= load();
    const out = new Float32Array(total * dim);
    for (let i = 0; i < total; i++) combine(number(i), out, i * dim);
    return new Uint8Array(out.buffer);
  };
  return {
    count,
    rowBytes: dim * 4,
    // deno-lint-ignore require-await
    read: async (start, rows) => rowsOf(rows, (index) => start + index),
    // deno-lint-ignore require-await
    pick: async (rows) => rowsOf(rows.length, rowNumbers(rows)),
  };
}

/** Multi-index: each sub-quantizer's bits choose a piece. */
export function productCentroid(table: Float32Array, dim: number, m: number, bits: number): Combine {
  const width = dim / m;
  const ksub = 2 ** bits;
  return (number, out, at) => {
    for (let sub = 0, rest = number; sub < m; sub++, rest = Math.floor(rest / ksub)) {
      const from = (sub * ksub + rest % ksub) * width;
      out.set(table.subarray(from, from + width), at + sub * width);
    }
  };
}

/** Residual: each sub-code's bits choose a row to be added. */
export function residualCentroid(codebooks: Float32Array, dim: number, bits: readonly number[]): Combine {
  return (number, out, at) => {
    let [rest, first] = [number, 0];
    for (const b of bits) {
      const from = (first + rest % 2 ** b) * dim;
      for (let i = 0; i < dim; i++) out[at + i] += codebooks[from + i];
      rest = Math.floor(rest / 2 ** b);
      first += 2 ** b;
    }
  };
}
