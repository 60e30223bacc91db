/** The servers of a command line: which one, with whose credentials, and what of it. */
import type { MilvusUrl } from '../connectors/milvus/endpoint-url.ts';
import type { MilvusConnection } from '../connectors/milvus/connection.ts';
import { formatMilvusUrl, missingDatabase, parseMilvusUrl } from '../connectors/milvus/endpoint-url.ts';
import { isVtsError, VtsError } from '../errors.ts';
import { defined } from './defined.ts';
import type { ConnectionFlags } from './options/connection.ts';
import type { Report } from './report/report.ts';

/** A collection on a server that may be reached. */
export interface ServerEnd {
  readonly connection: MilvusConnection;
  readonly database: string;
  readonly collection: string;
  /** `milvus://host:port/database/collection`. */
  readonly name: string;
}

/** An address and the flags that belong to it. */
export interface Address {
  readonly url: MilvusUrl;
  readonly flags: ConnectionFlags;
}

const DEFAULT_DATABASE = 'default';
/** Names that an error lists. */
const SHOWN_NAMES = 10;

/** The address `text` with the names that `flags` add. @throws VtsError Usage when they contradict each other */
export function addressOf(text: string, flags: ConnectionFlags): Address {
  const url = parseMilvusUrl(text);
  for (const what of ['database', 'collection'] as const) {
    if (url[what] === undefined || flags[what] === undefined || url[what] === flags[what]) continue;
    throw new VtsError(
      'Usage',
      `Which ${what}? The address says "${url[what]}", --${what} "${flags[what]}"`,
      {
        remedy: `leave one of them out; VTS_${what.toUpperCase()} of the environment counts as --${what}`,
      },
    );
  }
  const names = defined({ database: flags.database, collection: flags.collection });
  const database = url.database ?? names.database ??
    (names.collection === undefined ? undefined : DEFAULT_DATABASE);
  return { url: { ...url, ...names, ...(database === undefined ? {} : { database }) }, flags };
}

/**
 * The flags of the target of a copy: its own, and those of the source where both are one server. Elsewhere the source's
 * credentials are not sent.
 */
export function targetAddress(text: string, own: ConnectionFlags, source: Address): Address {
  const target = addressOf(text, own);
  const sameServer = target.url.host === source.url.host && target.url.port === source.url.port &&
    target.url.tls === source.url.tls;
  if (!sameServer) return target;
  const { database: _d, collection: _c, ...reach } = source.flags;
  const { token, tokenFile, tokenCommand, username, password, passwordFile, ...rest } = reach;
  const credentials = defined({ token, tokenFile, tokenCommand, username, password, passwordFile });
  const hasOwn = target.url.user !== undefined ||
    [own.token, own.tokenFile, own.tokenCommand, own.username].some((value) => value !== undefined);
  const user = source.url.user;
  return {
    url: hasOwn || user === undefined ? target.url : { ...target.url, user },
    flags: { ...rest, ...(hasOwn ? {} : credentials), ...own },
  };
}

/** Connects to the server of `address`. @throws VtsError whatever stands in the way */
export async function connect(
  { url, flags }: Address,
  report: Report,
  signal: AbortSignal,
): Promise<MilvusConnection> {
  const { openMilvus } = await import('../connectors/milvus/connection.ts');
  const { token, tokenFile, tokenCommand, username, password, passwordFile, timeout } = flags;
  const { caCert, clientCert, clientKey, serverName, insecure } = flags;
  const connection = await openMilvus({
    url,
    credentials: defined({ token, tokenFile, tokenCommand, username, password, passwordFile }),
    tls: defined({ caCert, clientCert, clientKey, serverName, insecure }),
    ...(timeout === undefined ? {} : { connectTimeoutMs: timeout }),
    signal,
  });
  for (const note of connection.notes) report.note(note);
  return connection;
}

/** Connects to the server of `address`, which has to name a collection. @throws VtsError Usage, listing those there are */
export async function openServerEnd(
  address: Address,
  report: Report,
  signal: AbortSignal,
): Promise<ServerEnd> {
  const { url } = address;
  const connection = await connect(address, report, signal);
  try {
    if (url.collection === undefined) throw await whichCollection(connection, url);
    const database = url.database ?? DEFAULT_DATABASE;
    const name = formatMilvusUrl({ ...url, database, collection: url.collection });
    return { connection, database, collection: url.collection, name };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** @throws VtsError InputMissing when the server has no `database`; people write `milvus://host/docs` and mean a collection */
export async function requireDatabase(
  connection: MilvusConnection,
  url: MilvusUrl,
  database: string,
): Promise<void> {
  const { listCollections, listDatabases } = await import('../connectors/milvus/metadata.ts');
  const databases = await listDatabases(connection);
  if (databases.includes(database)) return;
  throw missingDatabase(url, databases, await listCollections(connection, DEFAULT_DATABASE));
}

async function whichCollection(connection: MilvusConnection, url: MilvusUrl): Promise<VtsError> {
  const { listCollections } = await import('../connectors/milvus/metadata.ts');
  const { database = DEFAULT_DATABASE } = url;
  await requireDatabase(connection, url, database);
  const collections = await listCollections(connection, database);
  const server = formatMilvusUrl({ host: url.host, port: url.port, tls: url.tls, database });
  return new VtsError('Usage', `${server}: the collection is missing`, {
    expected: collections.length === 0
      ? 'the name of one; there is none yet'
      : `one of ${collections.slice(0, SHOWN_NAMES).join(', ')}${
        collections.length > SHOWN_NAMES ? ', ...' : ''
      }`,
    remedy: `write ${server}/${collections.length === 1 ? encodeURIComponent(collections[0]) : 'COLLECTION'}`,
  });
}

/** `error` of the target of a copy, with flags called as they are for the target. */
export function ofTarget(error: unknown): unknown {
  if (!isVtsError(error, 'AuthFailed', 'TlsFailed') || error.details.remedy === undefined) return error;
  const remedy = error.details.remedy.replaceAll(
    /--(token|username|password|ca-cert|client-|server-name|insecure)/g,
    '--target-$1',
  );
  return new VtsError(error.code, error.message, { ...error.details, remedy });
}
