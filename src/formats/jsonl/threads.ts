/**
 * The threads that JSON lines are written and read in, once there is enough to do. They do what the writer and the reader
 * do without them, a job at a time; a job in which anything is wrong comes back undone, and is done again where errors know
 * their row. So errors are the same with threads and without.
 */
import type { Column } from '../../core/column.ts';
import type { Field, Schema } from '../../core/schema.ts';
import { openThreads, type Threads } from '../../core/threads.ts';

/** Rows to write, and a buffer to write them into. */
export interface EncodeJob {
  readonly fields: readonly Field[];
  readonly columns: readonly Column[];
  readonly rows: number;
  readonly room: Uint8Array<ArrayBuffer>;
}

/** The text of all rows; `undefined` when one cannot be written. */
export interface EncodeAnswer {
  readonly room: Uint8Array<ArrayBuffer>;
  readonly length: number | undefined;
}

/** How rows are read. */
export interface DecodeTask {
  readonly schema: Schema;
  readonly columns: readonly string[] | undefined;
  readonly batchBytes: number;
  readonly typesGiven: boolean;
}

/** Whole lines to read, and room behind them. */
export interface DecodeJob {
  readonly task: DecodeTask;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly end: number;
}

/** The columns of all rows; `undefined` when one cannot be read, or when they are more than a batch. */
export interface DecodeAnswer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly rows: number;
  readonly lines: number;
  readonly columns: readonly Column[] | undefined;
}

/** Bytes of text or of columns that are worth a job. */
export const JOB_BYTES = 2 * 1024 * 1024;

/** Threads begin when this much was done without. */
export const THREADS_FROM_BYTES = 16 * 1024 * 1024;

/** Jobs that each thread may have at hand: one that it does, and one that it goes on with. */
export const JOBS_PER_THREAD = 2;

/** In an executable all modules lie in one folder, except those of threads, which keep their place. */
const MODULE = /\$bunfs|~BUN/.test(import.meta.url) ? './formats/jsonl/thread.ts' : './thread.ts';

let shared: Threads | undefined;
let users = 0;

/** The threads of all readers and writers, `count` of them if there are none yet. Each who asks for them has to close them. */
export function shareThreads(count: number): Threads {
  const threads = shared ??= openThreads(new URL(MODULE, import.meta.url), count);
  users++;
  let closed = false;
  return {
    ...threads,
    close() {
      if (closed) return;
      closed = true;
      if (--users > 0) return;
      threads.close();
      shared = undefined;
    },
  };
}
