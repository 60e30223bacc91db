/** Rows that are computed from other rows: decoded codes, residuals with their centroids, sums, transforms. */
import { rowNumbers, type RowReader } from './rows.ts';
import { sortOrder } from './sort-order.ts';

/** Rows of `rowBytes` bytes, made from as many rows of another reader by `map`. */
export function mappedRows(
  inner: RowReader,
  rowBytes: number,
  map: (rows: Uint8Array<ArrayBuffer>, count: number) => Uint8Array<ArrayBuffer>,
): RowReader {
  return {
    count: inner.count,
    rowBytes,
    read: async (start, count) => map(await inner.read(start, count), count),
    pick: async (rows) => map(await inner.pick(rows), rows.length),
  };
}

/** Rows of float32, made from as many rows of another reader by `compute`, which fills the last argument. */
export function computedRows(
  inner: RowReader,
  dim: number,
  compute: (rows: Uint8Array<ArrayBuffer>, count: number, out: Float32Array<ArrayBuffer>) => void,
): RowReader {
  return mappedRows(inner, dim * 4, (rows, count) => {
    const out = new Float32Array(count * dim);
    compute(rows, count, out);
    return new Uint8Array(out.buffer);
  });
}

/** Some rows of one list. */
export interface ListRun {
  readonly list: number;
  readonly rows: number;
}

/** Tells the lists of rows: one after the other, or picked one by one. */
export interface ListRuns {
  read(start: number, count: number): Promise<readonly ListRun[]>;
  pick(rows: BigInt64Array<ArrayBuffer>): Promise<readonly ListRun[]>;
}

/** The float32 `residuals` with the centroid of their list added: one of `centroids` a list. */
export function withCentroids(residuals: RowReader, lists: ListRuns, centroids: RowReader): RowReader {
  const dim = residuals.rowBytes / 4;
  const add = async (bytes: Uint8Array<ArrayBuffer>, runs: readonly ListRun[]) => {
    const numbers = BigInt64Array.from(runs, ({ list }) => BigInt(list));
    const centres = new Float32Array((await centroids.pick(numbers)).buffer);
    const values = new Float32Array(bytes.buffer);
    let at = 0;
    for (let run = 0; run < runs.length; run++) {
      const centre = run * dim;
      for (let row = 0; row < runs[run].rows; row++) {
        for (let i = 0; i < dim; i++) values[at + i] += centres[centre + i];
        at += dim;
      }
    }
    return bytes;
  };
  return {
    count: residuals.count,
    rowBytes: residuals.rowBytes,
    read: async (start, count) => add(await residuals.read(start, count), await lists.read(start, count)),
    pick: async (rows) => add(await residuals.pick(rows), await lists.pick(rows)),
  };
}

/** The runs that `listOf` tells: the list that a row is in, and how many rows from there on are in it too. */
export function listRuns(listOf: (row: number) => ListRun): ListRuns {
  return {
    // deno-lint-ignore require-await
    async read(start, count) {
      const runs: ListRun[] = [];
      for (let done = 0; done < count;) {
        const { list, rows } = listOf(start + done);
        runs.push({ list, rows: Math.min(rows, count - done) });
        done += rows;
      }
      return runs;
    },
    // deno-lint-ignore require-await
    async pick(rows) {
      const row = rowNumbers(rows);
      const runs = new Array<ListRun>(rows.length);
      // Lists are looked for in ascending order.
      for (const index of sortOrder(rows)) runs[index] = { list: listOf(row(index)).list, rows: 1 };
      return runs;
    },
  };
}

/** The float32 `rows` with those of `more` added, which are found by the id of each row. */
export function withRefinement(
  rows: RowReader,
  ids: RowReader,
  more: RowReader,
  checkIds: (ids: BigInt64Array, rowOf: (index: number) => number) => void,
): RowReader {
  const add = async (
    bytes: Uint8Array<ArrayBuffer>,
    idBytes: Uint8Array<ArrayBuffer>,
    rowOf: (index: number) => number,
  ) => {
    const wanted = new BigInt64Array(idBytes.buffer);
    checkIds(wanted, rowOf);
    const values = new Float32Array(bytes.buffer);
    const added = new Float32Array((await more.pick(wanted)).buffer);
    for (let i = 0; i < values.length; i++) values[i] += added[i];
    return bytes;
  };
  return {
    count: rows.count,
    rowBytes: rows.rowBytes,
    read: async (start, count) =>
      add(await rows.read(start, count), await ids.read(start, count), (index) => start + index),
    pick: async (picked) =>
      add(await rows.pick(picked), await ids.pick(picked), (index) => Number(picked[index])),
  };
}
