/** `--normalize`: vectors scaled to the length 1, for targets that know no cosine. */
import { VtsError } from '../errors.ts';
import { type Column, fixedColumn, isNull } from './column.ts';
import { type Dataset, type Field, type Metric, vectorField } from './schema.ts';
import { shellQuote } from './shell.ts';
import { formatType, isVector } from './types.ts';

/**
 * The vector of `dataset` that `--normalize` scales.
 * @throws VtsError Usage when there is not exactly one, or it is not of float32
 */
export function normalizedField(dataset: Dataset): Field {
  const found = vectorField(dataset);
  if (found === undefined) {
    const names = dataset.schema.fields.filter((field) => isVector(field.type)).map((field) => field.name);
    throw new VtsError('Usage', '--normalize: which column is the vector?', {
      expected: names.length === 0 ? 'a vector column; there is none' : `one of ${names.join(', ')}`,
      remedy: `--vector ${names.length === 0 ? 'NAME' : shellQuote(names[0])}`,
    });
  }
  if (found.type.kind !== 'FloatVector') {
    throw new VtsError('Usage', `--normalize: "${found.name}" is ${formatType(found.type)}`, {
      field: found.name,
      expected: 'a FloatVector: lengths are computed in float32',
      remedy: `--cast ${shellQuote(`${found.name}:float32`)}`,
    });
  }
  return found;
}

/** The metric of vectors whose length is 1: where it was the cosine, the inner product is the same. */
export function normalizedMetric(metric: Metric | undefined): Metric | undefined {
  return metric === 'COSINE' ? 'IP' : metric;
}

/**
 * `column` with every vector divided by its Euclidean length (summed in float64, rounded once to float32); null rows stay null.
 * @throws VtsError RowInvalid for a vector of length 0, or with elements that are no finite numbers
 */
export function normalizeColumn(column: Column, name: string): Column {
  const values = column.values as Float32Array<ArrayBuffer>;
  const dim = column.length === 0 ? 0 : values.length / column.length;
  const scaled = new Float32Array(values.length);
  for (let row = 0; row < column.length; row++) {
    if (isNull(column, row)) continue;
    const start = row * dim;
    let sum = 0;
    for (let i = start; i < start + dim; i++) sum += values[i] * values[i];
    const length = Math.sqrt(sum);
    if (!(length > 0 && length < Infinity)) throw noLength(name, row, length);
    for (let i = start; i < start + dim; i++) scaled[i] = values[i] / length;
  }
  return fixedColumn(column.type, scaled, column.validity);
}

function noLength(name: string, row: number, length: number): VtsError {
  const message = length === 0
    ? 'A vector of zeros cannot be scaled to the length 1'
    : 'A vector with elements that are no finite numbers cannot be scaled to the length 1';
  return new VtsError('RowInvalid', message, {
    row,
    field: name,
    remedy: 'leave the row out or mend it, or go without --normalize',
  });
}
