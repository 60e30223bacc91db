/**
 * A connection to a Milvus server. Of its SDK only the definitions of the messages are used; calls are made by `calls.ts`:
 * raw ones, whose bytes the codec reads and writes, and decoded ones for metadata. The SDK's client turns every message to
 * JSON text for a log, retries inserts, takes methods that a server lacks for successful ones, and takes long to load.
 */
import config from '../../../deno.json' with { type: 'json' };
import { isVtsError, VtsError } from '../../errors.ts';
import { type CallOptions, type Calls, makeCalls } from './calls.ts';
import { makeChannel } from './channel.ts';
import { type CredentialOptions, type Credentials, redactor, resolveCredentials } from './credentials.ts';
import { diagnose } from './diagnose.ts';
import { formatMilvusUrl, type MilvusUrl, parseMilvusUrl } from './endpoint-url.ts';
import { isUnimplemented } from './grpc-error.ts';
import { loadTls, type TlsOptions, type TlsSetup } from './tls.ts';

export type { CallOptions, Calls, RawMethod } from './calls.ts';

/** How to connect. */
export interface MilvusOptions {
  readonly url: string | MilvusUrl;
  readonly credentials?: CredentialOptions;
  /** Only for addresses that ask for TLS. */
  readonly tls?: TlsOptions;
  readonly connectTimeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A connection that several calls may use at the same time. It reconnects by itself. */
export interface MilvusConnection extends Calls {
  /** `milvus://host:port`, without secrets. */
  readonly name: string;
  /** The address, without secrets. */
  readonly url: Omit<MilvusUrl, 'user'>;
  /** As the server says it: `v2.3.5`. */
  readonly version: string;
  /** Whether it is Milvus Lite, which lacks some checks. */
  readonly lite: boolean;
  /** What a user should know of how the connection was made. */
  readonly notes: readonly string[];
  /** Breaks calls in flight. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 15_000;

/**
 * Connects and logs in.
 * @throws VtsError Usage, InputMissing (files of secrets and certificates), Unreachable, TlsFailed, AuthFailed
 */
export async function openMilvus(options: MilvusOptions): Promise<MilvusConnection> {
  const { connectTimeoutMs = CONNECT_TIMEOUT_MS, signal } = options;
  const { user, ...url } = typeof options.url === 'string' ? parseMilvusUrl(options.url) : options.url;
  const name = formatMilvusUrl({ host: url.host, port: url.port, tls: url.tls });
  const { credentials, notes } = await resolveCredentials(options.credentials ?? {}, user);
  const tls = await tlsSetup(url, name, options.tls ?? {});
  signal?.throwIfAborted();
  const channel = makeChannel(url, credentials, tls);
  const redact = redactor(credentials);
  const calls = makeCalls(channel, { server: name, database: url.database ?? 'default', redact });
  try {
    const { identifier, tag } = await login(calls, credentials, { timeoutMs: connectTimeoutMs, signal });
    if (identifier !== undefined) channel.identifyAs(identifier);
    return {
      name,
      url,
      notes: [...notes, ...securityNotes(name, url, credentials, tls)],
      ...calls,
      ...await serverVersion(calls, tag, { timeoutMs: connectTimeoutMs, signal }),
      close: () => Promise.resolve(channel.client.close()),
    };
  } catch (error) {
    channel.client.close();
    signal?.throwIfAborted();
    if (isVtsError(error, 'Unreachable')) throw await diagnose(url, tls) ?? error;
    throw error;
  }
}

/** Introduces the client, as servers from 2.2.9 ask for. */
async function login(
  { rpc }: Calls,
  { username = '' }: Credentials,
  options: CallOptions,
): Promise<{ identifier?: string; tag?: string }> {
  const client_info = {
    sdk_type: 'vts',
    sdk_version: config.version,
    local_time: new Date().toISOString(),
    user: username,
  };
  try {
    // In the database that is always there.
    const { identifier, server_info } = await rpc('Connect', { client_info }, options) as ConnectReply;
    return {
      ...(identifier === '0' ? {} : { identifier }),
      ...(server_info?.build_tags ? { tag: server_info.build_tags } : {}),
    };
  } catch (error) {
    if (isUnimplemented(error)) return {};
    throw error;
  }
}

interface ConnectReply {
  readonly identifier: string;
  readonly server_info: { readonly build_tags: string } | null;
}

async function tlsSetup(url: MilvusUrl, name: string, options: TlsOptions): Promise<TlsSetup | undefined> {
  if (url.tls) return await loadTls(options, url.host);
  const flags = Object.entries(options).filter(([, value]) => value !== undefined && value !== false);
  if (flags.length === 0) return undefined;
  // A connection that the user believes to be safe must not be a plain one.
  throw new VtsError(
    'Usage',
    `${name} is a plain connection, which certificates and --insecure are not for`,
    {
      remedy: `write ${formatMilvusUrl({ ...url, tls: true })}`,
    },
  );
}

function securityNotes(
  name: string,
  url: MilvusUrl,
  { secret }: Credentials,
  tls: TlsSetup | undefined,
): string[] {
  if (tls?.insecure) return [`${name}: --insecure: encrypted, but whoever answers is trusted`];
  const local = /^(localhost|127\.[\d.]+|::1)$/.test(url.host);
  if (tls !== undefined || secret === undefined || local) return [];
  return [`${name}: the password or token travels unencrypted; milvus+tls:// encrypts`];
}

async function serverVersion(
  { rpc }: Calls,
  tag: string | undefined,
  options: CallOptions,
): Promise<{ version: string; lite: boolean }> {
  try {
    const { version } = await rpc('GetVersion', {}, options) as { version?: string };
    const known = version || tag || 'unknown';
    return { version: known, lite: known.startsWith('milvus_lite') };
  } catch (error) {
    // A user without the privilege to ask can still move rows.
    if (tag === undefined || !isVtsError(error, 'ServerRefused', 'AuthFailed')) throw error;
    return { version: tag, lite: tag === 'milvus_lite' };
  }
}
