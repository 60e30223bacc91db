/** Writes files: a skeleton of empty data sets, then rows appended to each. */
import type { Batch } from '../../core/batch.ts';
import { factsToJson, schemaToJson } from '../../core/schema-json.ts';
import type { Dataset } from '../../core/schema.ts';
import { type Kind, KINDS } from '../../core/types.ts';
import type { ByteSink, RandomAccessSink } from '../../stores/bytes.ts';
import type { FormatWriter, Problem, WriteOptions, WriterFeatures } from '../format.ts';
import { DISTANCE_ATTRIBUTE, FACTS_ATTRIBUTE, SCHEMA_ATTRIBUTE } from './attributes.ts';
import { emptyDataset } from './column-type.ts';
import { columnWriter } from './column-writer.ts';
import { openForWriting } from './h5-file.ts';
import { encodeSkeleton } from './skeleton.ts';
import { join } from './tree.ts';
import { distanceName, layOut, layoutOf, layoutProblems } from './write-layout.ts';

/** What HDF5 holds: all kinds but arrays of structs, no nulls, no NUL characters. */
export const features: WriterFeatures = {
  kinds: new Set<Kind>(KINDS.filter((kind) => kind !== 'StructArray')),
  casts: { StructArray: ['json'] },
  nulls: false,
  keepsSchema: true,
  keepsNaN: true,
  refusesNul: true,
};

/** What else stands in the way. @throws VtsError Usage for an unknown layout */
export function check(dataset: Dataset, options: WriteOptions): readonly Problem[] {
  return layoutProblems(dataset, layoutOf(options));
}

/** Begins a file. */
export async function openWriter(
  sink: ByteSink,
  dataset: Dataset,
  options: WriteOptions,
): Promise<FormatWriter> {
  if (!sink.seekable) throw new TypeError('HDF5 needs a sink with random access');
  const layout = layoutOf(options);
  const [problem] = layoutProblems(dataset, layout);
  if (problem !== undefined) throw new TypeError(`not checked before writing: ${problem.message}`);
  const target = layOut(dataset, layout);
  const groups = (options.path ?? '').split('/').filter((name) => name !== '' && name !== '.');
  const group = `/${groups.join('/')}`;
  const sets = target.schema.fields.map(({ name, type }) => emptyDataset(name, type, dataset.rows));
  const random = sink as RandomAccessSink;
  random.writeSync(encodeSkeleton(groups, sets), 0);
  const file = await openForWriting(random);
  try {
    file.writeTextAttribute(group, SCHEMA_ATTRIBUTE, JSON.stringify(schemaToJson(target.schema)));
    file.writeTextAttribute(group, FACTS_ATTRIBUTE, JSON.stringify(factsToJson(target)));
    const distance = layout === 'ann-benchmarks' ? distanceName(dataset.metric) : undefined;
    if (distance !== undefined) file.writeTextAttribute(group, DISTANCE_ATTRIBUTE, distance);
  } catch (error) {
    file.abandon();
    throw error;
  }
  const columns = target.schema.fields.map((field, i) =>
    columnWriter(file, join(group, field.name), field, sets[i].chunkRows)
  );
  return {
    // deno-lint-ignore require-await
    async write(batch: Batch) {
      batch.columns.forEach((column, i) => columns[i].write(column));
    },
    // deno-lint-ignore require-await
    async finish() {
      for (const column of columns) column.finish();
      file.close();
    },
    // deno-lint-ignore require-await
    async abort() {
      file.abandon();
    },
  };
}
