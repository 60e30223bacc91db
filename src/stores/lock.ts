/** One process at a time in a directory. A lock whose process is gone is taken over. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { VtsError } from '../errors.ts';
import { type FileOps, nodeFileOps, writeFully } from './file-ops.ts';
import { fileLog } from './log.ts';
import { isAlive, startOf } from './process.ts';

const NAME = '.vts-lock';
/** How often the lock of a running process is touched, so that others see that it lives. */
const HEARTBEAT_MS = 10_000;

/** A lock that is held. */
export interface Lock {
  release(): void;
}

/**
 * Locks `directory`. `breakForeign` takes over from a process on another machine, of which nobody here can tell whether it lives.
 * @throws VtsError JournalConflict when another process holds it
 */
export function lockDirectory(directory: string, ops: FileOps = nodeFileOps, breakForeign = false): Lock {
  const path = join(directory, NAME);
  for (let tries = 0; tries < 3; tries++) {
    try {
      const fd = ops.open(path, 'wx');
      // A number of a process comes again, also after a restart of the machine; its number and its start do not.
      const text = `${process.pid} ${hostname()} ${startOf(process.pid)}`;
      writeFully(ops, fd, new TextEncoder().encode(text), null);
      ops.close(fd);
      return hold(path, text, ops);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const text = fileLog(path, ops).read();
      if (!isGone(text, path, ops) && !(breakForeign && isForeign(text))) {
        throw held(directory, path, text, ops);
      }
      takeAway(path, text, ops);
    }
  }
  throw held(directory, path, '', ops);
}

function hold(path: string, text: string, ops: FileOps): Lock {
  const heart = setInterval(() => {
    try {
      ops.touch(path);
    } catch {
      // The lock alone is not worth ending a job for.
    }
  }, HEARTBEAT_MS);
  heart.unref();
  return {
    release() {
      clearInterval(heart);
      // Another machine may have been told to take over.
      if (fileLog(path, ops).read() === text) ops.unlink(path);
    },
  };
}

/** Whether the process that wrote `text` is surely gone. What is on another machine cannot be told. */
function isGone(text: string, path: string, ops: FileOps): boolean {
  // Killed before it could write who it is; or it is about to.
  if (text === '') return Date.now() - ops.stat(path).mtimeMs > HEARTBEAT_MS;
  if (isForeign(text)) return false;
  const [pid, , start = ''] = text.split(' ');
  return !isAlive(Number(pid)) || (start !== '' && startOf(Number(pid)) !== start);
}

/** Whether the process that wrote `text` is on another machine. */
function isForeign(text: string): boolean {
  return text !== '' && text.split(' ')[1] !== hostname();
}

/** Removes the lock `text`, but not one that another process has put in its place by now. */
function takeAway(path: string, text: string, ops: FileOps): void {
  const aside = `${path}.${process.pid}`;
  try {
    ops.rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (fileLog(aside, ops).read() === text) ops.unlink(aside);
  else ops.rename(aside, path);
}

function held(directory: string, path: string, text: string, ops: FileOps): VtsError {
  const [pid, host] = text === '' ? ['?', '?'] : text.split(' ');
  let seen = '';
  try {
    const seconds = Math.max(0, Math.round((Date.now() - ops.stat(path).mtimeMs) / 1000));
    seen = `; its last sign of life was ${seconds} s ago, and there is one every ${HEARTBEAT_MS / 1000} s`;
  } catch {
    // It is gone by now.
  }
  return new VtsError('JournalConflict', `Another vts is writing to ${directory}`, {
    file: path,
    expected: `process ${pid} on ${host} to end first${seen}`,
    remedy: isForeign(text)
      ? 'wait for it; if it is surely gone, add --break-lock'
      : 'wait for it, or end it',
  });
}
