/** Bytes held in memory until their place in the file is known, in blocks that are used again. */
import type { ByteSink } from '../../../stores/bytes.ts';
import { usedUp } from '../../../core/batch-memory.ts';

/** Blocks of one size that nobody uses at the moment. */
export interface BlockPool {
  take(): Uint8Array<ArrayBuffer>;
  give(block: Uint8Array<ArrayBuffer>): void;
  /** `parts` side by side, in memory that is the caller's until it is given to {@linkcode BlockPool.unjoin}. */
  join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer>;
  unjoin(joined: Uint8Array<ArrayBuffer>): void;
}

/** A pool of blocks of `size` bytes. */
export function blockPool(size: number): BlockPool {
  const free: Uint8Array<ArrayBuffer>[] = [];
  const freeJoined: ArrayBuffer[] = [];
  return {
    take: () => free.pop() ?? new Uint8Array(size),
    give: (block) => free.push(block),
    join(parts) {
      const length = parts.reduce((sum, part) => sum + part.length, 0);
      const fitting = freeJoined.findIndex((free) => free.byteLength >= length);
      const [memory = new ArrayBuffer(Math.max(size, length))] = fitting < 0
        ? []
        : freeJoined.splice(fitting, 1);
      const joined = new Uint8Array(memory, 0, length);
      let at = 0;
      for (const part of parts) {
        joined.set(part, at);
        at += part.length;
      }
      return joined;
    },
    unjoin: (joined) => freeJoined.push(joined.buffer),
  };
}

/** A growing run of bytes. */
export interface ByteQueue {
  readonly length: number;
  /** Appends `bytes`, which must stay as they are: many are not copied. */
  append(bytes: Uint8Array): void;
  /** Empties the queue: the function writes to a sink what was in it. */
  take(): (sink: ByteSink) => Promise<void>;
}

/** Bytes that are kept where they are; fewer are copied together. */
export const WORTH_KEEPING = 64 * 1024;

/** Pieces are written together up to about this many bytes. */
const WRITE_BYTES = 1 << 20;

/** An empty queue over the blocks of `pool`. */
export function byteQueue(pool: BlockPool): ByteQueue {
  let pieces: Piece[] = [];
  let length = 0;
  return {
    get length() {
      return length;
    },
    append(bytes) {
      length += bytes.length;
      if (bytes.length >= WORTH_KEEPING) {
        pieces.push({ bytes });
        return;
      }
      for (let at = 0; at < bytes.length;) {
        let last = pieces.at(-1);
        if (last?.block === undefined || last.bytes.length === last.block.length) {
          const block = pool.take();
          pieces.push(last = { bytes: block.subarray(0, 0), block });
        }
        const used = last.bytes.length;
        const part = bytes.subarray(at, at + last.block!.length - used);
        last.block!.set(part, used);
        last.bytes = last.block!.subarray(0, used + part.length);
        at += part.length;
      }
      usedUp(bytes);
    },
    take() {
      const taken = pieces;
      pieces = [];
      length = 0;
      return async (sink) => {
        for (let at = 0; at < taken.length;) {
          const first = at;
          for (let size = 0; at < taken.length && size < WRITE_BYTES; at++) size += taken[at].bytes.length;
          const pieces = taken.slice(first, at);
          await sink.writeAll(pieces.map(({ bytes }) => bytes));
          for (const { bytes, block } of pieces) {
            if (block === undefined) usedUp(bytes);
            else pool.give(block);
          }
        }
      };
    },
  };
}

/** Bytes as they were appended, or those that are in use of a block. */
interface Piece {
  bytes: Uint8Array;
  readonly block?: Uint8Array<ArrayBuffer>;
}
