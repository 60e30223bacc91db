/** What is said when a job with a journal ends early: how it goes on. */
import { isVtsError, VtsError } from '../errors.ts';

/** Errors that say nothing against the job itself. */
const PASSING = ['Unreachable', 'RateLimited', 'QuotaExhausted', 'OutcomeUnknown', 'DiskFull'] as const;

/** `error`, with the way on in its remedy where nothing but the world around stands in the way. */
export function withWayOn(error: unknown, { resume }: { readonly resume?: boolean }): unknown {
  if (!isVtsError(error, ...PASSING)) return error;
  const again = `run the same command again${
    resume ? '' : ' with --resume'
  }: it goes on after the last whole part`;
  const first = error.code === 'DiskFull' ? 'free some space' : error.details.remedy;
  const remedy = first === undefined ? again : `${first}; then ${again}`;
  return new VtsError(error.code, error.message, { ...error.details, remedy, cause: error.cause ?? error });
}
