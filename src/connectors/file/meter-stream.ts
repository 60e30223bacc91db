/** Watches what is read out of a file from front to back. */
import { release } from '../../core/garbage.ts';
import type { ByteSource } from '../../stores/bytes.ts';

/** `source`, telling the bytes that are read; chunks of its streams are collected as they are used up. */
export function meterStream(source: ByteSource, onBytes: (bytes: number) => void): ByteSource {
  return {
    ...source,
    readSync(target, position) {
      const count = source.readSync(target, position);
      onBytes(count);
      return count;
    },
    async readAt(target, position) {
      const count = await source.readAt(target, position);
      onBytes(count);
      return count;
    },
    async *stream(position) {
      for await (const chunk of source.stream(position)) {
        onBytes(chunk.length);
        yield chunk;
        release(chunk.length);
      }
    },
  };
}
