/** The space of a file that is being written: taken from its end, piece by piece, and never given back. */
import type { RandomAccessSink } from '../../stores/bytes.ts';

/** Where things in a new file go. Addresses count from its first byte. */
export interface FileSpace {
  /** Where the next piece will be. */
  readonly end: number;
  /** Takes `bytes` bytes, whose address it returns. All of them must be written at some time. */
  allocate(bytes: number): number;
  /** Writes into space that was taken. @throws VtsError DiskFull, OutputUnwritable */
  write(bytes: Uint8Array, address: number): void;
  /** Takes space for `bytes` and writes them; returns their address. */
  append(bytes: Uint8Array): number;
}

/** The space of `sink` from `start` on, or after what it holds already. */
export function fileSpace(sink: RandomAccessSink, start: number): FileSpace {
  let end = Math.max(start, sink.size);
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
    append(bytes) {
      const address = space.allocate(bytes.length);
      space.write(bytes, address);
      return address;
    },
  };
  return space;
}
