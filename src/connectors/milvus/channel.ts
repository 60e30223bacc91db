/** The gRPC channel to a server, and the headers that every call on it carries. */
import { Client, credentials as grpcCredentials, Metadata } from '@grpc/grpc-js';
import type { Credentials } from './credentials.ts';
import { formatHost, type MilvusUrl } from './endpoint-url.ts';
import type { TlsSetup } from './tls.ts';

/** Far above what servers send (64 to 256 MiB), far below what would end the process. */
const MAX_REPLY_BYTES = 512 * 1024 * 1024;

const OPTIONS = {
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

/** A channel that any number of calls use at the same time. It connects when first used, and again when it must. */
export interface Channel {
  readonly client: Client;
  /** The headers of a call that concerns `database`, against which servers check privileges. */
  headers(database: string): Metadata;
  /** The name under which the server knows this client since it connected. */
  identifyAs(identifier: string): void;
}

/** A channel that has not connected yet. */
export function makeChannel(
  url: MilvusUrl,
  { username, secret }: Credentials,
  tls: TlsSetup | undefined,
): Channel {
  const fixed: Record<string, string> = {};
  if (secret !== undefined) {
    const pair = username === undefined ? secret : `${username}:${secret}`;
    fixed.authorization = Buffer.from(pair).toString('base64');
  }
  return {
    client: tls === undefined
      ? new Client(formatHost(url), grpcCredentials.createInsecure(), OPTIONS)
      : new Client(
        formatHost(url),
        grpcCredentials.createFromSecureContext(tls.context, {
          checkServerIdentity: tls.checkIdentity,
          rejectUnauthorized: !tls.insecure,
        }),
        { ...OPTIONS, 'grpc.ssl_target_name_override': tls.sniName },
      ),
    headers(database) {
      const metadata = new Metadata();
      for (const [key, value] of Object.entries(fixed)) metadata.set(key, value);
      metadata.set('dbname', database);
      return metadata;
    },
    identifyAs(identifier) {
      fixed.identifier = identifier;
    },
  };
}
