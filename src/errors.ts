/**
 * The closed set of errors that vts raises on purpose. Every other exception is a bug (exit code 1).
 *
 * A message says what is wrong; `place` says where, `expected` what would have been right, and `remedy` what to do next.
 * {@linkcode ERRORS} is the one table of codes; `vts help exit-codes` prints it.
 */

/** What a code means: the exit code it ends the process with, and whether the same command may succeed later. */
export interface ErrorKind {
  readonly exit: number;
  readonly retryable: boolean;
  readonly meaning: string;
}

const kind = (exit: number, meaning: string, retryable = false): ErrorKind => ({ exit, meaning, retryable });

/** All error codes. */
export const ERRORS = {
  Internal: kind(1, 'a bug in vts'),
  Usage: kind(2, 'the command line is not understood'),
  PlanRefused: kind(2, 'the target cannot hold the data as asked'),
  NotLoaded: kind(2, 'a collection is not loaded, and nobody allowed to load it'),
  ServerRefused: kind(2, 'a server refuses a request, and would again'),
  RowsMissing: kind(3, 'rows read, written and counted do not agree'),
  RowsRejected: kind(3, 'done, but some rows were refused and are in the reject file'),
  DumpDamaged: kind(4, 'a dump is not what was written'),
  Differs: kind(4, 'two data sets are not equal'),
  AuthFailed: kind(5, 'a server does not accept the user, the password or the token'),
  TlsFailed: kind(5, 'no secure connection: certificate or protocol'),
  InputMissing: kind(6, 'an input does not exist'),
  InputUnreadable: kind(6, 'an input cannot be read'),
  InputMalformed: kind(6, 'an input breaks the rules of its format'),
  InputTruncated: kind(6, 'an input ends before its data does'),
  InputUnsupported: kind(6, 'an input uses a feature that vts does not read'),
  UnknownFormat: kind(6, 'the format of a file is not known'),
  RowInvalid: kind(6, 'a row does not fit the schema'),
  OutputExists: kind(7, 'the output exists already'),
  JournalConflict: kind(7, 'the journal belongs to another job'),
  OutputUnwritable: kind(8, 'the output cannot be written'),
  DiskFull: kind(8, 'the disk is full'),
  MemoryLimit: kind(8, 'the work needs more memory than allowed'),
  MessageTooLarge: kind(8, 'a row or a page is larger than a server takes in one message'),
  Unreachable: kind(75, 'a server cannot be reached, or does not answer', true),
  RateLimited: kind(75, 'a server limits the rate, for longer than --retry-max-time', true),
  QuotaExhausted: kind(75, 'a server has run out of memory or disk; its operator has to make room'),
  OutcomeUnknown: kind(
    75,
    'the connection broke while rows were on their way; they may or may not be stored',
  ),
  Interrupted: kind(130, 'stopped by Ctrl-C'),
  HungUp: kind(129, 'stopped as the terminal went away'),
  Terminated: kind(143, 'stopped by a termination signal'),
} as const;

/** One of the codes of {@linkcode ERRORS}. */
export type ErrorCode = keyof typeof ERRORS;

/** Where an error was found. Rows and bytes count from 0; lines, as editors do, from 1. */
export interface Place {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly row?: number | undefined;
  readonly byte?: number | undefined;
  readonly field?: string | undefined;
}

/** What an error may say besides its message. */
export interface ErrorDetails extends Place {
  readonly expected?: string | undefined;
  readonly remedy?: string | undefined;
  readonly cause?: unknown;
}

/** An error that vts raises on purpose. */
export class VtsError extends Error {
  override readonly name = 'VtsError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }

  /** The exit code of the process that this error ends. */
  get exitCode(): number {
    return ERRORS[this.code].exit;
  }

  /** Whether the same command may succeed later without a change. */
  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }

  /** The same error with facts added that only a caller knows (the file's name, say); facts already there stay. */
  at(place: Place): VtsError {
    return new VtsError(this.code, this.message, {
      ...place,
      ...defined(this.details),
      cause: this.cause ?? this,
    });
  }
}

/** Whether `error` is a {@linkcode VtsError} with one of `codes` (any, when none is given). */
export function isVtsError(error: unknown, ...codes: ErrorCode[]): error is VtsError {
  return error instanceof VtsError && (codes.length === 0 || codes.includes(error.code));
}

/** `place` as people read it: `vectors.jsonl, line 3, byte 120, field "embedding"`; empty when nothing is known. */
export function describePlace(place: Place): string {
  const parts: string[] = [];
  if (place.file !== undefined) parts.push(place.file);
  if (place.line !== undefined) parts.push(`line ${place.line}`);
  if (place.row !== undefined) parts.push(`row ${place.row}`);
  if (place.byte !== undefined) parts.push(`byte ${place.byte}`);
  if (place.field !== undefined) parts.push(`field "${place.field}"`);
  return parts.join(', ');
}

function defined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
