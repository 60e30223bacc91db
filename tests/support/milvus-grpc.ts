/** A gRPC server in this process that has all methods of Milvus and leaves their messages as bytes; for proxies and fakes. */
import {
  type ChannelCredentials,
  Client,
  credentials as clientCredentials,
  Metadata,
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import milvus from '../../node_modules/@zilliz/milvus2-sdk-node/dist/milvus/proto-json/milvus.base.js';
import protobuf from 'protobufjs';

const root = protobuf.Root.fromJSON(
  ((milvus as { default?: unknown }).default ?? milvus) as protobuf.INamespace,
);
const service = root.lookupService('milvus.proto.milvus.MilvusService');

/** The names of all methods: `Query`. */
export const METHODS: readonly string[] = Object.keys(service.methods);

/** Members of a message by the published definitions: enums as numbers, int64 also as text, bytes as Uint8Array. */
export type Members = Readonly<Record<string, unknown>>;

/** How a gRPC client names a method. */
export function methodPath(method: string): string {
  return `/milvus.proto.milvus.MilvusService/${method}`;
}

/** What a call brought. */
export interface Call {
  readonly method: string;
  readonly request: Uint8Array;
  readonly metadata: Metadata;
}

/** Returns the bytes of the reply, or throws what {@linkcode grpcFailure} makes. */
export type Handler = (call: Call) => Promise<Uint8Array> | Uint8Array;

/** A server in this process. Blocking calls (spawnSync) to it never return. */
export interface GrpcServer {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/** An error that the client of a {@linkcode Handler} gets as the status of its call. */
export function grpcFailure(code: status, details = ''): Error {
  return Object.assign(new Error(details), { code, details });
}

/** Starts a server for all methods; `handler` answers them. */
export async function serveMilvus(
  handler: Handler,
  credentials: ServerCredentials = ServerCredentials.createInsecure(),
): Promise<GrpcServer> {
  const limit = 512 * 1024 * 1024;
  const server = new Server({
    'grpc.max_receive_message_length': limit,
    'grpc.max_send_message_length': limit,
  });
  const answer = (method: string) => (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
    Promise.try(handler, { method, request: call.request, metadata: call.metadata })
      .then((reply) => done(null, Buffer.from(reply.buffer, reply.byteOffset, reply.byteLength)))
      .catch((error) =>
        done('code' in error ? error : { code: status.INTERNAL, details: `${error?.stack}` })
      );
  };
  const bytes = (message: Buffer) => message;
  const definition: ServiceDefinition = Object.fromEntries(METHODS.map((method) => [method, {
    path: methodPath(method),
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  }]));
  server.addService(definition, Object.fromEntries(METHODS.map((method) => [method, answer(method)])));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => error ? reject(error) : resolve(bound));
  });
  return {
    address: `127.0.0.1:${port}`,
    port,
    close: () => {
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}

/** A plain client, which does not look into messages. */
export interface GrpcClient {
  call(method: string, request: Uint8Array, metadata?: Metadata, timeoutMs?: number): Promise<Uint8Array>;
  close(): void;
}

/** Connects to the server at `address` (`HOST:PORT`) when first called. */
export function grpcClient(
  address: string,
  credentials: ChannelCredentials = clientCredentials.createInsecure(),
): GrpcClient {
  const client = new Client(address, credentials, {
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
    'grpc.enable_retries': 0,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
  });
  const bytes = (message: Buffer) => message;
  return {
    call: (method, request, metadata = new Metadata(), timeoutMs) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          methodPath(method),
          bytes,
          bytes,
          Buffer.from(request.buffer, request.byteOffset, request.byteLength),
          metadata,
          timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs },
          (error: ServiceError | null, reply?: Buffer) => error === null ? resolve(reply!) : reject(error),
        );
      }),
    close: () => client.close(),
  };
}

/** The request of `method` with these members. */
export function encodeRequest(method: string, request: Members): Uint8Array {
  return encode(requestType(method), request);
}

/** The reply of `method` with these members. */
export function encodeReply(method: string, reply: Members): Uint8Array {
  return encode(replyType(method), reply);
}

/** The members of a request of `method`; int64 as text, and defaults for what is not there. */
export function decodeRequest(method: string, request: Uint8Array): Record<string, unknown> {
  return decode(requestType(method), request);
}

/** The members of a reply of `method`; int64 as text, and defaults for what is not there. */
export function decodeReply(method: string, reply: Uint8Array): Record<string, unknown> {
  return decode(replyType(method), reply);
}

function encode(type: protobuf.Type, message: Members): Uint8Array {
  requireMembers(type, message);
  return type.encode(type.fromObject(message)).finish();
}

/** protobufjs leaves out what a message does not have: a misspelt test would test nothing. */
function requireMembers(type: protobuf.Type, message: Members): void {
  for (const [name, value] of Object.entries(message)) {
    const field = type.fields[name]?.resolve();
    if (field === undefined) throw new TypeError(`${type.name} has no member ${name}`);
    const inner = field.resolvedType;
    if (!(inner instanceof protobuf.Type) || field.map) continue;
    for (const item of Array.isArray(value) ? value : [value]) requireMembers(inner, item);
  }
}

function decode(type: protobuf.Type, message: Uint8Array): Record<string, unknown> {
  return type.toObject(type.decode(message), { longs: String, enums: Number, defaults: true });
}

/** A refusal as Milvus' servers reply one: a success for gRPC, with the reason in the message. */
export interface Refusal {
  /** The code of servers since 2.3. */
  readonly code: number;
  /** The code of older ones, which those since 2.3 send too. */
  readonly errorCode?: number;
  readonly reason: string;
  readonly retriable?: boolean;
}

/** The reply of `method` that says nothing but `refusal`. */
export function encodeRefusal(method: string, refusal: Refusal): Uint8Array {
  // UnexpectedError, for servers that know no better.
  const status = { errorCode: 1, ...refusal, detail: refusal.reason };
  return encodeReply(method, replyType(method).name === 'Status' ? status : { status });
}

function requestType(method: string): protobuf.Type {
  return service.lookupType(service.methods[method].requestType);
}

function replyType(method: string): protobuf.Type {
  return service.lookupType(service.methods[method].responseType);
}
