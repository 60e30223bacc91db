/**
 * What a server means by the `Status` in its replies. Servers since 2.3 send `code`; older ones only `error_code`; 2.3 sends
 * both, and for some errors only the words tell. Codes: Milvus, `pkg/util/merr/errors.go` and `common.proto`.
 */
import { type ErrorCode, type ErrorDetails, VtsError } from '../../errors.ts';
import type { Status } from './codec/status.ts';

/** What the caller was about to do, for the text of the error. */
export interface StatusContext {
  /** As in "cannot ... ": `read collection milvus://h:19530/default/docs`. */
  readonly action: string;
  readonly field?: string | undefined;
  /** Whether rows were sent: what is not understood otherwise is then a row that the server refuses. */
  readonly rows?: boolean | undefined;
}

/** What a kind of refusal becomes. */
interface Meaning {
  readonly code: ErrorCode;
  /** Codes that servers since 2.3 send. */
  readonly codes?: readonly number[];
  /** `error_code` of older servers. */
  readonly old?: readonly number[];
  /** Words of `reason`, where a server sends a general code. */
  readonly words?: RegExp;
  readonly remedy?: string;
}

/** The first that fits counts; words only where neither number says more than "unexpected error". */
const MEANINGS: readonly Meaning[] = [
  {
    code: 'QuotaExhausted',
    codes: [3, 7, 9, 12, 605],
    old: [24, 48, 52, 53, 54],
    words: /quota (exceeded|exhausted)|force to deny|(memory|disk) limit exceeded|insufficient memory/i,
    remedy:
      'the server is out of memory or disk, or was told to refuse writes: its operator has to make room first',
  },
  {
    code: 'RateLimited',
    codes: [4, 8, 1003, 1807],
    old: [49],
    words: /rate limit|too many (concurrent )?requests|rejected by limiter/i,
    remedy: 'lower --parallel or --rate-limit, or give --retry-max-time more',
  },
  {
    code: 'AuthFailed',
    codes: [1400, 1800],
    words: /not authenticated|auth check failure/i,
    remedy: 'check --token, or --username and --password-file',
  },
  {
    code: 'AuthFailed',
    codes: [1401],
    old: [3],
    words: /privilege|permission den(y|ied)|not permitted/i,
    remedy: 'the user lacks a privilege for this: the operator of the server can grant it',
  },
  {
    code: 'NotLoaded',
    codes: [101, 103, 201, 202],
    words: /(collection|partition) not (fully )?loaded|has not been loaded/i,
    remedy: 'load it first: --load',
  },
  {
    code: 'MessageTooLarge',
    codes: [1012, 1102],
    words: /larger than max|exceed the limit size|message too large/i,
    remedy: 'lower --batch-bytes',
  },
  {
    code: 'InputMissing',
    codes: [100],
    old: [4],
    words: /can't find collection|collection ('.*' )?(not found|does not exist)/i,
  },
  { code: 'InputMissing', codes: [800], words: /database ('.*' )?(not found|does not exist)/i },
  { code: 'InputMissing', codes: [200], words: /partition ('.*' )?(not found|does not exist)/i },
  { code: 'InputMissing', codes: [1600], words: /alias ('.*' )?(not found|does not exist)/i },
  { code: 'InputMissing', codes: [700], old: [25], words: /index not (found|exist)/i },
  {
    code: 'ServerRefused',
    codes: [109],
    old: [62],
    words: /schema mismatch/i,
    remedy: 'the schema changed on the server while rows were on their way: start again',
  },
  {
    code: 'Unreachable',
    // The last: the server could not reach its storage or its log, gave up, or had no more time.
    codes: [2, 11, 106, 110, 503, 505, 507, 905, 1001, 1302, 10000, 10001],
    old: [2, 45, 46, 50, 55, 56, 57, 100, 1000],
    // With a stack trace comes what a part of the server says that did not reach another one.
    words:
      /not ready|service unavailable|no available shard|node offline|channel not available|recovering|stack trace: |rpc error: code = (Unavailable|DeadlineExceeded|Canceled)/i,
  },
];

/** The old codes by their names, as far as they mean something here. */
export const OLD_CODES: Readonly<Record<string, number>> = {
  Success: 0,
  ConnectFailed: 2,
  PermissionDenied: 3,
  CollectionNotExists: 4,
  IllegalArgument: 5,
  IllegalDimension: 7,
  IllegalRowRecord: 11,
  OutOfMemory: 24,
  IndexNotExist: 25,
  NotShardLeader: 45,
  NoReplicaAvailable: 46,
  ForceDeny: 48,
  RateLimit: 49,
  NodeIDNotMatch: 50,
  InsufficientMemoryToLoad: 52,
  MemoryQuotaExhausted: 53,
  DiskQuotaExhausted: 54,
  TimeTickLongDelay: 55,
  NotReadyServe: 56,
  NotReadyCoordActivating: 57,
  SchemaMismatch: 62,
  DataCoordNA: 100,
  DDRequestRace: 1000,
};

/** Codes that say nothing beyond the words. Milvus Lite sends 6, an old "illegal argument", for more than arguments. */
const GENERAL = new Set([0, 1, 5, 6, 65535]);

/** Codes by which rows are refused: a value that is too long, a vector that is no vector. */
const BAD_ROWS = { codes: new Set([1, 6, 1100, 1101, 1804]), old: new Set([1, 5, 7, 11]) };

/**
 * The error that the refusal `status` is: NotLoaded, RateLimited, QuotaExhausted, MessageTooLarge, AuthFailed, InputMissing,
 * RowInvalid (if rows were sent), Unreachable (also where the server says that trying again may help), else ServerRefused.
 */
export function statusError(status: Status, context: StatusContext): VtsError {
  const meaning = meaningOf(status);
  const details: ErrorDetails = {
    field: context.field,
    remedy: meaning?.remedy,
    cause: { milvus: { code: status.code, errorCode: status.errorCode, detail: status.detail } },
  };
  const code = meaning?.code ?? otherCode(status, context);
  return new VtsError(code, `cannot ${context.action}: ${oneLine(status)}`, details);
}

/** Whether `error` comes from {@linkcode statusError} and one of the server's `codes` (those since 2.3). */
export function hasMilvusCode(error: unknown, ...codes: readonly number[]): boolean {
  if (!(error instanceof VtsError)) return false;
  const { milvus } = (error.cause ?? {}) as { milvus?: { code: number } };
  return milvus !== undefined && codes.includes(milvus.code);
}

function meaningOf(status: Status): Meaning | undefined {
  // 1 is "not ready" since 2.3, but Milvus Lite and old servers mean "unexpected error": the words tell.
  const code = status.code === 1 ? 0 : status.code;
  const byNumber = MEANINGS.find(({ codes, old }) =>
    code !== 0 ? codes?.includes(code) : old?.includes(status.errorCode)
  );
  if (byNumber !== undefined || !GENERAL.has(status.code)) return byNumber;
  return MEANINGS.find(({ words }) => words?.test(status.reason));
}

function otherCode({ code, errorCode, retriable }: Status, { rows }: StatusContext): ErrorCode {
  if (retriable) return 'Unreachable';
  const badRows = rows && (code === 0 ? BAD_ROWS.old.has(errorCode) : BAD_ROWS.codes.has(code));
  return badRows ? 'RowInvalid' : 'ServerRefused';
}

/** The reason without stack traces and line breaks. */
function oneLine({ reason, code, errorCode }: Status): string {
  const text = withoutStackTrace(reason.slice(0, LONGEST_REASON)).trim().slice(0, 500);
  return text === ''
    ? `the server answers with error ${code !== 0 ? code : errorCode}`
    : `the server says: ${text}`;
}

const LONGEST_REASON = 20_000;
/** A frame of a stack: file, line and function; behind the last one, after a colon, may be what is the matter. */
const FRAME = /^\s*\S+:\d+ [^\s:]+/;

/** Go servers append stacks, line by line, or put them before what is the matter: `stack trace: FRAMES: REASON`. */
function withoutStackTrace(reason: string): string {
  const mark = 'stack trace: ';
  const at = reason.indexOf(mark);
  const lines = (text: string) => text.split(/\n|\\n/);
  if (at < 0) return lines(reason)[0];
  const [matter = ''] = lines(reason.slice(at + mark.length))
    .map((line) => line.replace(FRAME, '').replace(/^[\s:]+/, ''))
    .filter((line) => line !== '');
  return lines(reason.slice(0, at))[0] + matter;
}
