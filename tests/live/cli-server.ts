/** What the command-line tests need of a server: databases of their own, and commands written for milvus://localhost. */
import { type MilvusConnection, openMilvus } from '../../src/connectors/milvus/connection.ts';
import { withRetry } from '../../src/core/retry.ts';
import {
  createDatabase,
  dropCollection,
  listCollections,
  listDatabases,
} from '../../src/connectors/milvus/metadata.ts';
import { type Workspace, workspace } from '../support/cli.ts';
import type { TestServer } from '../support/milvus.ts';

/** A workspace with an empty database, in which commands for milvus://localhost/default go to that database. */
export interface ServerWorkspace extends Omit<Workspace, typeof Symbol.dispose>, AsyncDisposable {
  /** `command` as it is run. */
  command(command: string): string;
}

/** Makes `database` on `server`; both it and the workspace are gone at the end of an `await using` block. */
export async function serverWorkspace({ address }: TestServer, database: string): Promise<ServerWorkspace> {
  await dropDatabase(address, database);
  const connection = await connect(address);
  await createDatabase(connection, database);
  await connection.close();
  const place = workspace();
  const command = (text: string) =>
    text.replaceAll('milvus://localhost/default', `milvus://${address}/${database}`)
      .replaceAll('milvus://localhost', `milvus://${address}`);
  return {
    ...place,
    command,
    run: (text, environment) => place.run(command(text), environment),
    async [Symbol.asyncDispose]() {
      place[Symbol.dispose]();
      await dropDatabase(address, database);
    },
  };
}

/** While a command runs, this process stands still, and the server gives up connections that say nothing. */
function connect(address: string): Promise<MilvusConnection> {
  return withRetry({ maxTimeMs: 30_000 }, () => openMilvus({ url: `milvus://${address}` }));
}

/** Drops a database with all that is in it, if it is there. */
async function dropDatabase(address: string, name: string): Promise<void> {
  const connection = await connect(address);
  try {
    if (!(await listDatabases(connection)).includes(name)) return;
    for (const collection of await listCollections(connection, name)) {
      await dropCollection(connection, { database: name, name: collection });
    }
    await connection.rpc('DropDatabase', { db_name: name }, { timeoutMs: 30_000 });
  } finally {
    await connection.close();
  }
}
