/** Turns what HDF5's library throws into errors of vts. */
import { type ErrorCode, VtsError } from '../../../errors.ts';
import { MOST_BYTES_AT_ONCE } from '../column-plan.ts';

/** What went wrong in HDF5, in its own words: the innermost of the messages it stacks up. */
export function innermostMessage(text: string): string {
  const messages = [...text.matchAll(/^ +#\d+: .*? in \w+\(\): (.*)$/gm)].map((match) => match[1]);
  return messages.at(-1) ?? text.split('\n')[0];
}

/** What to do about damage. */
export const DAMAGED = 'copy or download the file again: it is damaged';

const MEANINGS: readonly [pattern: RegExp, code: ErrorCode, remedy: string][] = [
  [
    /past end of allocation/i,
    'InputMalformed',
    DAMAGED,
  ],
  [
    /truncated file|end of file|file read failed|address overflowed/i,
    'InputTruncated',
    'copy or download the file again',
  ],
  [
    /required filter|filter .*not (registered|available)/i,
    'InputUnsupported',
    'rewrite it without the filter: h5repack -f NONE IN OUT',
  ],
  [
    /external (raw|data|file)|virtual/i,
    'InputUnsupported',
    'copy the data into one file: h5repack IN OUT',
  ],
  [
    /already open for write|consistency flags/i,
    'InputUnreadable',
    'close the program that writes it, or run: h5clear -s FILE',
  ],
  [
    /allocat|out of memory|no space available/i,
    'MemoryLimit',
    'rewrite it with smaller chunks: h5repack -l CHUNK=... IN OUT',
  ],
];

/**
 * The error for `cause`, thrown while `what` of the file `file` of `size` bytes was read. Errors of vts stay as they are.
 * Chunks that are too large are refused before they are read: memory that lacks for a small file is what damage asks for.
 */
export function readError(
  cause: unknown,
  { file, size, what }: { file: string; size: number; what: string },
): unknown {
  if (cause instanceof VtsError || isOurMistake(cause)) return cause;
  const message = innermostMessage(String((cause as Error).message));
  const known = MEANINGS.find(([pattern]) => pattern.test(message));
  const damaged = known?.[1] === 'MemoryLimit' && size < MOST_BYTES_AT_ONCE;
  const [code, remedy] = damaged
    ? ['InputMalformed' as const, DAMAGED]
    : [known?.[1] ?? 'InputMalformed', known?.[2] ?? 'make the file again, or check it with h5dump or h5py'];
  return new VtsError(code, `HDF5 cannot read ${what}${file}: ${message}`, { file, remedy, cause });
}

/** Whether the call was wrong rather than the file: wrong arguments, as Emscripten and JavaScript report them. */
function isOurMistake(cause: unknown): boolean {
  return !(cause instanceof Error) || cause.name === 'BindingError' || cause instanceof TypeError;
}
