/** What the translation of a job asks of servers and files, by the flags that its steps will have. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import type { MilvusConnection } from '../connectors/milvus/connection.ts';
import type { FlagValue } from '../jobs/job.ts';
import type { ServerReach, Survey } from '../jobs/survey.ts';
import { openInputs } from './open-inputs.ts';
import { connection, type ConnectionFlags } from './options/connection.ts';
import type { Report } from './report/report.ts';
import { addressOf, connect } from './server-ends.ts';

/** How long a server may take for one answer. */
const PATIENCE_MS = 30_000;

/** A survey, and the end of its connections. */
export interface OpenSurvey {
  readonly survey: Survey;
  close(): Promise<void>;
}

/** Opens a survey; each server is connected to once, when it is first asked. */
export function openSurvey(resuming: boolean, report: Report, signal: AbortSignal): OpenSurvey {
  const connections = new Map<string, Promise<MilvusConnection>>();
  const reach = ({ address, flags }: ServerReach) => {
    const key = JSON.stringify([address, flags]);
    const found = connections.get(key) ?? connect(addressOf(address, connectionOf(flags)), report, signal);
    connections.set(key, found);
    return found;
  };
  const retry = { maxTimeMs: PATIENCE_MS, signal };
  return {
    survey: {
      resuming,
      async collections(server, database) {
        const { listCollections } = await import('../connectors/milvus/metadata.ts');
        return await listCollections(await reach(server), database);
      },
      async fields(server, database, collection) {
        const { findCollection } = await import('../connectors/milvus/metadata.ts');
        const found = await findCollection(await reach(server), { database, name: collection }, retry);
        return found?.schema.fields;
      },
      async files(files, flags) {
        const source = await openInputs(files, undefined, camelled(flags));
        try {
          const { schema, metric } = source.dataset;
          return { fields: schema.fields, hasMetric: metric !== undefined };
        } finally {
          await source.close();
        }
      },
      async partitions(address, database, collection) {
        const { lookAtCollection } = await import('../connectors/milvus/inspect.ts');
        const connection = await reach({ address, flags: environmentFlags() });
        const { info, partitions } = await lookAtCollection(connection, { database, name: collection });
        if (info.partitionCount > 0) return undefined;
        return partitions.filter(({ count }) => !(count?.exact && count.rows === 0)).map(({ name }) => name);
      },
      fileNames(directory) {
        return existsSync(directory) && statSync(directory).isDirectory()
          ? readdirSync(directory)
          : undefined;
      },
    },
    async close() {
      for (const connection of connections.values()) {
        // One that failed has nothing to close, and its error was told.
        await connection.then((open) => open.close(), () => {});
      }
    },
  };
}

/** What the environment says of a server that is read. */
function environmentFlags(): ServerReach['flags'] {
  return Object.fromEntries(connection.flatMap(({ envVar, long }) => {
    const value = process.env[envVar ?? ''];
    return value === undefined || /^--(database|collection|timeout)$/.test(long!)
      ? []
      : [[long!.slice(2), value]];
  }));
}

function connectionOf(flags: ServerReach['flags']): ConnectionFlags {
  return camelled(flags);
}

/** Flags by the names that commander gives them. */
function camelled(flags: Readonly<Record<string, FlagValue>>): Record<string, never> {
  return Object.fromEntries(
    Object.entries(flags).map((
      [name, value],
    ) => [name.replaceAll(/-(.)/g, (_, letter) => letter.toUpperCase()), value]),
  ) as Record<string, never>;
}
