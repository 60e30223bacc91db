/** Writes rows behind two counts, the first of which is known at the end. */
import { isDenseVector } from '../../core/types.ts';
import { VtsError } from '../../errors.ts';
import type { RandomAccessSink } from '../../stores/bytes.ts';
import type { WriterFactory } from '../format.ts';
import { refuseNulls, requireLength } from '../single-column.ts';
import { checkElements, type VectorElement } from '../vector-elements.ts';

const MAX_ROWS = 2 ** 32 - 1;

/** Opens files of `element` to write. */
export function binWriter(title: string, element: VectorElement): WriterFactory {
  return {
    access: 'seek',
    features: element.features,
    check: (dataset) => checkElements(dataset, element, title),
    async open(sink, dataset) {
      const [problem] = checkElements(dataset, element, title);
      if (problem !== undefined) throw new VtsError('PlanRefused', problem.message, { ...problem });
      const { name, type } = dataset.schema.fields[0];
      const start = sink.position;
      // An empty file of lists says that they have one element, as it must say something.
      let dim = isDenseVector(type) ? type.dim : undefined;
      let rows = 0;
      await sink.write(new Uint8Array(8));
      return {
        async write(batch) {
          if (batch.length === 0) return;
          const [column] = batch.columns;
          refuseNulls(column, name, rows, title);
          dim ??= element.dimOf(column);
          requireLength(column, name, rows, dim);
          if (rows + batch.length > MAX_ROWS) throw tooMany(title);
          await sink.write(element.encode(column, name, rows));
          rows += batch.length;
        },
        // deno-lint-ignore require-await
        async finish() {
          const counts = new DataView(new ArrayBuffer(8));
          counts.setUint32(0, rows, true);
          counts.setUint32(4, dim ?? 1, true);
          (sink as RandomAccessSink).writeSync(new Uint8Array(counts.buffer), start);
        },
        async abort() {},
      };
    },
  };
}

function tooMany(title: string): VtsError {
  return new VtsError('PlanRefused', `${title} holds at most ${MAX_ROWS} rows`, {
    remedy: 'cut the output with --part-size, or write .parquet',
  });
}
