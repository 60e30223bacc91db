/** What is on a Milvus server, for people. */
import type { CollectionSight, DatabaseSight, RowCount } from '../connectors/milvus/inspect.ts';
import type { IndexInfo } from '../connectors/milvus/model.ts';
import { formatType } from '../core/types.ts';
import type { Sample } from './inspect-file.ts';
import { fieldTable, shortRow } from './inspect-text.ts';
import { formatMany, formatTable } from './report/format.ts';

/** A server for people: a few lines a collection. */
export function serverText(name: string, version: string, databases: readonly DatabaseSight[]): string {
  const total = databases.reduce((sum, { collections }) => sum + collections.length, 0);
  const head = `${name}: ${software(version)}, ${formatMany(databases.length, 'database')}, ${
    formatMany(total, 'collection')
  }`;
  return [head, ...databases.flatMap(databaseLines)].join('\n');
}

function databaseLines({ name, collections }: DatabaseSight): string[] {
  if (collections.length === 0) return [`${name}: no collections`];
  return [
    `${name}:`,
    ...collections.flatMap((one) => 'error' in one ? [`  ${one.name}: ${one.error.message}`] : lines(one)),
  ];
}

function lines(sight: CollectionSight): string[] {
  const { info, indexes, partitions } = sight;
  const fields = info.schema.fields.map((field) =>
    `${field.name} ${formatType(field.type)}${field.primaryKey ? ' (primary key)' : ''}`
  );
  const head = [
    countText(sight.count),
    sight.load,
    ...(partitions.length > 1 ? [formatMany(partitions.length, 'partition')] : []),
    ...(info.aliases.length > 0 ? [`aliases ${info.aliases.join(', ')}`] : []),
  ];
  return [
    `  ${info.name}: ${head.join(', ')}`,
    `    ${fields.join(', ')}`,
    ...indexes.map((index) => `    index on ${index.field}: ${indexText(index)}`),
  ];
}

/** One collection for people. */
export function collectionText(
  name: string,
  version: string,
  sight: CollectionSight,
  sample: Sample | undefined,
): string {
  const { info, indexes, partitions } = sight;
  const parts = [
    `${name}: ${software(version)}, ${countText(sight.count)}, ${sight.load}`,
    `fields:\n${fieldTable(info.schema.fields)}`,
    ...(info.functions.length === 0 ? [] : [
      `functions:\n${
        formatTable(info.functions.map((f) => [f.name, `${f.inputs.join(', ')} -> ${f.outputs.join(', ')}`]))
      }`,
    ]),
    indexes.length === 0
      ? 'indexes: none'
      : `indexes:\n${formatTable(indexes.map((index) => [index.field, index.name, indexText(index)]))}`,
    `partitions:\n${
      formatTable(partitions.map(({ name, count }) => [name, count === undefined ? '' : countText(count)]))
    }`,
    ...(info.aliases.length === 0 ? [] : [`aliases: ${info.aliases.join(', ')}`]),
    `settings: ${settings(sight)}`,
  ];
  if (sample === undefined) parts.push('first rows: the collection is not loaded');
  else if (sample.sample.length > 0) {
    parts.push(['first rows:', ...sample.sample.map((row) => `  ${shortRow(row)}`)].join('\n'));
  }
  if (sample?.sampleError !== undefined) parts.push(`these rows cannot be read: ${sample.sampleError}`);
  return parts.join('\n');
}

function settings({ info }: CollectionSight): string {
  const properties = Object.entries(info.properties).map(([key, value]) => `${key} ${value}`);
  return [`consistency ${info.consistency}`, formatMany(info.shards, 'shard'), ...properties].join(', ');
}

function indexText({ params, state, indexedRows, totalRows, failReason }: IndexInfo): string {
  const { index_type = 'AUTOINDEX', metric_type, ...others } = params;
  const rest = Object.entries(others).map(([key, value]) => `${key} ${value}`).join(', ');
  const progress = state === 'Finished' ? '' : `, ${state} (${indexedRows} of ${totalRows} rows)`;
  return `${index_type}${metric_type === undefined ? '' : ` ${metric_type}`}${
    rest === '' ? '' : ` (${rest})`
  }${progress}${failReason === '' ? '' : `: ${failReason}`}`;
}

function software(version: string): string {
  return version.startsWith('milvus_lite-') ? `Milvus Lite ${version.slice(12)}` : `Milvus ${version}`;
}

function countText(count: RowCount | undefined): string {
  if (count === undefined) return 'rows unknown';
  return `${formatMany(count.rows, 'row')}${count.exact ? '' : ' (by statistics, not exact)'}`;
}
