/** Local files. A new file grows under a `.partial` name and gets its own at {@linkcode ByteSink.commit}. */
import { basename, dirname, join } from 'node:path';
import { VtsError } from '../errors.ts';
import { type ByteSource, PEEKED, type RandomAccessSink, type Scratch } from './bytes.ts';
import {
  type FileOps,
  type FileStat,
  nodeFileOps,
  readFully,
  readFullyAside,
  syncDirectory,
  writeFully,
  writeFullyAside,
} from './file-ops.ts';
import { isAlive } from './process.ts';
import { writeBack } from './write-back.ts';

const CHUNK = 1 << 20;
/** Bytes that are worth a thread's while: others are written at once. */
const WORTH_ASIDE = 256 * 1024;
/** What a new output may be read by, less the umask, as with any other tool. */
const NEW_FILE_MODE = 0o666;

/** Opens a regular file for reading. */
export function openFileSource(path: string, ops: FileOps = nodeFileOps): ByteSource {
  const { kind } = statInput(path, ops);
  if (kind === 'directory') {
    throw new VtsError('InputUnreadable', `${path} is a directory, not a file`, { file: path });
  }
  if (kind !== 'file') {
    throw new VtsError('InputUnreadable', `${path} is not a regular file`, {
      file: path,
      remedy: `pipe it in instead: vts ... - < ${path}`,
    });
  }
  const fd = attempt(path, 'read', () => ops.open(path, 'r'));
  let size: number;
  try {
    size = ops.size(fd);
  } catch (error) {
    ops.close(fd);
    throw inputError(path, error);
  }
  let open = true;
  const source: ByteSource = {
    name: path,
    size,
    readSync: (target, position) => attempt(path, 'read', () => readFully(ops, fd, target, position)),
    async readAt(target, position) {
      if (target.length < WORTH_ASIDE) return source.readSync(target, position);
      try {
        return await readFullyAside(ops, fd, target, position);
      } catch (error) {
        throw inputError(path, error);
      }
    },
    async read(position, length) {
      if (!(position >= 0 && length >= 0 && position + length <= size)) {
        throw truncated(path, position, length, size);
      }
      const bytes = new Uint8Array(length);
      if (await source.readAt(bytes, position) < length) throw truncated(path, position, length, size);
      return bytes;
    },
    // deno-lint-ignore require-await
    async peek() {
      const head = new Uint8Array(PEEKED);
      return head.subarray(0, source.readSync(head, 0));
    },
    async *stream(position = 0) {
      for (let at = position;;) {
        const chunk = new Uint8Array(CHUNK);
        const count = source.readSync(chunk, at);
        if (count === 0) return;
        yield chunk.subarray(0, count);
        at += count;
      }
    },
    // deno-lint-ignore require-await
    async close() {
      if (open) ops.close(fd);
      open = false;
    },
  };
  return source;
}

/** Creates `path`, readable as `mode` says less the umask. @throws VtsError OutputExists unless `overwrite`. */
export function createFileSink(
  name: string,
  overwrite: boolean,
  ops: FileOps = nodeFileOps,
  newFileMode = NEW_FILE_MODE,
): RandomAccessSink {
  refuseExisting(name, overwrite, ops);
  // A link stays a link: what it leads to is replaced. A file that is replaced keeps its permissions.
  const path = ops.exists(name) ? ops.realPath(name) : name;
  const mode = ops.exists(path) ? ops.stat(path).mode : newFileMode;
  removeStalePartials(path, ops);
  const partial = `${path}.${process.pid}.partial`;
  const fd = attempt(path, 'write', () => ops.open(partial, 'w+', mode));
  const onDisk = writeBack(fd, ops);
  let state: 'open' | 'committed' | 'aborted' = 'open';
  let position = 0;
  let size = 0;
  const wrote = (bytes: number, at: number): void => {
    size = Math.max(size, at + bytes);
    onDisk.wrote(bytes);
  };
  const writeAside = async (pieces: readonly Uint8Array[], bytes: number, at: number): Promise<void> => {
    try {
      await writeFullyAside(ops, fd, pieces, at);
    } catch (error) {
      throw outputError(path, error);
    }
    wrote(bytes, at);
  };
  const sink: RandomAccessSink = {
    name: path,
    seekable: true,
    get position() {
      return position;
    },
    get size() {
      return size;
    },
    write(bytes) {
      const at = position;
      position += bytes.length;
      return sink.writeAt(bytes, at);
    },
    async writeAll(pieces) {
      const at = position;
      position += pieces.reduce((sum, { length }) => sum + length, 0);
      const bytes = position - at;
      if (bytes >= WORTH_ASIDE) return await writeAside(pieces, bytes, at);
      let end = at;
      for (const piece of pieces) {
        sink.writeSync(piece, end);
        end += piece.length;
      }
    },
    async writeAt(bytes, at) {
      if (bytes.length < WORTH_ASIDE) sink.writeSync(bytes, at);
      else await writeAside([bytes], bytes.length, at);
    },
    writeSync(bytes, at) {
      attempt(path, 'write', () => writeFully(ops, fd, bytes, at));
      wrote(bytes.length, at);
    },
    async commit() {
      if (state !== 'open') return;
      await onDisk.settle().catch((error) => {
        throw outputError(path, error);
      });
      attempt(path, 'write', () => ops.fsync(fd));
      refuseExisting(path, overwrite, ops);
      attempt(path, 'write', () => {
        ops.rename(partial, path);
        syncDirectory(dirname(path), ops);
      });
      state = 'committed';
      ops.close(fd);
    },
    async abort() {
      if (state !== 'open') return;
      state = 'aborted';
      // It does not matter any more whether the bytes reach the disk.
      await onDisk.settle().catch(() => {});
      ops.close(fd);
      ops.unlink(partial);
    },
  };
  return sink;
}

/** A scratch file in `directory`. Its name is removed at once, so that not even a kill leaves it behind. */
export function createScratch(directory: string, ops: FileOps = nodeFileOps): Scratch {
  const path = join(directory, `.vts-${process.pid}-${scratchCount++}.scratch`);
  const fd = attempt(path, 'write', () => ops.open(path, 'wx+'));
  ops.unlink(path);
  let size = 0;
  const scratch: Scratch = {
    get size() {
      return size;
    },
    append: (bytes) => scratch.writeSync(bytes, size),
    readSync: (target, position) => attempt(path, 'read', () => readFully(ops, fd, target, position)),
    writeSync(bytes, position) {
      attempt(path, 'write', () => writeFully(ops, fd, bytes, position));
      size = Math.max(size, position + bytes.length);
    },
    close: () => ops.close(fd),
  };
  return scratch;
}

let scratchCount = 0;

/** What `path` is. @throws VtsError InputMissing, InputUnreadable */
export function statInput(path: string, ops: FileOps = nodeFileOps): FileStat {
  return attempt(path, 'read', () => ops.stat(path));
}

function refuseExisting(path: string, overwrite: boolean, ops: FileOps): void {
  if (!ops.exists(path)) return;
  const { kind } = attempt(path, 'write', () => ops.stat(path));
  if (kind === 'directory') {
    throw new VtsError('OutputExists', `${path} is a directory`, { file: path, remedy: 'name a file' });
  }
  if (kind !== 'file') {
    throw new VtsError('OutputExists', `${path} is a device or a pipe, not a file`, {
      file: path,
      remedy: `write to standard output instead: vts ... - > ${path}`,
    });
  }
  if (!overwrite) {
    throw new VtsError('OutputExists', `${path} exists already`, {
      file: path,
      remedy: 'add --overwrite to replace it, or name another file',
    });
  }
}

/** Removes what killed runs left of `path`: partial files whose process is gone. */
function removeStalePartials(path: string, ops: FileOps): void {
  const directory = dirname(path);
  const prefix = `${basename(path)}.`;
  const names = attempt(path, 'write', () => ops.list(directory));
  for (const name of names) {
    if (!name.startsWith(prefix) || !name.endsWith('.partial')) continue;
    const pid = name.slice(prefix.length, -'.partial'.length);
    if (/^\d+$/.test(pid) && !isAlive(Number(pid))) ops.unlink(join(directory, name));
  }
}

function truncated(path: string, position: number, length: number, size: number): VtsError {
  return new VtsError('InputTruncated', `${path} ends too early`, {
    file: path,
    byte: size,
    expected: `${length} bytes from byte ${position} on; the file has ${size}`,
    remedy: 'copy or download the file again',
  });
}

function attempt<T>(path: string, direction: 'read' | 'write', operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw direction === 'read' ? inputError(path, error) : outputError(path, error);
  }
}

function inputError(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof VtsError || code === undefined) return error;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new VtsError('InputMissing', `${path} does not exist`, {
      file: path,
      remedy: 'check the path',
      cause: error,
    });
  }
  const reason = code === 'EACCES' || code === 'EPERM' ? 'permission denied' : (error as Error).message;
  return new VtsError('InputUnreadable', `Cannot read ${path}: ${reason}`, { file: path, cause: error });
}

/** What a user is told of a system error that came while `path` was written; any other error as it is. */
export function outputError(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof VtsError || code === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new VtsError('DiskFull', `No space left while writing ${path}`, {
      file: path,
      remedy: 'free some space or write elsewhere, then run the same command again',
      cause: error,
    });
  }
  if (code === 'ENOENT') {
    return new VtsError('OutputUnwritable', `The directory ${dirname(path)} does not exist`, {
      file: path,
      remedy: `mkdir -p ${dirname(path)}`,
      cause: error,
    });
  }
  const reason = code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
    ? 'permission denied'
    : (error as Error).message;
  return new VtsError('OutputUnwritable', `Cannot write ${path}: ${reason}`, { file: path, cause: error });
}
