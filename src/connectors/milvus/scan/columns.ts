/** Which fields of a collection are read, and what is to be said about the others. */
import { type Field, field, findField, type Metric, METRICS, type Schema } from '../../../core/schema.ts';
import { isVector } from '../../../core/types.ts';
import { VtsError } from '../../../errors.ts';
import { unsupportedField } from '../codec/collection-schema.ts';
import type { CollectionInfo, IndexInfo } from '../model.ts';
import { nearNames } from '../near-names.ts';

/** FunctionInfo.type of BM25, whose output the server computes and does not give out. */
const BM25 = 1;

/** Fields as they are exported. */
export interface ReadableFields {
  readonly schema: Schema;
  readonly notes: readonly string[];
}

/**
 * The fields of `info` that can be read, those of `wanted` where given, and the column of the partition at the end.
 * @throws VtsError PlanRefused, InputMissing, InputUnsupported for what was asked for and cannot be
 */
export function readableFields(
  info: CollectionInfo,
  wanted: readonly string[] | undefined,
  partitionColumn: string | undefined,
): ReadableFields {
  const notes: string[] = [];
  const computed = new Set(info.functions.filter((f) => f.type === BM25).flatMap((f) => f.outputs));
  const fields = info.schema.fields.filter((f) => !computed.has(f.name));
  if (wanted !== undefined) refuseUnreadable(info, fields, computed, wanted);
  else notes.push(...unreadableNotes(info, computed));
  if (partitionColumn === undefined) return { schema: { ...info.schema, fields }, notes };
  const column = partitionField(info, partitionColumn);
  return { schema: { ...info.schema, fields: [...fields, column] }, notes };
}

function unreadableNotes(info: CollectionInfo, computed: ReadonlySet<string>): string[] {
  const notes = [...computed].map((name) =>
    `"${name}" is left out: the server computes it from text (BM25), and will again`
  );
  for (const unsupported of info.unsupported) {
    notes.push(`"${unsupported.name}" is left out: ${unsupportedField(unsupported).message}`);
  }
  return notes;
}

function refuseUnreadable(
  info: CollectionInfo,
  fields: readonly Field[],
  computed: ReadonlySet<string>,
  wanted: readonly string[],
): void {
  for (const name of wanted) {
    const unsupported = info.unsupported.find((f) => f.name === name);
    if (unsupported !== undefined) throw unsupportedField(unsupported);
    if (computed.has(name)) {
      throw new VtsError(
        'InputUnsupported',
        `the server computes "${name}" from text (BM25) and does not give it out`,
        {
          field: name,
          remedy: 'leave it out of --fields; a server that gets the text computes it again',
        },
      );
    }
    if (!fields.some((f) => f.name === name)) {
      throw new VtsError('InputMissing', `the collection has no field "${name}"`, {
        field: name,
        remedy: nearNames(name, fields.map((f) => f.name)),
      });
    }
  }
}

/** Longer than any name of a partition may be. */
const PARTITION_NAME_LENGTH = 255;

function partitionField(info: CollectionInfo, name: string): Field {
  if (findField(info.schema, name) !== undefined || info.unsupported.some((f) => f.name === name)) {
    throw new VtsError('PlanRefused', `the collection has a field "${name}" already`, {
      field: name,
      remedy: 'give --partition-column another name',
    });
  }
  if (info.partitionCount > 0) {
    throw new VtsError(
      'PlanRefused',
      'the rows of this collection are spread over partitions by a key, and servers do not tell which is where',
      { remedy: 'leave out --partition-column: the same key leads to the same partitions again' },
    );
  }
  return field(name, { kind: 'VarChar', maxLength: PARTITION_NAME_LENGTH });
}

/** The metric of the indexes on the vector fields of `schema`, where they have one in common. */
export function metricOf(schema: Schema, indexes: readonly IndexInfo[]): Metric | undefined {
  const vectors = schema.fields.filter((f) => isVector(f.type));
  const metrics = vectors.map((f) => indexes.find((index) => index.field === f.name)?.params.metric_type);
  const metric = new Set(metrics).size === 1 ? metrics[0]?.toUpperCase() : undefined;
  return METRICS.find((name) => name.toUpperCase() === metric);
}
