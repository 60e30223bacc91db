/** What of a data set an index can hold: one vector column and, if there is one, its Int64 ids. */
import { type Dataset, type Field, idField, vectorField } from '../../core/schema.ts';
import { fieldList, shellQuote } from '../../core/shell.ts';
import { formatType, isDenseVector, isVector } from '../../core/types.ts';
import type { Problem } from '../format.ts';
import { MAX_DIM } from './header.ts';
import { metricNumber } from './metrics.ts';

/** Why `dataset` cannot be written as it is, beside the kinds of its columns. */
export function checkDataset(dataset: Dataset): readonly Problem[] {
  const vector = vectorField(dataset);
  if (vector === undefined || !isVector(vector.type)) return [vectorProblem(dataset, vector)];
  return [
    ...extraColumns(dataset, vector),
    ...idProblems(dataset, vector),
    ...dimProblems(vector),
    ...metricProblems(dataset, vector),
  ];
}

function vectorProblem(dataset: Dataset, named: Field | undefined): Problem {
  const candidates = dataset.schema.fields.filter((f) => isDenseVector(f.type));
  const choose = (vector: string) => {
    const id = idField(dataset);
    const fields = id?.type.kind === 'Int64' ? [id.name, vector] : [vector];
    return `--vector ${shellQuote(vector)} --fields ${fieldList(fields)}`;
  };
  if (named !== undefined) {
    const remedy = candidates.length > 0
      ? choose(candidates[0].name)
      : `--cast ${shellQuote(`${named.name}:FloatVector(DIM)`)}`;
    return { field: named.name, message: `${formatType(named.type)} is no vector`, remedy };
  }
  if (candidates.length > 0) {
    const names = candidates.map((f) => f.name).join(', ');
    return {
      message: `Faiss holds one vector column, and there are several: ${names}`,
      remedy: choose(candidates[0].name),
    };
  }
  const list = dataset.schema.fields.find((f) => f.type.kind === 'Array');
  return {
    message: 'there is no vector column',
    remedy: `--cast ${shellQuote(`${list?.name ?? 'COLUMN'}:FloatVector(DIM)`)}`,
  };
}

function extraColumns(dataset: Dataset, vector: Field): Problem[] {
  const id = idField(dataset);
  const extra = dataset.schema.fields.filter((f) => f.name !== vector.name && f.name !== id?.name);
  const possibleId = extra.find((f) => f.type.kind === 'Int64');
  const remedy = id !== undefined
    ? `--fields ${fieldList([id.name, vector.name])}`
    : possibleId !== undefined
    ? `--id ${shellQuote(possibleId.name)} --fields ${fieldList([possibleId.name, vector.name])}`
    : `--fields ${fieldList([vector.name])}`;
  return extra.map((f) => ({
    field: f.name,
    message: 'Faiss holds one vector column and one Int64 column of ids, no others',
    remedy,
  }));
}

/** Integers of other widths are cast, which the writer's features say. */
function idProblems(dataset: Dataset, vector: Field): Problem[] {
  const id = idField(dataset);
  if (id === undefined || ['Int64', 'Int32', 'Int16', 'Int8'].includes(id.type.kind)) return [];
  return [{
    field: id.name,
    message: `Faiss' ids are 64-bit integers, not ${
      formatType(id.type)
    }; without this column the row numbers are the ids`,
    remedy: `--fields ${fieldList([vector.name])}`,
  }];
}

function dimProblems({ name, type }: Field): Problem[] {
  if (!isDenseVector(type) || type.dim <= MAX_DIM) return [];
  return [{
    field: name,
    message: `Faiss refuses to read more than ${MAX_DIM} dimensions`,
    remedy: 'write another format: .parquet, .h5',
  }];
}

function metricProblems({ metric }: Dataset, { name, type }: Field): Problem[] {
  if (metric === undefined) return [];
  const binary = type.kind === 'BinaryVector';
  if (binary ? metric === 'HAMMING' : metricNumber(metric) !== undefined) return [];
  if (metric === 'COSINE') {
    return [{
      field: name,
      message:
        'Faiss has no COSINE metric: --normalize scales vectors to the length 1, where inner product is the same;' +
        ' --metric IP will do where they have it already',
      remedy: binary ? '--metric HAMMING' : '--normalize',
    }];
  }
  return [{
    field: name,
    message: `Faiss has no metric ${metric} for ${type.kind}`,
    remedy: binary ? '--metric HAMMING' : '--metric L2',
  }];
}
