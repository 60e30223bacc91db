/**
 * A file for HDF5 on top of a byte source: one node in Emscripten's file system. Errors of the source pass
 * through HDF5 as they are (its own error codes would say less); the instance is not to be used after one.
 */
import type { Fs } from './h5wasm.ts';

/** What a file must be able to do. */
export interface FileBytes {
  readonly size: number;
  /** Fills `target` from `position` on; fewer bytes only at the end. */
  readSync(target: Uint8Array, position: number): number;
}

/** Reads into the library's memory from `pointer` on that go into `target` instead, and which of its bytes they filled. */
export interface Detour {
  readonly pointer: number;
  readonly target: Uint8Array;
  readonly filled: { readonly start: number; readonly end: number }[];
}

/** A file that HDF5 can open under `path`. */
export interface MountedFile {
  readonly path: string;
  detour: Detour | undefined;
  unmount(): void;
}

interface Stream {
  position: number;
}

const EINVAL = 28;
const SEEK_CURRENT = 1;
const SEEK_END = 2;
let count = 0;

/** Makes `bytes` a file of `fs`. */
export function mountFile(fs: Fs, bytes: FileBytes): MountedFile {
  const name = `file-${count++}.h5`;
  const node = fs.createNode(fs.root, name, 0o100666, 0);
  const mounted: MountedFile = { path: `/${name}`, detour: undefined, unmount: () => fs.destroyNode(node) };
  const epoch = new Date(0);
  node.node_ops = {
    getattr: () => ({
      ...{ dev: 1, ino: node.id, mode: node.mode, nlink: 1, uid: 0, gid: 0, rdev: 0, size: bytes.size },
      ...{ atime: epoch, mtime: epoch, ctime: epoch, blksize: 4096, blocks: 0 },
    }),
  };
  node.stream_ops = {
    read: (_: Stream, heap: Int8Array, offset: number, length: number, position: number) =>
      bytes.readSync(
        detoured(mounted.detour, offset, length) ?? new Uint8Array(heap.buffer, offset, length),
        position,
      ),
    llseek: (stream: Stream, offset: number, whence: number) => {
      const base = whence === SEEK_CURRENT ? stream.position : whence === SEEK_END ? bytes.size : 0;
      if (base + offset < 0) throw new fs.ErrnoError(EINVAL);
      return base + offset;
    },
  };
  return mounted;
}

function detoured(detour: Detour | undefined, offset: number, length: number): Uint8Array | undefined {
  if (detour === undefined) return undefined;
  const start = offset - detour.pointer;
  const end = start + length;
  if (start < 0 || end > detour.target.length) return undefined;
  detour.filled.push({ start, end });
  return detour.target.subarray(start, end);
}
