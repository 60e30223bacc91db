/** Sends a growing file to disk in steps, on another thread, so that little is left to wait for at its end. */
import type { FileOps } from './file-ops.ts';

/** Bytes between two steps: fewer cost more than they gain. */
const STEP = 64 * 2 ** 20;

/** The steps of one file. */
export interface EarlySync {
  /** Tells that `bytes` more were written. */
  wrote(bytes: number): void;
  /** Waits for the step on its way. @throws what the first failed step threw: the system tells of an error only once */
  settled(): Promise<void>;
}

/** Syncs `fd`, which must stay open until {@linkcode EarlySync.settled} is done. */
export function earlySync(fd: number, ops: FileOps): EarlySync {
  let unsynced = 0;
  let running: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  return {
    wrote(bytes) {
      unsynced += bytes;
      if (unsynced < STEP || running !== undefined) return;
      unsynced = 0;
      running = ops.syncData(fd)
        .catch((error) => {
          failure ??= { error };
        })
        .finally(() => {
          running = undefined;
        });
    },
    async settled() {
      await running;
      if (failure !== undefined) throw failure.error;
    },
  };
}
