/** What is on a Milvus server, for `vts inspect`. */
import type { MilvusConnection } from '../connectors/milvus/connection.ts';
import type { CollectionSight, DatabaseSight, RowCount } from '../connectors/milvus/inspect.ts';
import type { IndexInfo } from '../connectors/milvus/model.ts';
import { formatMilvusUrl } from '../connectors/milvus/endpoint-url.ts';
import { schemaToJson } from '../core/schema-json.ts';
import { formatType } from '../core/types.ts';
import { isVtsError, VtsError } from '../errors.ts';
import type { Context } from './context.ts';
import { sampleJson, sampleRows } from './inspect-file.ts';
import { fieldTable, shortRow } from './inspect-text.ts';
import { type ConnectionFlags, connectionFlags } from './options/connection.ts';
import { formatCount, formatTable } from './report/format.ts';
import type { Inspection, Report } from './report/report.ts';
import { type Address, addressOf, connect, requireDatabase } from './server-ends.ts';

type Sample = Awaited<ReturnType<typeof sampleRows>>;

/** Looks at the server, database or collection that `endpoints` name. */
export async function inspectServer(
  endpoints: readonly string[],
  flags: ConnectionFlags,
  report: Report,
  { signal }: Context,
): Promise<Inspection> {
  if (endpoints.length > 1) {
    throw new VtsError('Usage', 'One server is inspected at a time', { expected: 'vts inspect MILVUS' });
  }
  const address = addressOf(endpoints[0], connectionFlags(flags));
  const connection = await connect(address, report, signal);
  try {
    return await look(connection, address, signal);
  } finally {
    await connection.close();
  }
}

async function look(
  connection: MilvusConnection,
  { url }: Address,
  signal: AbortSignal,
): Promise<Inspection> {
  const { lookAtCollection, lookAtServer } = await import('../connectors/milvus/inspect.ts');
  const { version } = connection;
  if (url.collection === undefined) {
    if (url.database !== undefined) await requireDatabase(connection, url, url.database);
    const databases = await lookAtServer(connection, url.database);
    const name = formatMilvusUrl(url);
    return {
      json: () => serverJson(name, version, databases),
      text: () => serverText(name, version, databases),
    };
  }
  const database = url.database ?? 'default';
  const sight = await lookAtCollection(connection, { database, name: url.collection });
  const sample = sight.load === 'loaded' ? await sampleOf(connection, sight, signal) : undefined;
  const name = formatMilvusUrl({ ...url, database });
  return {
    json: () => collectionJson(name, version, sight, sample),
    text: () => collectionText(name, version, sight, sample),
  };
}

async function sampleOf(
  connection: MilvusConnection,
  { info }: CollectionSight,
  signal: AbortSignal,
): Promise<Sample> {
  try {
    const { openMilvusSource } = await import('../connectors/milvus/scan/milvus-source.ts');
    const source = await openMilvusSource({
      connection,
      database: info.database,
      collection: info.name,
      parallel: 1,
      load: 'refuse',
      onStage: () => {},
      retry: { maxTimeMs: 0, signal },
      signal,
    });
    try {
      return await sampleRows(source);
    } finally {
      await source.close();
    }
  } catch (error) {
    if (!isVtsError(error)) throw error;
    return { sample: [], sampleError: error.message };
  }
}

/** All of a server as one JSON line. */
function serverJson(name: string, version: string, databases: readonly DatabaseSight[]): string {
  return JSON.stringify({
    type: 'inspection',
    name,
    format: 'Milvus',
    version,
    databases: databases.map(({ name, collections }) => ({
      name,
      collections: collections.map((one) =>
        'error' in one
          ? { name: one.name, error: one.error.message }
          : { name: one.info.name, ...factsOf(one) }
      ),
    })),
  });
}

function collectionJson(
  name: string,
  version: string,
  sight: CollectionSight,
  sample: Sample | undefined,
): string {
  const text = JSON.stringify({
    type: 'inspection',
    name,
    format: 'Milvus',
    version,
    ...factsOf(sight),
    ...(sample?.sampleError === undefined ? {} : { sampleError: sample.sampleError }),
  });
  return sample === undefined ? text : `${text.slice(0, -1)},"sample":${sampleJson(sample.sample)}}`;
}

function factsOf(
  { info, load, count, indexes, partitions }: CollectionSight,
): Readonly<Record<string, unknown>> {
  const counted = (rows: RowCount | undefined) =>
    rows === undefined ? {} : { rows: rows.rows, rowsExact: rows.exact };
  return {
    ...counted(count),
    load,
    schema: schemaToJson(info.schema),
    indexes,
    partitions: partitions.map((partition) => ({ name: partition.name, ...counted(partition.count) })),
    aliases: info.aliases,
    shards: info.shards,
    consistency: info.consistency,
    properties: info.properties,
    functions: info.functions,
  };
}

/** A server for people: a few lines a collection. */
function serverText(name: string, version: string, databases: readonly DatabaseSight[]): string {
  const total = databases.reduce((sum, { collections }) => sum + collections.length, 0);
  const head = `${name}: ${software(version)}, ${many(databases.length, 'database')}, ${
    many(total, 'collection')
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
    ...(partitions.length > 1 ? [many(partitions.length, 'partition')] : []),
    ...(info.aliases.length > 0 ? [`aliases ${info.aliases.join(', ')}`] : []),
  ];
  return [
    `  ${info.name}: ${head.join(', ')}`,
    `    ${fields.join(', ')}`,
    ...indexes.map((index) => `    index on ${index.field}: ${indexText(index)}`),
  ];
}

/** One collection for people. */
function collectionText(
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
  return [`consistency ${info.consistency}`, many(info.shards, 'shard'), ...properties].join(', ');
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
  return `${many(count.rows, 'row')}${count.exact ? '' : ' (by statistics, not exact)'}`;
}

function many(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;
}
