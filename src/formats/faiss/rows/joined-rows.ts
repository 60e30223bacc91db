/** Rows of two readers, one after the other. */
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
