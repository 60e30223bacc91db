/**
 * Writes Flat (`IxFI`, `IxF2`, `IxFl`), SQ (`IxSQ`), binary Flat (`IBxF`) and, around them when there are ids, IDMap2 (`IxM2`, `IBM2`):
 *
 *     [IDMap2 code and header]  Flat code and header, length, vectors  [length, ids]
 *     [IDMap2 code and header]  SQ code and header, quantizer, length, codes  [length, ids]
 *
 * byte for byte as faiss does. The count comes first, so the front is written again at the end; the ids follow the vectors,
 * so they wait in a scratch file.
 */
import { batchUsedUp } from '../../core/batch-memory.ts';
import { type Column, firstNull, valueBytes } from '../../core/column.ts';
import { type Dataset, type Field, idField, type Metric, vectorField } from '../../core/schema.ts';
import type { DenseVectorType } from '../../core/types.ts';
import { VtsError } from '../../errors.ts';
import type { ByteSink, RandomAccessSink, Scratch } from '../../stores/bytes.ts';
import type { FormatWriter, Problem, WriteOptions, WriterFactory } from '../format.ts';
import { checkDataset } from './check.ts';
import { codeWriter } from './writing/codes.ts';
import { front, type IndexShape, trainedNumbers } from './writing/front.ts';
import { INDEX_CHOICES, indexSpec, specNotes, specProblems } from './writing/spec.ts';
import { metricNumber } from './metrics.ts';

const DEFAULT_METRIC: Metric = 'L2';

/** Opens index files to write. The metric is L2 unless the data set has one; binary vectors have HAMMING. */
export const faissWriter: WriterFactory = {
  access: 'seek',
  features: {
    kinds: new Set(['FloatVector', 'BinaryVector', 'Int64']),
    casts: {
      DoubleVector: ['float32'],
      Float16Vector: ['float32'],
      BFloat16Vector: ['float32'],
      Int8Vector: ['float32'],
      Array: ['FloatVector(DIM)'],
    },
    nulls: false,
    // The columns come back as `id` and `vector`.
    keepsSchema: false,
    keepsNaN: true,
  },
  choices: { faissIndex: INDEX_CHOICES },
  check: allProblems,
  notes(dataset, { faissIndex }) {
    const lossy = specNotes(dataset, faissIndex);
    if (dataset.metric !== undefined || vectorField(dataset)?.type.kind === 'BinaryVector') return lossy;
    return [
      ...lossy,
      `no metric is known: the index gets ${DEFAULT_METRIC}; --metric IP, say, gives it another`,
    ];
  },
  // deno-lint-ignore require-await
  async open(sink, dataset, options) {
    const [problem] = allProblems(dataset, options);
    if (problem !== undefined) {
      throw new VtsError('PlanRefused', problem.message, { field: problem.field, remedy: problem.remedy });
    }
    return openWriter(randomAccess(sink), dataset, options);
  },
};

function allProblems(dataset: Dataset, { faissIndex }: WriteOptions): readonly Problem[] {
  return [...checkDataset(dataset), ...specProblems(dataset, faissIndex)];
}

async function openWriter(
  sink: RandomAccessSink,
  dataset: Dataset,
  options: WriteOptions,
): Promise<FormatWriter> {
  const vector = vectorField(dataset)!;
  const id = idField(dataset);
  const { storage } = indexSpec(dataset, options.faissIndex);
  const shape: IndexShape = {
    dim: (vector.type as DenseVectorType).dim,
    storage,
    ids: id !== undefined,
    metric: metricNumber(dataset.metric ?? DEFAULT_METRIC) ?? 0,
    metricArg: dataset.metricArg ?? 0,
  };
  const start = sink.position;
  await sink.write(front(shape, 0, new Float32Array(trainedNumbers(shape))));
  const codes = codeWriter(storage, shape.dim, sink, options.scratch, vector.name);
  const ids = id === undefined ? undefined : options.scratch();
  let rows = 0;
  const close = () => {
    codes.close();
    ids?.close();
  };
  return {
    async write(batch) {
      const column = (f: Field) =>
        batch.columns[batch.schema.fields.findIndex((other) => other.name === f.name)];
      await codes.write(bytesOf(column(vector), vector, rows), rows);
      if (id !== undefined) ids!.append(bytesOf(column(id), id, rows));
      rows += batch.length;
      batchUsedUp(batch);
    },
    async finish() {
      const trained = await codes.finish();
      if (ids !== undefined) {
        await sink.write(u64(rows));
        await copyAll(ids, sink);
      }
      sink.writeSync(front(shape, rows, trained), start);
      close();
    },
    // deno-lint-ignore require-await
    async abort() {
      close();
    },
  };
}

function bytesOf(column: Column, { name }: Field, firstRow: number): Uint8Array {
  const row = firstNull(column);
  if (row < 0) return valueBytes(column);
  throw new VtsError('RowInvalid', 'Faiss cannot hold a null', {
    row: firstRow + row,
    field: name,
    remedy: 'leave out the rows that are null, or write .parquet or .jsonl',
  });
}

const CHUNK = 1 << 20;

async function copyAll(scratch: Scratch, sink: ByteSink): Promise<void> {
  const buffer = new Uint8Array(Math.min(CHUNK, scratch.size));
  for (let at = 0; at < scratch.size; at += buffer.length) {
    await sink.write(buffer.subarray(0, scratch.readSync(buffer, at)));
  }
}

function u64(value: number): Uint8Array {
  return new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
}

function randomAccess(sink: ByteSink): RandomAccessSink {
  if (!sink.seekable) throw new TypeError('Cannot write a Faiss index to a stream');
  return sink as RandomAccessSink;
}
