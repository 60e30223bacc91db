/**
 * The file operations that vts uses, in one object, so that tests can count them and let any of them fail. The only
 * importer of `node:fs` for data.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  renameSync,
  statfsSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';

/** What {@linkcode FileOps.stat} tells. */
export interface FileStat {
  readonly kind: 'file' | 'directory' | 'pipe' | 'other';
  readonly size: number;
  readonly mtimeMs: number;
  /** Permission bits. */
  readonly mode: number;
}

/** Synchronous file operations; all throw Node's errors with a `code` such as `ENOSPC`. */
export interface FileOps {
  /** `mode` is what a new file gets, less the umask. */
  open(path: string, flags: string, mode?: number): number;
  /** Reads up to `target.length` bytes; may return fewer, 0 at the end. */
  read(fd: number, target: Uint8Array, position: number | null): number;
  /** Writes up to `bytes.length` bytes; may write fewer without an error (near a full disk, say). */
  write(fd: number, bytes: Uint8Array, position: number | null): number;
  fsync(fd: number): void;
  truncate(fd: number, size: number): void;
  size(fd: number): number;
  close(fd: number): void;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  exists(path: string): boolean;
  /** The file that `path` leads to through symbolic links. */
  realPath(path: string): string;
  stat(path: string): FileStat;
  list(directory: string): string[];
  /** Makes `directory` and those above it, with `mode` less the umask; does nothing when it is there. */
  makeDirectory(directory: string, mode?: number): void;
  /** Bytes that this user may still write on the file system of `directory`. */
  freeBytes(directory: string): number;
}

/** The real operations. Files are created readable by their owner alone unless the caller says otherwise. */
export const nodeFileOps: FileOps = {
  open: (path, flags, mode = 0o600) => openSync(path, flags, mode),
  read: (fd, target, position) => readSync(fd, target, 0, target.length, position),
  write: (fd, bytes, position) => writeSync(fd, bytes, 0, bytes.length, position),
  fsync: fsyncSync,
  truncate: ftruncateSync,
  size: (fd) => fstatSync(fd).size,
  close: closeSync,
  rename: renameSync,
  unlink: unlinkSync,
  exists: existsSync,
  realPath: (path) => realpathSync(path),
  stat: (path) => {
    const stat = statSync(path);
    const kind = stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : stat.isFIFO() ? 'pipe' : 'other';
    return { kind, size: stat.size, mtimeMs: stat.mtimeMs, mode: stat.mode & 0o777 };
  },
  list: (directory) => readdirSync(directory),
  makeDirectory: (directory, mode = 0o777) => void mkdirSync(directory, { recursive: true, mode }),
  freeBytes: (directory) => {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  },
};

/** Writes all of `bytes`, going on after short writes. */
export function writeFully(ops: FileOps, fd: number, bytes: Uint8Array, position: number | null): void {
  let done = 0;
  while (done < bytes.length) {
    const count = ops.write(fd, bytes.subarray(done), position === null ? null : position + done);
    if (count === 0) throw Object.assign(new Error('the system wrote no bytes'), { code: 'ENOSPC' });
    done += count;
  }
}

/** Reads until `target` is full or the file ends; returns the bytes read. */
export function readFully(ops: FileOps, fd: number, target: Uint8Array, position: number): number {
  let done = 0;
  while (done < target.length) {
    const count = ops.read(fd, target.subarray(done), position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}
