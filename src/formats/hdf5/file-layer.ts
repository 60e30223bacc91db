/**
 * A file for HDF5 on top of a byte source or sink: one node in Emscripten's file system. Errors of the source or sink pass
 * through HDF5 as they are (its own error codes would say less); the instance is not to be used after one.
 */
import type { Fs } from './h5wasm.ts';

/** What a file must be able to do. */
export interface FileBytes {
  readonly size: number;
  /** Fills `target` from `position` on; fewer bytes only at the end. */
  readSync(target: Uint8Array, position: number): number;
  writeSync?(bytes: Uint8Array, position: number): void;
  truncateSync?(size: number): void;
}

/** A file that HDF5 can open under `path`. */
export interface MountedFile {
  readonly path: string;
  unmount(): void;
}

interface Stream {
  position: number;
}

const EINVAL = 28;
const EROFS = 69;
const SEEK_CURRENT = 1;
const SEEK_END = 2;
let count = 0;

/** Makes `bytes` a file of `fs`. */
export function mountFile(fs: Fs, bytes: FileBytes): MountedFile {
  const name = `file-${count++}.h5`;
  const node = fs.createNode(fs.root, name, 0o100666, 0);
  const epoch = new Date(0);
  node.node_ops = {
    getattr: () => ({
      ...{ dev: 1, ino: node.id, mode: node.mode, nlink: 1, uid: 0, gid: 0, rdev: 0, size: bytes.size },
      ...{
        atime: epoch,
        mtime: epoch,
        ctime: epoch,
        blksize: 4096,
        blocks: Math.ceil(bytes.size / 512) % 2 ** 31,
      },
    }),
    setattr: (_: unknown, { size }: { size?: number }) => {
      if (bytes.truncateSync === undefined) throw new fs.ErrnoError(EROFS);
      if (size !== undefined) bytes.truncateSync(size);
    },
  };
  node.stream_ops = {
    read: (_: Stream, heap: Int8Array, offset: number, length: number, position: number) =>
      bytes.readSync(new Uint8Array(heap.buffer, offset, length), position),
    write: (_: Stream, heap: Int8Array, offset: number, length: number, position: number) => {
      if (bytes.writeSync === undefined) throw new fs.ErrnoError(EROFS);
      bytes.writeSync(new Uint8Array(heap.buffer, offset, length), position);
      return length;
    },
    llseek: (stream: Stream, offset: number, whence: number) => {
      const base = whence === SEEK_CURRENT ? stream.position : whence === SEEK_END ? bytes.size : 0;
      if (base + offset < 0) throw new fs.ErrnoError(EINVAL);
      return base + offset;
    },
  };
  return { path: `/${name}`, unmount: () => fs.destroyNode(node) };
}
