/** Under which names the columns are written: their own, or those of MilvusDM and ann-benchmarks. */
import { type Dataset, type Field, idField, type Metric, vectorField } from '../../../core/schema.ts';
import { fieldList, shellQuote } from '../../../core/shell.ts';
import { formatType, type Kind } from '../../../core/types.ts';
import { VtsError } from '../../../errors.ts';
import type { Problem, WriteOptions } from '../../format.ts';
import { DISTANCES } from '../attributes.ts';

/** The layouts that can be written. */
export const LAYOUTS = {
  columns: 'a data set per column, under its own name (default)',
  milvusdm: 'embeddings and ids, as MilvusDM reads them',
  'ann-benchmarks': 'train, with the metric in the attribute distance',
} as const;

/** One of {@linkcode LAYOUTS}. */
export type Layout = keyof typeof LAYOUTS;

/** The layout that the user chose. @throws VtsError Usage */
export function layoutOf(options: WriteOptions): Layout {
  const layout = options.layout ?? 'columns';
  if (Object.hasOwn(LAYOUTS, layout)) return layout as Layout;
  throw new VtsError('Usage', `There is no layout "${options.layout}"`, {
    expected: `one of ${Object.keys(LAYOUTS).join(', ')}`,
  });
}

/** What a layout makes of a data set: its fields under their names in the file, in the order of the data set's fields. */
export function layOut(dataset: Dataset, layout: Layout): Dataset {
  if (layout === 'columns') return dataset;
  const [id, vector] = [idField(dataset), vectorField(dataset)];
  const [idName, vectorName] = layout === 'milvusdm' ? ['ids', 'embeddings'] : ['ids', 'train'];
  const fields = dataset.schema.fields.map((field): Field =>
    field === vector ? { ...field, name: vectorName } : field === id ? { ...field, name: idName } : field
  );
  const roles = { ...(vector && { vector: vectorName }), ...(id && { id: idName }) };
  return { ...dataset, schema: { ...dataset.schema, fields }, roles };
}

/** What stands in the way of writing `dataset`. */
export function layoutProblems(dataset: Dataset, layout: Layout): Problem[] {
  if (layout === 'columns') return nameProblems(dataset.schema.fields);
  const vector = vectorField(dataset);
  if (vector === undefined) {
    return [{
      message: `the layout ${layout} holds one vector, and it is not known which`,
      remedy: '--vector NAME',
    }];
  }
  const id = layout === 'milvusdm' ? idField(dataset) : undefined;
  const kept = [...(id ? [id.name] : []), vector.name];
  const kinds: readonly Kind[] = layout === 'milvusdm' ? ['FloatVector', 'BinaryVector'] : ['FloatVector'];
  const problems: Problem[] = [];
  if (!kinds.includes(vector.type.kind)) {
    problems.push({
      field: vector.name,
      message: `the layout ${layout} holds ${kinds.join(' or ')}, not ${formatType(vector.type)}`,
      remedy: `--cast ${shellQuote(`${vector.name}:float32`)}`,
    });
  }
  if (id !== undefined && id.type.kind !== 'Int64') {
    problems.push({
      field: id.name,
      message: `the layout ${layout} holds Int64 ids, not ${formatType(id.type)}`,
      remedy: `--fields ${fieldList([vector.name])}`,
    });
  }
  for (const { name } of dataset.schema.fields) {
    if (kept.includes(name)) continue;
    problems.push({
      field: name,
      message: layout === 'milvusdm'
        ? 'the layout milvusdm holds ids and one vector only'
        : 'the layout ann-benchmarks holds one vector only',
      remedy: `--fields ${fieldList(kept)}`,
    });
  }
  return problems;
}

/** The metric as ann-benchmarks calls it. */
export function distanceName(metric: Metric | undefined): string | undefined {
  return Object.keys(DISTANCES).find((name) => DISTANCES[name] === metric);
}

function nameProblems(fields: readonly Field[]): Problem[] {
  // U+FFFD is what the library makes of names that are not UTF-8.
  const unfit = fields.filter(({ name }) => name === '' || name === '.' || /[/\0\ufffd]/.test(name));
  const named = fields.filter(({ name }) => name !== '').map(({ name }) => name);
  return unfit.map(({ name }) => ({
    field: name,
    message: 'HDF5 cannot name a data set so',
    // `--rename` takes no empty name.
    remedy: name !== ''
      ? `--rename ${shellQuote(`${name}=NAME`)}`
      : named.length > 0
      ? `--fields ${fieldList(named)}`
      : 'give the column a name where it comes from',
  }));
}
