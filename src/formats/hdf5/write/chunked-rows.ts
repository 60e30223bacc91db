/**
 * Writes rows of a fixed size as chunks. A chunk holds whole rows, so rows that follow each other in memory do so in the file: they
 * are written from where they are, chunks in a row with one call.
 */
import type { FileSpace } from './file-space.ts';

/** A data set whose rows are being written. */
export interface ChunkedRows {
  /** Appends rows, which must stay as they are until the space is settled. */
  write(rows: Uint8Array): void;
  /** Fills the last chunk up with zeros; returns the address of each chunk. */
  finish(): readonly number[];
}

/** Rows into chunks of `chunkBytes`. */
export function chunkedRows(space: FileSpace, chunkBytes: number): ChunkedRows {
  const addresses: number[] = [];
  /** Where the next row goes, and up to where it may go. */
  let [at, end] = [0, 0];
  return {
    write(rows) {
      const missing = Math.ceil(Math.max(0, rows.length - (end - at)) / chunkBytes);
      const first = missing > 0 ? space.allocate(missing * chunkBytes) : end;
      for (let i = 0; i < missing; i++) addresses.push(first + i * chunkBytes);
      let rest = rows;
      if (first !== end) {
        rest = rows.subarray(end - at);
        if (at < end) space.beginWrite(rows.subarray(0, end - at), at);
        at = first;
      }
      end = first + missing * chunkBytes;
      if (rest.length > 0) space.beginWrite(rest, at);
      at += rest.length;
    },
    finish() {
      if (at < end) space.write(new Uint8Array(end - at), at);
      at = end;
      return addresses;
    },
  };
}
