/** The space of a file that is being written: taken from its end, piece by piece, and never given back. */
import type { RandomAccessSink } from '../../../stores/bytes.ts';

/** Where things in a new file go. Addresses count from its first byte. */
export interface FileSpace {
  /** Where the next piece will be. */
  readonly end: number;
  /** Takes `bytes` bytes, whose address it returns. All of them must be written at some time. */
  allocate(bytes: number): number;
  /** Writes into space that was taken. @throws VtsError DiskFull, OutputUnwritable */
  write(bytes: Uint8Array, address: number): void;
  /** Begins to write into space that was taken; `bytes` must stay as they are until {@linkcode settle}. */
  beginWrite(bytes: Uint8Array, address: number): void;
  /** Takes space for `bytes` and writes them; returns their address. */
  append(bytes: Uint8Array): number;
  /** Waits for all that was begun. @throws VtsError DiskFull, OutputUnwritable */
  settle(): Promise<void>;
}

/** The space of `sink` from `start` on, or after what it holds already. */
export function fileSpace(sink: RandomAccessSink, start: number): FileSpace {
  let end = Math.max(start, sink.size);
  let writes: Promise<void>[] = [];
  const space: FileSpace = {
    get end() {
      return end;
    },
    allocate(bytes) {
      const address = end;
      end += bytes;
      return address;
    },
    write: (bytes, address) => sink.writeSync(bytes, address),
    beginWrite: (bytes, address) => void writes.push(sink.writeAt(bytes, address)),
    append(bytes) {
      const address = space.allocate(bytes.length);
      space.write(bytes, address);
      return address;
    },
    async settle() {
      const begun = await Promise.allSettled(writes);
      writes = [];
      for (const write of begun) if (write.status === 'rejected') throw write.reason;
    },
  };
  return space;
}
