/** Bytes read into the reader's own memory. */
import type { ByteSource } from '../../stores/bytes.ts';

/** A stream that is read piece by piece. */
export interface Feed {
  /** Puts the next bytes into `target`, as many as there are at hand; returns how many, 0 at the end. */
  read(target: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

/** The bytes of a file from `position` on. */
export function fileFeed(source: ByteSource, position: number): Feed {
  let at = position;
  return {
    // deno-lint-ignore require-await
    async read(target) {
      const count = source.readSync(target, at);
      at += count;
      return count;
    },
    async close() {},
  };
}

/** The bytes of `chunks`. */
export function chunkFeed(chunks: AsyncIterable<Uint8Array>): Feed {
  const iterator = chunks[Symbol.asyncIterator]();
  let left: Uint8Array = new Uint8Array(0);
  return {
    async read(target) {
      while (left.length === 0) {
        const { done, value } = await iterator.next();
        if (done) return 0;
        left = value;
      }
      const count = Math.min(left.length, target.length);
      target.set(left.subarray(0, count));
      left = left.subarray(count);
      return count;
    },
    async close() {
      await iterator.return?.();
    },
  };
}
