/** Calls on the channel of the SDK. */
import { type Client, Metadata } from '@grpc/grpc-js';
import { release } from '../../core/garbage.ts';
import { type FailedCall, grpcError, type GrpcFailure } from './grpc-error.ts';
import type { Sdk } from './sdk-client.ts';

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

/** The ways to call a server. */
export interface Calls {
  /**
   * Sends the encoded `message` and returns the encoded reply. What the server says in the reply's status is not looked at.
   * @throws VtsError Unreachable, OutcomeUnknown (Insert, Upsert and Delete that may have been done), MessageTooLarge,
   *   RateLimited, AuthFailed, ServerRefused; the reason of the signal
   */
  call(method: RawMethod, message: Uint8Array, options: CallOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** A call whose messages the SDK's definitions encode and decode: 64-bit integers are decimal text, enums their names. */
  rpc(method: string, request: object, options: CallOptions): Promise<unknown>;
}

const CHANGES_DATA: ReadonlySet<string> = new Set(['Insert', 'Upsert', 'Delete']);

/** Whom the calls go to. */
export interface Peer {
  readonly server: string;
  /** The database against which servers check privileges, where the call names none. */
  readonly database: string;
  readonly redact: (text: string) => string;
}

/** Calls through `stub` with the headers of `sdk`. */
export function makeCalls(
  sdk: Sdk,
  stub: Client,
  { server, database, redact }: Peer,
): Calls {
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
