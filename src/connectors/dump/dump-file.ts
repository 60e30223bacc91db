/** Files of a dump as they are read: regular files inside its directory, reached by no link. */
import { join } from 'node:path';
import { VtsError } from '../../errors.ts';
import { type ByteSource } from '../../stores/bytes.ts';
import { openFileSource } from '../../stores/file.ts';
import { type FileOps, nodeFileOps, readFully } from '../../stores/file-ops.ts';
import type { DumpFile } from './manifest.ts';

/** Texts of a dump may be this long: a manifest has about 300 bytes a part. */
const LARGEST_TEXT = 1 << 30;

/**
 * The path on disk of `path` in the dump `directory`.
 * @throws VtsError DumpDamaged when it is missing, or when it or a directory above it is a link, a pipe or a device
 */
function locate(directory: string, path: string, ops: FileOps = nodeFileOps): string {
  const names = path.split('/');
  let file = directory;
  names.forEach((name, i) => {
    file = join(file, name);
    const expected = i === names.length - 1 ? 'file' : 'directory';
    const kind = kindOf(file, ops);
    if (kind === expected) return;
    throw damage(
      path,
      kind === undefined
        ? 'missing'
        : i === names.length - 1
        ? `no regular file but a ${kind}`
        : `behind a ${kind}`,
      join(directory, path),
    );
  });
  return file;
}

function kindOf(file: string, ops: FileOps): string | undefined {
  try {
    const { kind } = ops.linkStat(file);
    return kind === 'other' ? 'device' : kind;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new VtsError('InputUnreadable', `Cannot read ${file}: ${(error as Error).message}`, {
      file,
      cause: error,
    });
  }
}

/** The text of a small file. @throws VtsError DumpDamaged, InputUnreadable */
export function readSmallFile(directory: string, path: string, ops: FileOps = nodeFileOps): string {
  return decodeText(readBytes(directory, path, ops), join(directory, path));
}

/** The bytes of a small file. */
export function readBytes(directory: string, path: string, ops: FileOps = nodeFileOps): Uint8Array {
  const file = locate(directory, path, ops);
  let fd: number;
  try {
    fd = ops.open(file, 'r');
  } catch (error) {
    throw new VtsError('InputUnreadable', `Cannot read ${file}: ${(error as Error).message}`, {
      file,
      cause: error,
    });
  }
  try {
    const size = ops.size(fd);
    if (size > LARGEST_TEXT) throw damage(path, `${size} bytes long, which it cannot be`, file);
    const bytes = new Uint8Array(size);
    return bytes.subarray(0, readFully(ops, fd, bytes, 0));
  } finally {
    ops.close(fd);
  }
}

/** UTF-8 as text. @throws VtsError DumpDamaged */
export function decodeText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new VtsError('DumpDamaged', `${file} is damaged: it is no text`, { file, cause });
  }
}

/** Opens a file, whose size must be right. @throws VtsError DumpDamaged */
export function openDumpFile(
  directory: string,
  { path, bytes }: Pick<DumpFile, 'path' | 'bytes'>,
  ops: FileOps = nodeFileOps,
): ByteSource {
  const file = locate(directory, path, ops);
  requireSize(directory, { path, bytes }, ops);
  return openFileSource(file, ops);
}

/** @throws VtsError DumpDamaged when the file is not there, not a file, or has not the size that it was written with */
export function requireSize(
  directory: string,
  { path, bytes }: Pick<DumpFile, 'path' | 'bytes'>,
  ops: FileOps = nodeFileOps,
): void {
  const file = locate(directory, path, ops);
  const { size } = ops.linkStat(file);
  if (size === bytes) return;
  throw damage(path, `${size} bytes long instead of ${bytes}`, file, size < bytes ? size : bytes);
}

/** What is wrong with the file `path` of a dump. */
export function damage(path: string, why: string, file: string, byte?: number): VtsError {
  return new VtsError('DumpDamaged', `${path} is ${why}`, {
    file,
    byte,
    remedy: 'put back the file as it was written, from another copy of the dump',
  });
}
