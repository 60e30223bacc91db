/** What is on a Milvus server, for `vts inspect`. */
import type { MilvusConnection } from '../connectors/milvus/connection.ts';
import type { CollectionSight, DatabaseSight, RowCount } from '../connectors/milvus/inspect.ts';
import { formatMilvusUrl } from '../connectors/milvus/endpoint-url.ts';
import { schemaToJson } from '../core/schema-json.ts';
import { isVtsError, VtsError } from '../errors.ts';
import type { Context } from './context.ts';
import { type Sample, sampleJson, sampleRows } from './inspect-file.ts';
import { collectionText, serverText } from './inspect-server-text.ts';
import { type ConnectionFlags, connectionFlags } from './options/connection.ts';
import type { Inspection, Report } from './report/report.ts';
import { type Address, addressOf, connect, requireDatabase } from './server-ends.ts';

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
  const { openMilvusSource } = await import('../connectors/milvus/scan/milvus-source.ts');
  try {
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
