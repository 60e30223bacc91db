/** A source that tells what is read of it. */
import type { ByteSource } from '../../src/stores/bytes.ts';

/** `source`, calling `onRead` before bytes [`start`, `end`) are read in any of its ways but as a stream. */
export function watchedSource(source: ByteSource, onRead: (start: number, end: number) => void): ByteSource {
  return {
    ...source,
    read(position, length) {
      onRead(position, position + length);
      return source.read(position, length);
    },
    readSync(target, position) {
      onRead(position, position + target.length);
      return source.readSync(target, position);
    },
    readAt(target, position) {
      onRead(position, position + target.length);
      return source.readAt(target, position);
    },
  };
}
