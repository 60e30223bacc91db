/** Calls on a channel. */
import { release } from '../../core/garbage.ts';
import type { Channel } from './channel.ts';
import { type Part, rawPart } from './codec/encode.ts';
import { messagesOf } from './definitions.ts';
import { type FailedCall, grpcError, type GrpcFailure } from './grpc-error.ts';

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
   * Sends the encoded `message`, or the one that a part writes, and returns the encoded reply. What the server says in the
   * reply's status is not looked at.
   * @throws VtsError Unreachable, OutcomeUnknown (Insert, Upsert and Delete that may have been done), MessageTooLarge,
   *   RateLimited, AuthFailed, ServerRefused; the reason of the signal
   */
  call(method: RawMethod, message: Uint8Array | Part, options: CallOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** A call whose messages `definitions.ts` encodes and decodes: 64-bit integers are decimal text, enums their names. */
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

/** Calls on `channel`. */
export function makeCalls({ client, headers }: Channel, { server, database, redact }: Peer): Calls {
  const failed = (method: string, { timeoutMs }: CallOptions): FailedCall => ({
    server,
    method,
    timeoutMs,
    changesData: CHANGES_DATA.has(method),
    redact,
  });
  return {
    call: async (method, message, options) => {
      const request = framed(message instanceof Uint8Array ? rawPart(message) : message);
      const reply = await unary<Uint8Array<ArrayBuffer>>(
        failed(method, options),
        options,
        (callOptions, done) =>
          client.makeUnaryRequest(
            messagesOf(method).path,
            ({ buffer }) => buffer,
            (reply: Buffer) => reply,
            request,
            headers(database),
            callOptions,
            done as never,
          ),
      );
      request.free();
      // The frames that it came in, in HTTP/2 and as gRPC put them together, and what is made of it on the way to a batch.
      release(3 * reply.length);
      return reply;
    },
    rpc: (method, request, options) => {
      const { path, encode, decode } = messagesOf(method);
      return unary(
        failed(method, options),
        options,
        (callOptions, done) =>
          client.makeUnaryRequest(
            path,
            encode,
            decode,
            request,
            headers((request as { db_name?: string }).db_name || database),
            callOptions,
            done as never,
          ),
      );
    },
  };
}

type Done<Reply> = (failure: GrpcFailure | null, reply?: Reply) => void;

/** A call that ends with its reply, its failure, or the reason of its signal. */
function unary<Reply>(
  call: FailedCall,
  { timeoutMs, signal }: CallOptions,
  start: (options: object, done: Done<Reply>) => { cancel(): void },
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const running = start({ deadline: new Date(Date.now() + timeoutMs) }, (failure, reply) => {
      signal?.removeEventListener('abort', cancel);
      if (signal?.aborted) reject(signal.reason);
      else if (failure !== null) reject(grpcError(failure, call));
      else resolve(reply as Reply);
    });
    const cancel = () => running.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
  });
}

/** A request on its way. */
interface Framed {
  /** The message as grpc-js takes one. */
  readonly buffer: Buffer;
  /** Gives the memory of its frame back at once, when nobody is going to read it: the collector would be late. */
  free(): void;
}

/**
 * A message that is written into its frame, and nowhere before: of a Buffer grpc-js asks for the length, and for a copy behind the
 * five bytes that begin a frame.
 */
function framed(message: Part): Framed {
  let frame: Uint8Array<ArrayBuffer> | undefined;
  const copy = (target: Uint8Array<ArrayBuffer>, at: number) => {
    frame = target;
    const written = message.write(target, at) - at;
    if (written !== message.size) throw new TypeError(`a message of ${message.size} bytes took ${written}`);
    return written;
  };
  return {
    buffer: { length: message.size, copy } as unknown as Buffer,
    free() {
      // Small ones share their memory with others.
      if (frame !== undefined && frame.length === frame.buffer.byteLength) frame.buffer.transfer(0);
      frame = undefined;
    },
  };
}
