/** Rows of two readers, one after the other or side by side. */
import type { RowReader } from './rows.ts';

/** The rows of `first`, then those of `second`. */
export function rowsAfter(first: RowReader, second: RowReader): RowReader {
  const { rowBytes } = first;
  const split = first.count;
  return {
    count: split + second.count,
    rowBytes,
    async read(start, count) {
      const out = new Uint8Array(count * rowBytes);
      const before = Math.max(0, Math.min(count, split - start));
      if (before > 0) out.set(await first.read(start, before));
      if (before < count) {
        out.set(await second.read(start + before - split, count - before), before * rowBytes);
      }
      return out;
    },
    async pick(rows) {
      const limit = BigInt(split);
      const parts = [rows.filter((row) => row < limit), rows.filter((row) => row >= limit)];
      const picked = [
        await first.pick(parts[0]),
        await second.pick(parts[1].map((row) => row - limit)),
      ];
      const out = new Uint8Array(rows.length * rowBytes);
      const at = [0, 0];
      rows.forEach((row, index) => {
        const part = row < limit ? 0 : 1;
        out.set(picked[part].subarray(at[part], at[part] += rowBytes), index * rowBytes);
      });
      return out;
    },
  };
}

/** Each row of `left` followed by that of `right`. */
export function rowsBeside(left: RowReader, right: RowReader): RowReader {
  const rowBytes = left.rowBytes + right.rowBytes;
  const zip = (a: Uint8Array, b: Uint8Array, count: number) => {
    const out = new Uint8Array(count * rowBytes);
    for (let row = 0; row < count; row++) {
      out.set(a.subarray(row * left.rowBytes, (row + 1) * left.rowBytes), row * rowBytes);
      out.set(b.subarray(row * right.rowBytes, (row + 1) * right.rowBytes), row * rowBytes + left.rowBytes);
    }
    return out;
  };
  return {
    count: left.count,
    rowBytes,
    read: async (start, count) => zip(await left.read(start, count), await right.read(start, count), count),
    pick: async (rows) => zip(await left.pick(rows), await right.pick(rows), rows.length),
  };
}
