/** A complete dump as it is read: its manifest, and what it says of each collection. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { VtsError } from '../../errors.ts';
import { type FileOps, nodeFileOps, readFully } from '../../stores/file-ops.ts';
import { CHECKSUMS } from './checksums.ts';
import { type Description, parseDescription } from './description.ts';
import { JOURNAL } from './dump-directory.ts';
import { damage, decodeText, readBytes, readSmallFile, requireSize } from './dump-file.ts';
import { type DumpCollection, MANIFEST, type Manifest, parseManifest } from './manifest.ts';

/** A dump. */
export interface Dump {
  readonly path: string;
  readonly manifest: Manifest;
  readonly ops: FileOps;
}

/** What dump is in a directory. Others have files of these names too: ours are told by what is in them. */
export function dumpKind(path: string, ops: FileOps = nodeFileOps): 'complete' | 'unfinished' | undefined {
  if (!ops.exists(path) || ops.stat(path).kind !== 'directory') return undefined;
  if (ops.exists(join(path, MANIFEST))) {
    const ours = ops.exists(join(path, CHECKSUMS)) || begins(join(path, MANIFEST), '"vts-dump"', ops);
    return ours ? 'complete' : undefined;
  }
  const journal = join(path, JOURNAL);
  return ops.exists(journal) && begins(journal, '{"type":"job"', ops) ? 'unfinished' : undefined;
}

/** Whether `text` is near the front of a file. */
function begins(file: string, text: string, ops: FileOps): boolean {
  if (ops.stat(file).kind !== 'file') return false;
  const fd = ops.open(file, 'r');
  try {
    const head = new Uint8Array(64);
    return new TextDecoder().decode(head.subarray(0, readFully(ops, fd, head, 0))).includes(text);
  } finally {
    ops.close(fd);
  }
}

/** Opens a complete dump. @throws VtsError DumpDamaged, InputMissing, InputUnsupported */
export function openDump(path: string, ops: FileOps = nodeFileOps): Dump {
  const kind = dumpKind(path, ops);
  if (kind === undefined) {
    const there = ops.exists(path);
    throw new VtsError('InputMissing', `${path} ${there ? 'holds no dump' : 'does not exist'}`, {
      file: path,
      ...(there ? { expected: `a directory with a ${MANIFEST}` } : {}),
      remedy: 'check the path',
    });
  }
  if (kind === 'unfinished') {
    throw new VtsError('DumpDamaged', `${path} is an unfinished dump`, {
      file: path,
      expected: `a ${MANIFEST}, which is written last`,
      remedy: `vts inspect ${path} tells how far it got; run its vts dump command again with --resume`,
    });
  }
  return { path, ops, manifest: parseManifest(readSmallFile(path, MANIFEST, ops), join(path, MANIFEST)) };
}

/** What rebuilds a collection. @throws VtsError DumpDamaged */
export function readDescription({ path, ops }: Dump, collection: DumpCollection): Description {
  const { path: name, bytes, sha256 } = collection.schema;
  const file = join(path, name);
  requireSize(path, { path: name, bytes }, ops);
  const found = readBytes(path, name, ops);
  if (createHash('sha256').update(found).digest('hex') !== sha256) {
    throw damage(name, 'not what was written: its SHA-256 differs', file);
  }
  const description = parseDescription(decodeText(found, file), file);
  const { database, name: called } = description.collection;
  if (database === collection.database && called === collection.name) return description;
  throw damage(name, `the description of another collection, "${called}" of "${database}"`, file);
}

/**
 * Checks that all files of `collections` are there in full, without reading the parts, and that the checksums are those of the
 * manifest.
 * @throws VtsError DumpDamaged
 */
export function requireFiles({ path, ops, manifest }: Dump, collections: readonly DumpCollection[]): void {
  const sums = createHash('sha256').update(readBytes(path, CHECKSUMS, ops)).digest('hex');
  if (sums !== manifest.checksums) {
    throw damage(CHECKSUMS, 'not what was written: its SHA-256 differs', join(path, CHECKSUMS));
  }
  for (const { schema, partitions } of collections) {
    requireSize(path, schema, ops);
    for (const { parts } of partitions) for (const part of parts) requireSize(path, part, ops);
  }
}
