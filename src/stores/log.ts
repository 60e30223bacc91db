/** A text file that only grows by whole, synced pieces. */
import { dirname } from 'node:path';
import { outputError } from './file.ts';
import { type FileOps, nodeFileOps, readFully, syncDirectory, writeFully } from './file-ops.ts';

/** The text so far, and how it grows. */
export interface Log {
  /** All text; empty when there is no file. */
  read(): string;
  /** Appends `text` and waits until it is on disk; `replace` starts over in one step. */
  append(text: string, replace: boolean): void;
  /** Removes the file, if there is one. */
  remove(): void;
}

/** The log at `path`. */
export function fileLog(path: string, ops: FileOps = nodeFileOps): Log {
  return {
    read() {
      if (!ops.exists(path)) return '';
      const fd = ops.open(path, 'r');
      try {
        const bytes = new Uint8Array(ops.size(fd));
        return new TextDecoder().decode(bytes.subarray(0, readFully(ops, fd, bytes, 0)));
      } finally {
        ops.close(fd);
      }
    },
    append(text, replace) {
      try {
        append(path, text, replace, ops);
      } catch (error) {
        throw outputError(path, error);
      }
    },
    remove() {
      if (ops.exists(path)) ops.unlink(path);
    },
  };
}

function append(path: string, text: string, replace: boolean, ops: FileOps): void {
  const target = replace ? `${path}.new` : path;
  const fd = ops.open(target, replace ? 'w' : 'a');
  try {
    writeFully(ops, fd, new TextEncoder().encode(text), null);
    ops.fsync(fd);
  } finally {
    ops.close(fd);
  }
  if (!replace) return;
  ops.rename(target, path);
  syncDirectory(dirname(path), ops);
}
