/** Where bytes come from and go to. Formats know these interfaces and no store. */

/** How many bytes {@linkcode ByteSource.peek} shows. */
export const PEEKED = 64;

/** Bytes to read: at random where `size` is known, else as one stream from front to back. */
export interface ByteSource {
  /** What messages call it: a path, or `stdin`. */
  readonly name: string;
  /** Total bytes; `undefined` for a stream, which can be read once and only by {@linkcode stream}. */
  readonly size: number | undefined;
  /**
   * Bytes [`position`, `position + length`) in a fresh buffer, so that they are aligned for every typed array.
   * @throws VtsError InputTruncated when the source ends before.
   */
  read(position: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Fills `target` from `position` on, in full or up to the end of the source; returns the bytes read. */
  readSync(target: Uint8Array, position: number): number;
  /** As {@linkcode readSync}, in another thread where that is worth while: `target` must be left alone until it is done. */
  readAt(target: Uint8Array, position: number): Promise<number>;
  /** The first bytes, without taking them from {@linkcode stream}: 64, or fewer when there are no more. */
  peek(): Promise<Uint8Array<ArrayBuffer>>;
  /** All bytes from `position` on in chunks that stay valid after the next one is asked for. */
  stream(position?: number): AsyncIterable<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** Bytes to write. Nothing is visible under the final name before {@linkcode commit}. */
export interface ByteSink {
  readonly name: string;
  /** Whether {@linkcode RandomAccessSink} is implemented. */
  readonly seekable: boolean;
  /** Bytes appended so far. */
  readonly position: number;
  /**
   * Appends `bytes`, which the sink does not keep.
   * @throws VtsError DiskFull, OutputUnwritable
   */
  write(bytes: Uint8Array): Promise<void>;
  /** As {@linkcode write}, of many pieces one after the other. */
  writeAll(pieces: readonly Uint8Array[]): Promise<void>;
  /** Makes all bytes durable and visible under the final name. */
  commit(): Promise<void>;
  /** Drops all that was written. Does nothing after {@linkcode commit}. */
  abort(): Promise<void>;
}

/** A sink that can be rewritten before it is committed. */
export interface RandomAccessSink extends ByteSink {
  readonly seekable: true;
  readonly size: number;
  /** Writes all of `bytes` at `position`; does not move {@linkcode position}. */
  writeSync(bytes: Uint8Array, position: number): void;
  /** As {@linkcode writeSync}, in another thread where that is worth while: `bytes` must stay as they are until it is done. */
  writeAt(bytes: Uint8Array, position: number): Promise<void>;
}

/** A scratch file without a name, for what a format must keep aside; gone when closed. */
export interface Scratch {
  readonly size: number;
  append(bytes: Uint8Array): void;
  readSync(target: Uint8Array, position: number): number;
  writeSync(bytes: Uint8Array, position: number): void;
  close(): void;
}
