/** Writes rows, each behind its number of dimensions. */
import type { WriterFactory } from '../format.ts';
import { refuseNulls, requireLength } from '../single-column.ts';
import { checkElements, type VectorElement } from '../vector-elements.ts';
import { VtsError } from '../../errors.ts';

/** Opens files of `element` to write. */
export function vecsWriter(title: string, element: VectorElement): WriterFactory {
  return {
    access: 'stream',
    features: element.features,
    check: (dataset) => checkElements(dataset, element, title),
    // deno-lint-ignore require-await
    async open(sink, dataset) {
      const [problem] = checkElements(dataset, element, title);
      if (problem !== undefined) throw new VtsError('PlanRefused', problem.message, { ...problem });
      const { name } = dataset.schema.fields[0];
      let rows = 0;
      let dim: number | undefined;
      return {
        async write(batch) {
          if (batch.length === 0) return;
          const [column] = batch.columns;
          refuseNulls(column, name, rows, title);
          dim ??= element.dimOf(column);
          requireLength(column, name, rows, dim);
          await sink.write(behindDims(element.encode(column, name, rows), dim, dim * element.size));
          rows += batch.length;
        },
        async finish() {},
        async abort() {},
      };
    },
  };
}

/** `bytes` with the number of dimensions before each row of `row` bytes. */
function behindDims(bytes: Uint8Array, dim: number, row: number): Uint8Array {
  const count = bytes.length / row;
  const stored = new Uint8Array(count * (4 + row));
  const view = new DataView(stored.buffer);
  for (let i = 0, at = 0; i < count; i++, at += 4 + row) {
    view.setInt32(at, dim, true);
    stored.set(bytes.subarray(i * row, (i + 1) * row), at + 4);
  }
  return stored;
}
