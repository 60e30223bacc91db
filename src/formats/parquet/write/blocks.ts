/** Bytes held in memory until their place in the file is known, in blocks that are used again. */
import type { ByteSink } from '../../../stores/bytes.ts';

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
  append(bytes: Uint8Array): void;
  /** Moves all bytes to `sink`. */
  drain(sink: ByteSink): Promise<void>;
}

/** An empty queue over the blocks of `pool`. */
export function byteQueue(pool: BlockPool): ByteQueue {
  let blocks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  /** Bytes used of the last block. */
  let used = 0;
  return {
    get length() {
      return length;
    },
    append(bytes) {
      for (let at = 0; at < bytes.length;) {
        let block = blocks.at(-1);
        if (block === undefined || used === block.length) {
          blocks.push(block = pool.take());
          used = 0;
        }
        const part = bytes.subarray(at, at + block.length - used);
        block.set(part, used);
        used += part.length;
        at += part.length;
      }
      length += bytes.length;
    },
    async drain(sink) {
      for (const [i, block] of blocks.entries()) {
        await sink.write(i === blocks.length - 1 ? block.subarray(0, used) : block);
        pool.give(block);
      }
      blocks = [];
      length = 0;
    },
  };
}
