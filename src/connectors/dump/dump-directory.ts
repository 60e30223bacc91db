/**
 * The directory of a dump while it is written: locked, journaled, and complete only when `manifest.json` is there.
 *
 *     backup/
 *       journal.jsonl                  while it grows
 *       default/docs/schema.json
 *       default/docs/_default/part-00000.parquet
 *       SHA256SUMS
 *       manifest.json                  last of all
 */
import { createHash } from 'node:crypto';
import { dirname, join, relative } from 'node:path';
import { type Journal, type JournalHeader, openJournal, refuseOtherJob } from '../../core/journal.ts';
import { isVtsError, VtsError } from '../../errors.ts';
import { createFileSink, outputError } from '../../stores/file.ts';
import { type FileOps, nodeFileOps, syncDirectory } from '../../stores/file-ops.ts';
import { type Lock, lockDirectory } from '../../stores/lock.ts';
import { fileLog } from '../../stores/log.ts';
import { CHECKSUMS, checksumsText } from './checksums.ts';
import { readSmallFile } from './dump-file.ts';
import { type DumpFile, filesOf, MANIFEST, type Manifest, manifestText, parseManifest } from './manifest.ts';

/** The journal's name. */
export const JOURNAL = 'journal.jsonl';
/** Dumps hold user data: nobody else reads them. */
export const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/** Files that vts makes in a dump, those of killed runs too. */
const OURS = /(^|\/)(part-\d{5,}\.parquet|schema\.json|SHA256SUMS|manifest\.json)(\.\d+\.partial)?$/;

/** A dump that is being written. */
export interface DumpDirectory {
  readonly path: string;
  readonly ops: FileOps;
  readonly journal: Journal;
  /** What an earlier run completed, of which nothing is left to do. */
  readonly complete: Manifest | undefined;
  /** The path on disk of `path`, which is relative to the dump; the directories above it are made. */
  place(path: string): string;
  /** Writes a small file in one step. */
  writeText(path: string, text: string): Promise<DumpFile>;
  /** @throws VtsError JournalConflict for files that are not as they were written */
  requireFiles(files: readonly Pick<DumpFile, 'path' | 'bytes'>[]): void;
  /** Removes every part that is not among `known`: leftovers of a run that was killed before it journaled them. */
  removeStrays(known: ReadonlySet<string>): void;
  /** Completes the dump: checksums of all files, then the manifest, then no journal. */
  finish(manifest: Omit<Manifest, 'checksums'>): Promise<void>;
  close(): void;
}

/**
 * Opens `path` for the dump that `job` describes.
 * @throws VtsError OutputExists when a complete dump or anything else is there; JournalConflict when an unfinished one is there and
 *   `resume` is false or it is another job's, or another process is at work; `breakLock` takes over from another machine
 */
export function openDumpDirectory(
  path: string,
  job: JournalHeader['job'],
  { resume = false, breakLock = false }: { readonly resume?: boolean; readonly breakLock?: boolean },
  ops: FileOps = nodeFileOps,
): DumpDirectory {
  const lock = lockNew(path, breakLock, ops);
  try {
    const complete = completeDump(path, job, resume, ops);
    const log = fileLog(join(path, JOURNAL), ops);
    if (complete !== undefined) log.remove();
    else refuseOthers(path, ops);
    const journal = complete === undefined ? openJournalIn(log, path, job, resume) : undefined;
    const place = (name: string) => {
      const file = join(path, name);
      try {
        makeDirectories(dirname(file), ops);
      } catch (error) {
        throw outputError(file, error);
      }
      return file;
    };
    const writeText = async (name: string, text: string): Promise<DumpFile> => {
      const bytes = new TextEncoder().encode(text);
      const sink = createFileSink(place(name), true, ops, FILE_MODE);
      await sink.write(bytes);
      await sink.commit();
      return { path: name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    };
    const removeStrays = (known: ReadonlySet<string>) => {
      for (const file of filesUnder(path, ops)) {
        const name = relative(path, file).replaceAll('\\', '/');
        if (OURS.test(name) && !known.has(name)) ops.unlink(file);
      }
    };
    return {
      path,
      ops,
      get journal() {
        if (journal === undefined) throw new TypeError('a complete dump has no journal');
        return journal;
      },
      complete,
      place,
      writeText,
      requireFiles(files) {
        for (const file of files) requireFile(join(path, file.path), file.bytes, ops);
      },
      removeStrays,
      async finish(manifest) {
        const sums = new Map(filesOf({ ...manifest, checksums: '' }).map((file) => [file.path, file.sha256]));
        // A collection that was begun anew has left what came before.
        removeStrays(new Set(sums.keys()));
        const { sha256: checksums } = await writeText(CHECKSUMS, checksumsText(sums));
        await writeText(MANIFEST, manifestText({ ...manifest, checksums }));
        log.remove();
      },
      close() {
        // A job that was stopped before it began leaves nothing that a next one would stumble over.
        if (journal !== undefined && isBlank(log.read())) log.remove();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Makes and locks the directory. @throws VtsError OutputUnwritable, before anything is asked of a server */
function lockNew(path: string, breakLock: boolean, ops: FileOps): Lock {
  try {
    makeDirectories(path, ops);
    return lockDirectory(path, ops, breakLock);
  } catch (error) {
    throw outputError(path, error);
  }
}

/** Whether a journal has nothing but the job itself. */
function isBlank(text: string): boolean {
  return text.indexOf('\n') === text.lastIndexOf('\n');
}

/** The manifest of a dump that an earlier run of the same job completed. */
function completeDump(
  path: string,
  job: JournalHeader['job'],
  resume: boolean,
  ops: FileOps,
): Manifest | undefined {
  const file = join(path, MANIFEST);
  if (!ops.exists(file)) return undefined;
  if (!resume) {
    throw new VtsError('OutputExists', `${path} holds a complete dump`, {
      file: path,
      remedy: `name another directory; vts verify ${path} checks this one`,
    });
  }
  const manifest = parseManifest(readSmallFile(path, MANIFEST, ops), file);
  inDirectory(path, () => refuseOtherJob(manifest.job, job));
  return manifest;
}

function refuseOthers(path: string, ops: FileOps): void {
  const names = ops.list(path).filter((name) => !name.startsWith('.vts-'));
  if (names.length === 0 || names.includes(JOURNAL) || names.every((name) => name === `${JOURNAL}.new`)) {
    return;
  }
  throw new VtsError('OutputExists', `${path} is not empty and no dump`, {
    file: path,
    expected: `an empty or new directory; there is ${names.slice(0, 3).join(', ')}`,
    remedy: 'name another directory',
  });
}

function openJournalIn(
  log: ReturnType<typeof fileLog>,
  path: string,
  job: JournalHeader['job'],
  resume: boolean,
): Journal {
  return inDirectory(path, () => openJournal(log, job, resume));
}

/** Conflicts in the words of dumps, which have no --overwrite. */
function inDirectory<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!isVtsError(error, 'JournalConflict')) throw error;
    const remedy = error.details.remedy
      ?.replace('with --overwrite instead of --resume to begin anew', 'name another directory')
      .replace('add --overwrite instead of --resume to begin anew', 'name another directory')
      .replace('--overwrite to begin anew', 'name another directory');
    throw new VtsError(error.code, `${path}: ${error.message}`, { ...error.details, file: path, remedy });
  }
}

function requireFile(path: string, bytes: number, ops: FileOps): void {
  const found = ops.exists(path) ? ops.stat(path).size : undefined;
  if (found === bytes) return;
  throw new VtsError(
    'JournalConflict',
    `${path} is ${found === undefined ? 'gone' : 'another size'} since it was written`,
    {
      file: path,
      expected: `${bytes} bytes${found === undefined ? '' : `; it has ${found}`}`,
      remedy: 'put it back as it was, or begin anew in another directory',
    },
  );
}

function* filesUnder(directory: string, ops: FileOps): Iterable<string> {
  for (const name of ops.list(directory)) {
    const path = join(directory, name);
    const { kind } = ops.linkStat(path);
    if (kind === 'directory') yield* filesUnder(path, ops);
    else yield path;
  }
}

/** Makes `directory` and what is missing above it, so that a power cut takes none of them away again. */
function makeDirectories(directory: string, ops: FileOps): void {
  if (ops.exists(directory)) return;
  const parent = dirname(directory);
  if (parent !== directory) makeDirectories(parent, ops);
  ops.makeDirectory(directory, DIRECTORY_MODE);
  syncDirectory(parent, ops);
}
