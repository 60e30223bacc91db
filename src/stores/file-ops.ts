/**
 * The file operations that vts uses, in one object, so that tests can count them and let any of them fail. The only
 * importer of `node:fs` for data.
 */
import {
  closeSync,
  existsSync,
  fdatasync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  read,
  readdirSync,
  readSync,
  realpathSync,
  renameSync,
  rmdirSync,
  statfsSync,
  type Stats,
  statSync,
  unlinkSync,
  utimesSync,
  writeSync,
  writev,
} from 'node:fs';
import { promisify } from 'node:util';

/** What {@linkcode FileOps.stat} tells. */
export interface FileStat {
  readonly kind: 'file' | 'directory' | 'pipe' | 'link' | 'other';
  readonly size: number;
  readonly mtimeMs: number;
  /** Permission bits. */
  readonly mode: number;
}

/** File operations, synchronous where they do not say otherwise; all throw Node's errors with a `code` such as `ENOSPC`. */
export interface FileOps {
  /** `mode` is what a new file gets, less the umask. */
  open(path: string, flags: string, mode?: number): number;
  /** Reads up to `target.length` bytes; may return fewer, 0 at the end. */
  read(fd: number, target: Uint8Array, position: number | null): number;
  /** As {@linkcode read}, while the caller goes on; `target` must not be touched meanwhile. */
  readAside(fd: number, target: Uint8Array, position: number): Promise<number>;
  /** Writes up to `bytes.length` bytes; may write fewer without an error (near a full disk, say). */
  write(fd: number, bytes: Uint8Array, position: number | null): number;
  /** As {@linkcode write}, of many pieces, while the caller goes on; they must not change meanwhile. */
  writeAside(fd: number, pieces: readonly Uint8Array[], position: number): Promise<number>;
  fsync(fd: number): void;
  /** Brings what was written to disk while the caller goes on. */
  syncData(fd: number): Promise<void>;
  truncate(fd: number, size: number): void;
  size(fd: number): number;
  close(fd: number): void;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  exists(path: string): boolean;
  /** The file that `path` leads to through symbolic links. */
  realPath(path: string): string;
  stat(path: string): FileStat;
  /** As {@linkcode stat}, of a link itself. */
  linkStat(path: string): FileStat;
  list(directory: string): string[];
  /** Sets the time of change to now. */
  touch(path: string): void;
  /** Makes `directory` and those above it, with `mode` less the umask; does nothing when it is there. */
  makeDirectory(directory: string, mode?: number): void;
  /** Removes an empty directory. */
  removeDirectory(directory: string): void;
  /** Bytes that this user may still write on the file system of `directory`. */
  freeBytes(directory: string): number;
}

/** The real operations. Files are created readable by their owner alone unless the caller says otherwise. */
export const nodeFileOps: FileOps = {
  open: (path, flags, mode = 0o600) => openSync(path, flags, mode),
  read: (fd, target, position) => readSync(fd, target, 0, target.length, position),
  readAside: (fd, target, position) =>
    new Promise((resolve, reject) =>
      read(fd, target, 0, target.length, position, (error, count) => error ? reject(error) : resolve(count))
    ),
  write: (fd, bytes, position) => writeSync(fd, bytes, 0, bytes.length, position),
  writeAside: (fd, pieces, position) =>
    new Promise((resolve, reject) =>
      writev(fd, pieces, position, (error, count) => error ? reject(error) : resolve(count))
    ),
  fsync: fsyncSync,
  syncData: promisify(fdatasync),
  truncate: ftruncateSync,
  size: (fd) => fstatSync(fd).size,
  close: closeSync,
  rename: renameSync,
  unlink: unlinkSync,
  exists: existsSync,
  realPath: (path) => realpathSync(path),
  stat: (path) => factsOf(statSync(path)),
  linkStat: (path) => factsOf(lstatSync(path)),
  list: (directory) => readdirSync(directory),
  touch: (path) => utimesSync(path, new Date(), new Date()),
  makeDirectory: (directory, mode = 0o777) => void mkdirSync(directory, { recursive: true, mode }),
  removeDirectory: (directory) => rmdirSync(directory),
  freeBytes: (directory) => {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  },
};

function factsOf(stat: Stats): FileStat {
  return { kind: kindOf(stat), size: stat.size, mtimeMs: stat.mtimeMs, mode: stat.mode & 0o777 };
}

function kindOf(stat: Stats): FileStat['kind'] {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return 'link';
  return stat.isFIFO() ? 'pipe' : 'other';
}

/** Makes what was created, renamed or removed in `directory` outlive a power cut. */
export function syncDirectory(directory: string, ops: FileOps): void {
  if (process.platform === 'win32') return;
  const fd = ops.open(directory, 'r');
  try {
    ops.fsync(fd);
  } finally {
    ops.close(fd);
  }
}

/** Writes all of `bytes`, going on after short writes. */
export function writeFully(ops: FileOps, fd: number, bytes: Uint8Array, position: number | null): void {
  for (let done = 0; done < bytes.length;) {
    done += counted(ops.write(fd, bytes.subarray(done), position === null ? null : position + done));
  }
}

/** As {@linkcode writeFully}, of many pieces, while the caller goes on. */
export async function writeFullyAside(
  ops: FileOps,
  fd: number,
  pieces: readonly Uint8Array[],
  position: number,
): Promise<void> {
  let left = pieces.filter(({ length }) => length > 0);
  for (let at = position; left.length > 0;) {
    const done = counted(await ops.writeAside(fd, left.slice(0, MOST_PIECES), at));
    at += done;
    left = piecesAfter(left, done);
  }
}

/** Some systems take no more at once (IOV_MAX). */
const MOST_PIECES = 1024;

/** What follows the first `done` bytes of `pieces`. */
function piecesAfter(pieces: readonly Uint8Array[], done: number): Uint8Array[] {
  let rest = done;
  const first = pieces.findIndex(({ length }) => length > rest || (rest -= length, false));
  return first < 0 ? [] : [pieces[first].subarray(rest), ...pieces.slice(first + 1)];
}

function counted(count: number): number {
  if (count === 0) throw Object.assign(new Error('the system wrote no bytes'), { code: 'ENOSPC' });
  return count;
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

/** As {@linkcode readFully}, while the caller goes on. */
export async function readFullyAside(
  ops: FileOps,
  fd: number,
  target: Uint8Array,
  position: number,
): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const count = await ops.readAside(fd, target.subarray(done), position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}
