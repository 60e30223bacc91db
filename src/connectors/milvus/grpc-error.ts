/** What a failed gRPC call means. `grpc-js` tells much of it only in words. */
import { status } from '@grpc/grpc-js';
import { type ErrorCode, type ErrorDetails, VtsError } from '../../errors.ts';

/** The parts of a `ServiceError` of grpc-js that are used; its metadata is never looked at or kept. */
export interface GrpcFailure {
  readonly code: number;
  readonly details: string;
}

/** The call that failed. */
export interface FailedCall {
  /** The server's address, without secrets. */
  readonly server: string;
  /** The name of the method, `Query`. */
  readonly method: string;
  readonly timeoutMs: number;
  /** Whether the call changes data, so that sending it twice may do harm. */
  readonly changesData: boolean;
  /** Takes secrets out of what the server says. */
  readonly redact: (text: string) => string;
}

/** How grpc-js begins when a call never left this machine. */
const NEVER_SENT = /^(No connection established|Name resolution failed)/;
/** Words of INTERNAL and UNKNOWN errors that come from a broken connection rather than from the server. */
const BROKEN =
  /HTTP\/2|RST_STREAM|ECONNRESET|EPIPE|connection (dropped|closed)|stream (closed|was)|GOAWAY|Call ended without/i;

/** Words of Milvus' limiters, which refuse a call before anything is done for it. */
const LIMITER = /rate ?limit|rejected by|too many requests|retry later/i;

/**
 * The error for a failed call: Unreachable when it may simply be sent again, OutcomeUnknown when data may have been changed,
 * MessageTooLarge, RateLimited, AuthFailed, else ServerRefused.
 */
export function grpcError(failure: GrpcFailure, call: FailedCall): VtsError {
  const { server, method } = call;
  const name = status[failure.code] ?? String(failure.code);
  const text = call.redact(failure.details).replace(/\s+/g, ' ').trim();
  const cause = { grpc: name, details: text, method };
  const make = (code: ErrorCode, message: string, details: ErrorDetails = {}) =>
    new VtsError(code, message, { ...details, cause });
  switch (failure.code) {
    case status.UNAVAILABLE:
    case status.ABORTED:
      return brokenCall(text, call, make);
    case status.DEADLINE_EXCEEDED: {
      // The client's own deadline names an address once the call is on its way; what a server or a proxy says was sent for sure.
      const sent = text.includes('remote_addr') || !text.startsWith('Deadline exceeded after');
      const late = `${server} does not answer${sent ? ` ${method}` : ''} within ${call.timeoutMs / 1000} s`;
      if (call.changesData && sent) {
        return make('OutcomeUnknown', `${late}; the rows may be stored`);
      }
      return make('Unreachable', late, { remedy: REACH });
    }
    case status.RESOURCE_EXHAUSTED:
      if (/larger than max|too large|exceeds/i.test(text)) {
        return make('MessageTooLarge', `${server} does not take or send a message of this size: ${text}`, {
          remedy: 'lower --batch-bytes',
        });
      }
      // A proxy, or a broken connection, says the same of a call that was under way.
      if (call.changesData && !LIMITER.test(text)) return brokenCall(text, call, make);
      return make('RateLimited', `${server} is busy: ${text}`, {
        remedy: 'lower --parallel or --rate-limit',
      });
    case status.UNAUTHENTICATED:
      return make('AuthFailed', `${server} does not accept the user, the password or the token: ${text}`, {
        remedy: 'check --token-file, or --username and --password-file',
      });
    case status.PERMISSION_DENIED:
      return make('AuthFailed', `${server} does not allow ${method}: ${text}`, {
        remedy: 'the user lacks a privilege for this: the operator of the server can grant it',
      });
    case status.UNIMPLEMENTED:
      return make('ServerRefused', `${server} does not know ${method}: ${text}`, {
        remedy: 'is this the gRPC port of Milvus (19530), and is the server new enough?',
      });
    case status.CANCELLED:
    case status.INTERNAL:
    case status.UNKNOWN:
      if (/message parsing|deserializ/i.test(text)) {
        return make(
          'InputMalformed',
          `${server} answers ${method} with what is no message of Milvus: ${text}`,
        );
      }
      if (failure.code === status.CANCELLED || BROKEN.test(text)) return brokenCall(text, call, make);
      break;
  }
  return make('ServerRefused', `${server} fails at ${method}: ${text} (${name})`);
}

/** Whether a server lacks the method that was called. */
export function isUnimplemented(error: unknown): boolean {
  return error instanceof VtsError &&
    (error.cause as { grpc?: string } | undefined)?.grpc === 'UNIMPLEMENTED';
}

const REACH = 'check host and port, that the server runs, and that no firewall is in between';

function brokenCall(
  text: string,
  { server, method, changesData }: FailedCall,
  make: (code: ErrorCode, message: string, details?: ErrorDetails) => VtsError,
): VtsError {
  if (NEVER_SENT.test(text)) {
    return make('Unreachable', `cannot reach ${server}: ${plain(text)}`, { remedy: REACH });
  }
  if (changesData) {
    return make(
      'OutcomeUnknown',
      `the connection to ${server} broke during ${method}: ${text}; the rows may be stored`,
    );
  }
  return make('Unreachable', `the connection to ${server} broke: ${text}`);
}

/** The part of grpc-js' text that says something: `connect ECONNREFUSED 127.0.0.1:19530`. */
function plain(text: string): string {
  const last = /Last error: (?:Error: )?(.*?)(?:\. Resolution note:.*|$)/.exec(text)?.[1] ?? text;
  return last.replace(/ \(\d{4}-[\d-]+T[\d:.]+Z\)/, '').trim();
}
