/** Bytes in memory: the reference store, used by tests. */
import { VtsError } from '../errors.ts';
import { type ByteSource, PEEKED, type RandomAccessSink, type Scratch } from './bytes.ts';

/** A source over `bytes`. */
export function memorySource(bytes: Uint8Array, name = 'memory'): ByteSource {
  const source: ByteSource = {
    name,
    size: bytes.length,
    readSync(target, position) {
      const part = bytes.subarray(position, position + target.length);
      target.set(part);
      return part.length;
    },
    // deno-lint-ignore require-await
    readAt: async (target, position) => source.readSync(target, position),
    // deno-lint-ignore require-await
    async read(position, length) {
      if (!(position >= 0 && length >= 0 && position + length <= bytes.length)) {
        throw new VtsError('InputTruncated', `${name} ends too early`, { file: name, byte: bytes.length });
      }
      const target = new Uint8Array(length);
      source.readSync(target, position);
      return target;
    },
    // deno-lint-ignore require-await
    async peek() {
      return bytes.slice(0, PEEKED);
    },
    async *stream(position = 0) {
      for (let at = position; at < bytes.length; at += 65536) yield bytes.slice(at, at + 65536);
    },
    async close() {},
  };
  return source;
}

/** A sink that shows its bytes once committed. */
export interface MemorySink extends RandomAccessSink {
  readonly state: 'open' | 'committed' | 'aborted';
  /** All bytes so far. */
  bytes(): Uint8Array<ArrayBuffer>;
}

/** An empty sink. */
export function memorySink(name = 'memory'): MemorySink {
  const scratch = memoryScratch();
  let position = 0;
  let size = 0;
  let state: MemorySink['state'] = 'open';
  const sink: MemorySink = {
    name,
    seekable: true,
    get position() {
      return position;
    },
    get size() {
      return size;
    },
    get state() {
      return state;
    },
    bytes() {
      const bytes = new Uint8Array(size);
      scratch.readSync(bytes, 0);
      return bytes;
    },
    // deno-lint-ignore require-await
    async write(bytes) {
      sink.writeSync(bytes, position);
      position += bytes.length;
    },
    async writeAll(pieces) {
      for (const piece of pieces) await sink.write(piece);
    },
    // deno-lint-ignore require-await
    writeAt: async (bytes, at) => sink.writeSync(bytes, at),
    writeSync(bytes, at) {
      scratch.writeSync(bytes, at);
      size = Math.max(size, at + bytes.length);
    },
    // deno-lint-ignore require-await
    async commit() {
      if (state === 'open') state = 'committed';
    },
    // deno-lint-ignore require-await
    async abort() {
      if (state === 'open') state = 'aborted';
    },
  };
  return sink;
}

/** A scratch file in memory. */
export function memoryScratch(): Scratch {
  let bytes = new Uint8Array(1024);
  let size = 0;
  const scratch: Scratch = {
    get size() {
      return size;
    },
    append: (more) => scratch.writeSync(more, size),
    readSync(target, position) {
      const part = bytes.subarray(position, Math.min(size, position + target.length));
      target.set(part);
      return part.length;
    },
    writeSync(more, position) {
      const end = position + more.length;
      if (end > bytes.length) {
        const grown = new Uint8Array(Math.max(end, bytes.length * 2));
        grown.set(bytes.subarray(0, size));
        bytes = grown;
      }
      bytes.set(more, position);
      size = Math.max(size, end);
    },
    close() {},
  };
  return scratch;
}
