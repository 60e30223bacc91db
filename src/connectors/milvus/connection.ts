/**
 * A connection to a Milvus server. The SDK gives the channel, the log-in and the message definitions; calls are made here:
 * raw ones, whose bytes the codec reads and writes, and decoded ones for metadata. The SDK's own way of calling turns every
 * message to JSON text for a log, retries inserts, and takes methods that a server lacks for successful ones.
 */
import {
  type ChannelCredentials,
  type Client,
  credentials as grpcCredentials,
  Metadata,
} from '@grpc/grpc-js';
import { logger, MilvusClient } from '@zilliz/milvus2-sdk-node';
import { release } from '../../core/garbage.ts';
import { isVtsError, VtsError } from '../../errors.ts';
import { type CredentialOptions, type Credentials, redactor, resolveCredentials } from './credentials.ts';
import { diagnose } from './diagnose.ts';
import { formatHost, formatMilvusUrl, type MilvusUrl, parseMilvusUrl } from './endpoint-url.ts';
import { type FailedCall, grpcError, type GrpcFailure } from './grpc-error.ts';
import { loadTls, type TlsOptions, type TlsSetup } from './tls.ts';

/** How to connect. */
export interface MilvusOptions {
  readonly url: string | MilvusUrl;
  readonly credentials?: CredentialOptions;
  /** Only for addresses that ask for TLS. */
  readonly tls?: TlsOptions;
  readonly connectTimeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** How long to wait for an answer, and what ends the wait. */
export interface CallOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Methods whose messages the codec reads and writes. */
export type RawMethod =
  | 'Query'
  | 'Insert'
  | 'Upsert'
  | 'Delete'
  | 'DescribeCollection'
  | 'CreateCollection';

/** A connection that several calls may use at the same time. It reconnects by itself. */
export interface MilvusConnection {
  /** `milvus://host:port`, without secrets. */
  readonly name: string;
  readonly url: MilvusUrl;
  /** As the server says it: `v2.3.5`. */
  readonly version: string;
  /** Whether it is Milvus Lite, which lacks some checks. */
  readonly lite: boolean;
  /** What a user should know of how the connection was made. */
  readonly notes: readonly string[];
  /**
   * Sends the encoded `message` and returns the encoded reply. What the server says in the reply's status is not looked at.
   * @throws VtsError Unreachable, OutcomeUnknown (Insert, Upsert and Delete that may have been done), MessageTooLarge,
   *   RateLimited, AuthFailed, ServerRefused; the reason of the signal
   */
  call(method: RawMethod, message: Uint8Array, options: CallOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** A call whose messages the SDK's definitions encode and decode: 64-bit integers are decimal text, enums their names. */
  rpc(method: string, request: object, options: CallOptions): Promise<unknown>;
  readonly sdk: MilvusClient;
  /** Breaks calls in flight. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 15_000;
/** Far above what servers send (64 to 256 MiB), far below what would end the process. */
const MAX_REPLY_BYTES = 512 * 1024 * 1024;

const CHANGES_DATA: ReadonlySet<string> = new Set(['Insert', 'Upsert', 'Delete']);

const CHANNEL_OPTIONS = {
  'grpc.max_receive_message_length': MAX_REPLY_BYTES,
  'grpc.max_send_message_length': -1,
  // Finds dead peers during long calls. Servers end connections that ask more often.
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.keepalive_permit_without_calls': 0,
  // withRetry tries again; a copy of every message would be kept here.
  'grpc.enable_retries': 0,
  // The default of 64 KiB halves the speed of large replies, and more over a distance.
  'grpc-node.flow_control_window': 4 * 1024 * 1024,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 5000,
};

/** The SDK's client, opened where it must be: for TLS to addresses, and for the headers that it sends. */
class Sdk extends MilvusClient {
  /** Before the first channel is made. */
  setChannelCredentials(credentials: ChannelCredentials): void {
    this.creds = credentials;
  }

  get headers(): ReadonlyMap<string, string> {
    return this.metadata;
  }
}

/**
 * Connects and logs in.
 * @throws VtsError Usage, InputMissing (files of secrets and certificates), Unreachable, TlsFailed, AuthFailed
 */
export async function openMilvus(options: MilvusOptions): Promise<MilvusConnection> {
  const { connectTimeoutMs = CONNECT_TIMEOUT_MS, signal } = options;
  const url = typeof options.url === 'string' ? parseMilvusUrl(options.url) : options.url;
  const name = formatMilvusUrl({ host: url.host, port: url.port, tls: url.tls });
  const { credentials, notes } = await resolveCredentials(options.credentials ?? {}, url.user);
  const tls = await tlsSetup(url, name, options.tls ?? {});
  signal?.throwIfAborted();
  const sdk = makeSdk(url, credentials, tls, connectTimeoutMs);
  const redact = redactor(credentials);
  try {
    const stub = await login(sdk, { name, timeoutMs: connectTimeoutMs, redact, signal });
    const connection = {
      name,
      url,
      notes: [...notes, ...securityNotes(name, url, credentials, tls)],
      sdk,
      ...makeCalls(sdk, stub, { server: name, database: url.database ?? 'default', redact }),
      close: async () => {
        await sdk.closeConnection();
      },
    };
    return { ...connection, ...await serverVersion(connection, { timeoutMs: connectTimeoutMs, signal }) };
  } catch (error) {
    await sdk.closeConnection();
    signal?.throwIfAborted();
    if (isVtsError(error, 'Unreachable')) throw await diagnose(url, tls) ?? error;
    throw error;
  }
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

function makeSdk(
  url: MilvusUrl,
  { username, secret }: Credentials,
  tls: TlsSetup | undefined,
  timeout: number,
): Sdk {
  // The SDK logs to standard output.
  logger.silent = true;
  const sdk = new Sdk({
    address: formatHost(url),
    ...(secret === undefined ? {} : { token: username === undefined ? secret : `${username}:${secret}` }),
    ...(username === undefined ? {} : { username }),
    timeout,
    maxRetries: 0,
    isGlobal: false,
    telemetry: { enabled: false },
    // Clients of one address share a connection anyway; with none made beforehand, the credentials below count.
    pool: { min: 0, max: 2 },
    channelOptions: tls === undefined
      ? CHANNEL_OPTIONS
      : { ...CHANNEL_OPTIONS, 'grpc.ssl_target_name_override': tls.sniName },
    __SKIP_CONNECT__: true,
  });
  sdk.setChannelCredentials(
    tls === undefined
      ? grpcCredentials.createInsecure()
      : grpcCredentials.createFromSecureContext(tls.context, {
        checkServerIdentity: tls.checkIdentity,
        rejectUnauthorized: !tls.insecure,
      }),
  );
  return sdk;
}

interface Login {
  readonly name: string;
  readonly timeoutMs: number;
  readonly redact: (text: string) => string;
  readonly signal?: AbortSignal | undefined;
}

/** Connects, and returns the gRPC client that all calls use. */
async function login(sdk: Sdk, { name, timeoutMs, redact, signal }: Login): Promise<Client> {
  sdk.connect(MilvusClient.sdkInfo.version as string);
  try {
    await untilAborted(sdk.connectPromise, signal);
    const stub = await sdk.channelPool.acquire();
    // It serves any number of calls at a time. The pool, which lends only what is not in use, closes it in the end.
    await sdk.channelPool.release(stub);
    return stub;
  } catch (error) {
    if (typeof (error as GrpcFailure).code !== 'number') throw error;
    throw grpcError(error as GrpcFailure, {
      server: name,
      method: 'Connect',
      timeoutMs,
      changesData: false,
      redact,
    });
  }
}

interface Peer {
  readonly server: string;
  /** The database against which servers check privileges, where the call names none. */
  readonly database: string;
  readonly redact: (text: string) => string;
}

function makeCalls(
  sdk: Sdk,
  stub: Client,
  { server, database, redact }: Peer,
): Pick<MilvusConnection, 'call' | 'rpc'> {
  const failed = (method: string, { timeoutMs }: CallOptions): FailedCall => ({
    server,
    method,
    timeoutMs,
    changesData: CHANGES_DATA.has(method),
    redact,
  });
  return {
    call: async (method, message, options) => {
      const reply = await unary<Uint8Array<ArrayBuffer>>(
        failed(method, options),
        options,
        (callOptions, done) =>
          stub.makeUnaryRequest(
            `/milvus.proto.milvus.MilvusService/${method}`,
            asBuffer,
            (reply: Buffer) => reply,
            message,
            headersOf(sdk, database),
            callOptions,
            done as never,
          ),
      );
      // The framed copy of the request, and the frames that the reply came in.
      release(message.length + reply.length);
      return reply;
    },
    rpc: (method, request, options) =>
      unary(failed(method, options), options, (callOptions, done) => {
        const headers = headersOf(sdk, (request as { db_name?: string }).db_name || database);
        return (stub as unknown as Readonly<Record<string, Stub>>)[method](
          request,
          headers,
          callOptions,
          done,
        );
      }),
  };
}

type Done<Reply> = (failure: GrpcFailure | null, reply?: Reply) => void;
type Stub = (request: object, headers: Metadata, options: object, done: Done<never>) => { cancel(): void };

/** A call that ends with its reply, its failure, or the reason of its signal. */
function unary<Reply>(
  call: FailedCall,
  { timeoutMs, signal }: CallOptions,
  start: (options: object, done: Done<Reply>) => { cancel(): void },
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const options = {
      deadline: new Date(Date.now() + timeoutMs),
      // Takes the place of the SDK's, which turn every message to JSON text.
      interceptors: [PASS],
    };
    const running = start(options, (failure, reply) => {
      signal?.removeEventListener('abort', cancel);
      if (signal?.aborted) reject(signal.reason);
      else if (failure !== null) reject(grpcError(failure, call));
      else resolve(reply as Reply);
    });
    const cancel = () => running.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
  });
}

const PASS = <O, C>(options: O, next: (options: O) => C): C => next(options);

function headersOf(sdk: Sdk, database: string): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of sdk.headers) metadata.set(key, value);
  metadata.set('dbname', database);
  return metadata;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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
  { rpc, sdk }: Pick<MilvusConnection, 'rpc' | 'sdk'>,
  options: CallOptions,
): Promise<{ version: string; lite: boolean }> {
  const tag = sdk.serverInfo?.build_tags;
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

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
