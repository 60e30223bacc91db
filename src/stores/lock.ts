/** One process at a time in a directory. A lock whose process is gone is taken over. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { VtsError } from '../errors.ts';
import { type FileOps, nodeFileOps, writeFully } from './file-ops.ts';
import { fileLog } from './log.ts';
import { isAlive } from './process.ts';

const NAME = '.vts-lock';

/** A lock that is held. */
export interface Lock {
  release(): void;
}

/** Locks `directory`. @throws VtsError JournalConflict when another process holds it */
export function lockDirectory(directory: string, ops: FileOps = nodeFileOps): Lock {
  const path = join(directory, NAME);
  const own = `${process.pid} ${hostname()}`;
  for (let tries = 0; tries < 2; tries++) {
    try {
      const fd = ops.open(path, 'wx');
      writeFully(ops, fd, new TextEncoder().encode(own), null);
      ops.close(fd);
      return { release: () => ops.unlink(path) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const [pid, host] = fileLog(path, ops).read().split(' ');
      if (host !== hostname() || isAlive(Number(pid))) throw held(directory, path, pid, host);
      ops.unlink(path);
    }
  }
  throw held(directory, path, '?', '?');
}

function held(directory: string, path: string, pid: string, host: string): VtsError {
  return new VtsError('JournalConflict', `Another vts is writing to ${directory}`, {
    file: path,
    expected: `process ${pid} on ${host} to end first`,
    remedy: `wait for it; if it is surely gone, remove ${path}`,
  });
}
