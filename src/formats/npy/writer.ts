/** Writes one column as an array, as `numpy.save` would: C order, little-endian, version 1.0. */
import { batchUsedUp } from '../../core/batch-memory.ts';
import { getBit } from '../../core/bitmap.ts';
import { type Column, denseEncoding, valueBytes } from '../../core/column.ts';
import type { Dataset } from '../../core/schema.ts';
import { formatType, isDenseVector, type LogicalType } from '../../core/types.ts';
import { VtsError } from '../../errors.ts';
import type { RandomAccessSink } from '../../stores/bytes.ts';
import type { FormatWriter, Problem, WriterFactory, WriterFeatures } from '../format.ts';
import { extraColumns, keptField, refuseNulls, requireLength } from '../single-column.ts';
import { encodeHeader } from './header.ts';
import { openTextWriter } from './text-writer.ts';

const TITLE = 'A NumPy array';

const features: WriterFeatures = {
  kinds: new Set([
    'FloatVector',
    'DoubleVector',
    'Float16Vector',
    'Int8Vector',
    'BinaryVector',
    'Bool',
    'Int8',
    'Int16',
    'Int32',
    'Int64',
    'Float',
    'Double',
    'VarChar',
    'Timestamptz',
    'Array',
  ]),
  casts: { BFloat16Vector: ['float32'], JSON: ['varchar'], Geometry: ['varchar'] },
  nulls: false,
  // The column comes back as `vector` or `value`.
  keepsSchema: false,
  keepsNaN: true,
  refusesNul: true,
};

/** Opens arrays to write. */
export const npyWriter: WriterFactory = {
  access: 'seek',
  features,
  check: checkDataset,
  // deno-lint-ignore require-await
  async open(sink, dataset, options) {
    const [problem] = checkDataset(dataset);
    if (problem !== undefined) throw new VtsError('PlanRefused', problem.message, { ...problem });
    const { name, type } = dataset.schema.fields[0];
    return type.kind === 'VarChar'
      ? openTextWriter(sink, name, options)
      : openNumberWriter(sink as RandomAccessSink, name, type);
  },
};

function checkDataset(dataset: Dataset): readonly Problem[] {
  const kept = keptField(dataset, features.kinds);
  const problems = [...extraColumns(dataset, kept, TITLE)];
  if (kept?.type.kind === 'Array' && kept.type.element.kind === 'VarChar') {
    problems.push({
      field: kept.name,
      message: `${TITLE} holds lists of numbers, not ${formatType(kept.type)}`,
      remedy: 'write .parquet or .jsonl',
    });
  }
  return problems;
}

/** The front goes before the rows, so it is written again once they are counted; its length stays the same. */
function openNumberWriter(sink: RandomAccessSink, name: string, type: LogicalType): FormatWriter {
  const descr = DESCRS[(type.kind === 'Array' ? type.element : type).kind]!;
  const start = sink.position;
  let width = isDenseVector(type) ? denseEncoding(type).stride : undefined;
  let rows = 0;
  const shape = () =>
    type.kind === 'Array' ? [rows, width ?? 0] : width === undefined ? [rows] : [rows, width];
  return {
    async write(batch) {
      if (batch.length === 0) return;
      const [column] = batch.columns;
      refuseNulls(column, name, rows, TITLE);
      if (column.offsets !== null) {
        width ??= column.offsets[1] - column.offsets[0];
        requireLength(column, name, rows, width);
      }
      if (rows === 0) await sink.write(encodeHeader(descr, shape()));
      await sink.write(bytesOf(column));
      rows += batch.length;
      batchUsedUp(batch);
    },
    async finish() {
      if (rows === 0) await sink.write(encodeHeader(descr, shape()));
      else sink.writeSync(encodeHeader(descr, shape()), start);
    },
    async abort() {},
  };
}

/** Single bytes have no order. */
const DESCRS: Partial<Record<LogicalType['kind'], string>> = {
  FloatVector: '<f4',
  DoubleVector: '<f8',
  Float16Vector: '<f2',
  Int8Vector: '|i1',
  BinaryVector: '|u1',
  Bool: '|b1',
  Int8: '|i1',
  Int16: '<i2',
  Int32: '<i4',
  Int64: '<i8',
  Float: '<f4',
  Double: '<f8',
  Timestamptz: '<M8[us]',
};

function bytesOf(column: Column): Uint8Array {
  const { type, offsets, children, values, length } = column;
  if (type.kind === 'Array') return bytesOf(elementsOf(children[0], offsets![0], offsets![length]));
  if (type.kind === 'Bool') {
    return Uint8Array.from({ length }, (_, row) => +getBit(values as Uint8Array, row));
  }
  return valueBytes(column);
}

function elementsOf(child: Column, start: number, end: number): Column {
  if (child.type.kind === 'Bool') {
    const bytes = Uint8Array.from(
      { length: end - start },
      (_, i) => +getBit(child.values as Uint8Array, start + i),
    );
    return { ...child, type: { kind: 'Int8' }, length: end - start, values: new Int8Array(bytes.buffer) };
  }
  return { ...child, length: end - start, values: child.values.subarray(start, end) as never };
}
