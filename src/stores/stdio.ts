/** Standard input and output as a byte source and a byte sink. */
import { writeSync } from 'node:fs';
import { VtsError } from '../errors.ts';
import { type ByteSink, type ByteSource, PEEKED } from './bytes.ts';

/** Standard input: one stream, read once. */
export function openStdin(): ByteSource {
  const chunks = process.stdin[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  const peeked: Uint8Array<ArrayBuffer>[] = [];
  let taken = false;
  const next = async () => {
    const { done, value } = await chunks.next();
    return done ? undefined : new Uint8Array(value);
  };
  const noRandomAccess = () => {
    throw new TypeError('stdin has no random access');
  };
  return {
    name: 'stdin',
    size: undefined,
    read: noRandomAccess,
    readSync: noRandomAccess,
    readAt: noRandomAccess,
    async peek() {
      let length = peeked.reduce((sum, chunk) => sum + chunk.length, 0);
      for (let chunk; length < PEEKED && (chunk = await next()) !== undefined; length += chunk.length) {
        peeked.push(chunk);
      }
      return new Uint8Array(Buffer.concat(peeked).subarray(0, PEEKED));
    },
    async *stream() {
      if (taken) throw new TypeError('stdin can be read once');
      taken = true;
      yield* peeked.splice(0);
      for (let chunk; (chunk = await next()) !== undefined;) yield chunk;
    },
    // deno-lint-ignore require-await
    async close() {
      process.stdin.destroy();
    },
  };
}

/** The reader of our output went away (`vts ... | head`): no fault of anybody. */
export class ClosedPipe extends Error {
  override readonly name = 'ClosedPipe';
}

/** Standard output. What was written stays written: a pipe cannot be taken back. */
export function openStdout(): ByteSink {
  let position = 0;
  const sink: ByteSink = {
    name: 'stdout',
    seekable: false,
    get position() {
      return position;
    },
    async write(bytes) {
      for (let done = 0; done < bytes.length;) {
        try {
          done += writeSync(1, bytes, done, bytes.length - done);
        } catch (error) {
          await recover(error);
        }
      }
      position += bytes.length;
    },
    async writeAll(pieces) {
      for (const piece of pieces) await sink.write(piece);
    },
    async commit() {},
    async abort() {},
  };
  return sink;
}

/** Waits when the pipe is full; gives up when it is closed or broken. */
async function recover(error: unknown): Promise<void> {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EAGAIN') return await new Promise((resolve) => setTimeout(resolve, 1));
  if (code === 'EPIPE') throw new ClosedPipe('stdout was closed');
  throw new VtsError(
    code === 'ENOSPC' ? 'DiskFull' : 'OutputUnwritable',
    `Cannot write to stdout: ${(error as Error).message}`,
    {
      cause: error,
    },
  );
}
