/**
 * Batches and chunks are large and short-lived, and the runtime, which hardly sees the bytes behind a typed array, collects
 * them late: left alone, the peak doubles and differs from run to run. So those who let go of many bytes say so here.
 */
import { fullGC } from 'bun:jsc';

/** A collection takes some milliseconds, and more of them the more there is to give back. */
const COLLECT_EVERY_BYTES = 40 * 1024 * 1024;

let released = 0;

/** Tells that `bytes` are no longer in use, and collects them when many have come together. */
export function release(bytes: number): void {
  released += bytes;
  if (released < COLLECT_EVERY_BYTES) return;
  released = 0;
  // Bun.gc() gives freed memory back to the system too, which costs more than the collection: all of it comes back page by page.
  fullGC();
}
