/** Streams made seekable by a scratch file, for formats that read or write out of order. */
import { VtsError } from '../errors.ts';
import { type ByteSink, type ByteSource, PEEKED, type RandomAccessSink, type Scratch } from './bytes.ts';

const CHUNK = 1 << 20;

/** Copies all of `stream` to `scratch` and gives random access to it. Closing it closes the scratch file. */
export async function spoolSource(stream: ByteSource, scratch: Scratch): Promise<ByteSource> {
  for await (const chunk of stream.stream()) scratch.append(chunk);
  await stream.close();
  const { name } = stream;
  const { size } = scratch;
  const source: ByteSource = {
    name,
    size,
    readSync: scratch.readSync,
    // deno-lint-ignore require-await
    readAt: async (target, position) => scratch.readSync(target, position),
    // deno-lint-ignore require-await
    async read(position, length) {
      if (!(position >= 0 && length >= 0 && position + length <= size)) {
        throw new VtsError('InputTruncated', `${name} ends too early`, { file: name, byte: size });
      }
      const bytes = new Uint8Array(length);
      scratch.readSync(bytes, position);
      return bytes;
    },
    peek: () => source.read(0, Math.min(PEEKED, size)),
    async *stream(position = 0) {
      for (let at = position; at < size; at += CHUNK) yield await source.read(at, Math.min(CHUNK, size - at));
    },
    // deno-lint-ignore require-await
    async close() {
      scratch.close();
    },
  };
  return source;
}

/** A sink that keeps all bytes in `scratch` and sends them to `target` when it is committed. */
export function spoolSink(target: ByteSink, scratch: Scratch): RandomAccessSink {
  let position = 0;
  let size = 0;
  const sink: RandomAccessSink = {
    name: target.name,
    seekable: true,
    get position() {
      return position;
    },
    get size() {
      return size;
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
    async commit() {
      for (let at = 0; at < size; at += CHUNK) {
        const chunk = new Uint8Array(Math.min(CHUNK, size - at));
        scratch.readSync(chunk, at);
        await target.write(chunk);
      }
      scratch.close();
      await target.commit();
    },
    async abort() {
      scratch.close();
      await target.abort();
    },
  };
  return sink;
}
