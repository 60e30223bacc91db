/** Watches what is streamed out of a file. */
import { release } from '../../core/garbage.ts';
import type { ByteSource } from '../../stores/bytes.ts';

/** `source`, telling the bytes of each chunk that its streams give out; chunks are collected as they are used up. */
export function meterStream(source: ByteSource, onBytes: (bytes: number) => void): ByteSource {
  return {
    ...source,
    async *stream(position) {
      for await (const chunk of source.stream(position)) {
        onBytes(chunk.length);
        yield chunk;
        release(chunk.length);
      }
    },
  };
}
