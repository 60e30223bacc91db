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
import { dirname, join, relative } from 'node:path';
import { type Journal, type JournalHeader, openJournal } from '../../core/journal.ts';
import { isVtsError, VtsError } from '../../errors.ts';
import { createFileSink } from '../../stores/file.ts';
import { type FileOps, nodeFileOps } from '../../stores/file-ops.ts';
import { lockDirectory } from '../../stores/lock.ts';
import { fileLog } from '../../stores/log.ts';
import { CHECKSUMS, checksumsText } from './checksums.ts';
import { MANIFEST, type Manifest, manifestText } from './manifest.ts';

/** The journal's name. */
export const JOURNAL = 'journal.jsonl';
/** Dumps hold user data: nobody else reads them. */
export const FILE_MODE = 0o600;
export const DIRECTORY_MODE = 0o700;

/** A dump that is being written. */
export interface DumpDirectory {
  readonly path: string;
  readonly journal: Journal;
  /** The path on disk of `path`, which is relative to the dump; the directories above it are made. */
  place(path: string): string;
  /** Writes a small file in one step and returns its SHA-256. */
  writeText(path: string, text: string): Promise<void>;
  /** Removes every part file that is not among `known`: leftovers of a run that was killed before it journaled them. */
  removeStrays(known: ReadonlySet<string>): void;
  /** Completes the dump: checksums of all files, then the manifest, then no journal. */
  complete(manifest: Manifest, sums: ReadonlyMap<string, string>): Promise<void>;
  close(): void;
}

/**
 * Opens `path` for the dump that `job` describes.
 * @throws VtsError OutputExists when a complete dump or anything else is there; JournalConflict when an unfinished one is there and
 *   `resume` is false or it is another job's, or another process is at work
 */
export function openDumpDirectory(
  path: string,
  job: JournalHeader['job'],
  resume: boolean,
  ops: FileOps = nodeFileOps,
): DumpDirectory {
  ops.makeDirectory(path, DIRECTORY_MODE);
  const lock = lockDirectory(path, ops);
  try {
    refuseOthers(path, ops);
    const log = fileLog(join(path, JOURNAL), ops);
    const journal = openJournalIn(log, path, job, resume);
    const place = (name: string) => {
      const file = join(path, name);
      ops.makeDirectory(dirname(file), DIRECTORY_MODE);
      return file;
    };
    const writeText = async (name: string, text: string) => {
      const sink = createFileSink(place(name), true, ops, FILE_MODE);
      await sink.write(new TextEncoder().encode(text));
      await sink.commit();
    };
    return {
      path,
      journal,
      place,
      writeText,
      removeStrays(known) {
        for (const file of filesUnder(path, ops)) {
          const name = relative(path, file).replaceAll('\\', '/');
          if (/\/part-\d{5,}\.parquet$/.test(name) && !known.has(name)) ops.unlink(file);
        }
      },
      async complete(manifest, sums) {
        await writeText(CHECKSUMS, checksumsText(sums));
        await writeText(MANIFEST, manifestText(manifest));
        log.remove();
      },
      close: () => lock.release(),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function refuseOthers(path: string, ops: FileOps): void {
  if (ops.exists(join(path, MANIFEST))) {
    throw new VtsError('OutputExists', `${path} holds a complete dump`, {
      file: path,
      remedy: `name another directory; vts verify ${path} checks this one`,
    });
  }
  const names = ops.list(path).filter((name) => !name.startsWith('.vts-'));
  if (names.length === 0 || names.includes(JOURNAL)) return;
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
  try {
    return openJournal(log, job, resume);
  } catch (error) {
    if (!isVtsError(error, 'JournalConflict')) throw error;
    const remedy = error.details.remedy?.replaceAll('--overwrite', 'another directory');
    throw new VtsError(error.code, `${path}: ${error.message}`, { ...error.details, file: path, remedy });
  }
}

function* filesUnder(directory: string, ops: FileOps): Iterable<string> {
  for (const name of ops.list(directory)) {
    const path = join(directory, name);
    if (ops.stat(path).kind === 'directory') yield* filesUnder(path, ops);
    else yield path;
  }
}
