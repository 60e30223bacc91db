/**
 * Brings a growing file to disk while more of it is made: the system would begin half a minute later, and the whole file would
 * be waited for at its end (0.2 to 0.6 s for 512 MB).
 */
import type { FileOps } from './file-ops.ts';

/** Bytes that are written between the beginning of one round and that of the next, at least. */
const ROUND_BYTES = 32 * 2 ** 20;

/** The rounds of one open file. */
export interface WriteBack {
  /** Tells that `bytes` more were written. */
  wrote(bytes: number): void;
  /** Waits for the round at hand; the file may be closed only after that. @throws the error of any round: the system tells it but once. */
  settle(): Promise<void>;
}

/** Nothing is brought to disk before the file has {@linkcode ROUND_BYTES}. */
export function writeBack(fd: number, ops: FileOps): WriteBack {
  let since = 0;
  let round: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  return {
    wrote(bytes) {
      since += bytes;
      if (round !== undefined || since < ROUND_BYTES) return;
      since = 0;
      round = ops.syncData(fd)
        .catch((error) => void (failure ??= { error }))
        .finally(() => round = undefined);
    },
    async settle() {
      await round;
      if (failure !== undefined) throw failure.error;
    },
  };
}
