/** The client of the SDK, as far as it is used: its channel, its log-in, its message definitions, its headers. */
import { type ChannelCredentials, type Client, credentials as grpcCredentials } from '@grpc/grpc-js';
import { logger, MilvusClient } from '@zilliz/milvus2-sdk-node';
import type { Credentials } from './credentials.ts';
import { formatHost, type MilvusUrl } from './endpoint-url.ts';
import { grpcError, type GrpcFailure } from './grpc-error.ts';
import type { TlsSetup } from './tls.ts';

/** Far above what servers send (64 to 256 MiB), far below what would end the process. */
const MAX_REPLY_BYTES = 512 * 1024 * 1024;

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
export class Sdk extends MilvusClient {
  /** Before the first channel is made. */
  setChannelCredentials(credentials: ChannelCredentials): void {
    this.creds = credentials;
  }

  get headers(): ReadonlyMap<string, string> {
    return this.metadata;
  }
}

/** A client that has not connected yet. */
export function makeSdk(
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

/** How to log in. */
export interface Login {
  readonly name: string;
  readonly timeoutMs: number;
  readonly redact: (text: string) => string;
  readonly signal?: AbortSignal | undefined;
}

/** Connects, and returns the gRPC client that all calls use. */
export async function login(sdk: Sdk, { name, timeoutMs, redact, signal }: Login): Promise<Client> {
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

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
