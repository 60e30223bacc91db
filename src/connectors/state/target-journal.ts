/**
 * The journal of a job whose target is a server: it lies under the user's state directory, in a folder per target, and is
 * gone when the job is done.
 */
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Journal, type JournalHeader, openJournal } from '../../core/journal.ts';
import { isVtsError, VtsError } from '../../errors.ts';
import { type FileOps, nodeFileOps } from '../../stores/file-ops.ts';
import { type Lock, lockDirectory } from '../../stores/lock.ts';
import { fileLog, type Log } from '../../stores/log.ts';

const JOURNAL = 'journal.jsonl';

/** Where the journal is, and whose it is. */
export interface TargetJournalOptions {
  /** The state directory; {@linkcode defaultStateDirectory} unless the user names one. */
  readonly directory: string;
  /** The target: server, database and collection, without a secret. One job at a time writes to it. */
  readonly target: string;
  /** What messages call the target, where its name is not for people. */
  readonly shown?: string;
  /** What must be the same when the job is resumed. */
  readonly job: JournalHeader['job'];
  readonly resume: boolean;
  /** Forgets an unfinished job. */
  readonly restart: boolean;
  /** Takes over from another machine. */
  readonly breakLock?: boolean;
  /** Whether the directory is removed with its last journal. */
  readonly tidy?: boolean;
}

/** An open journal, locked for this process. */
export interface TargetJournal {
  readonly journal: Journal;
  /** Whether there is something to resume. */
  readonly begun: boolean;
  /** Ends it: `done` removes the journal, else it stays for `--resume` once rows may have been written. */
  close(done: boolean): void;
}

/** `$XDG_STATE_HOME/vts`, else `~/.local/state/vts`. */
export function defaultStateDirectory(environment: Record<string, string | undefined> = process.env): string {
  const { XDG_STATE_HOME: home } = environment;
  // The specification of XDG_STATE_HOME wants relative paths ignored.
  return home?.startsWith('/') ? join(home, 'vts') : join(homedir(), '.local/state/vts');
}

/**
 * Opens the journal of `target`.
 * @throws VtsError JournalConflict when a job is unfinished and neither `resume` nor `restart` is given, when `resume` is given
 *   for another job, or another process is at work on the target; OutputUnwritable when there is no place for it
 */
export function openTargetJournal(options: TargetJournalOptions, ops: FileOps = nodeFileOps): TargetJournal {
  const { target, shown = target, job, resume, restart } = options;
  const folder = folderOf(options.directory, target);
  const lock = lockTarget(folder, options, ops);
  try {
    const log = fileLog(join(folder, JOURNAL), ops);
    if (restart) log.remove();
    const begun = log.read() !== '';
    if (begun && !resume) throw unfinished(shown, folder);
    const journal = openFor(shown, log, job, resume);
    return {
      journal,
      begun,
      close(done) {
        const over = done || !hasBegun(log);
        if (over) log.remove();
        lock.release();
        if (over && options.tidy) removeIfEmpty([folder, options.directory], ops);
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Whether a job into `target` is unfinished. Writes nothing. */
export function isUnfinished(directory: string, target: string, ops: FileOps = nodeFileOps): boolean {
  return ops.exists(join(folderOf(directory, target), JOURNAL));
}

function folderOf(directory: string, target: string): string {
  return join(directory, createHash('sha256').update(target).digest('hex').slice(0, 24));
}

/** Whether there is more than the job itself, which alone is not worth going on with: the server was sent nothing. */
function hasBegun(log: Log): boolean {
  return log.read().indexOf('\n') < log.read().lastIndexOf('\n');
}

/** What is left is for others. */
function removeIfEmpty(directories: readonly string[], ops: FileOps): void {
  for (const directory of directories) {
    try {
      ops.removeDirectory(directory);
    } catch {
      return;
    }
  }
}

function lockTarget(
  folder: string,
  { target, shown = target, breakLock = false }: TargetJournalOptions,
  ops: FileOps,
): Lock {
  try {
    ops.makeDirectory(folder, 0o700);
    return lockDirectory(folder, ops, breakLock);
  } catch (error) {
    if (isVtsError(error)) {
      throw new VtsError(error.code, `Another vts is writing to ${shown}`, error.details);
    }
    throw new VtsError(
      'OutputUnwritable',
      `Cannot keep a journal in ${folder}: ${(error as Error).message}`,
      {
        file: folder,
        remedy: 'name a directory for it with --state DIR; without a journal a killed job could not go on',
        cause: error,
      },
    );
  }
}

function unfinished(target: string, folder: string): VtsError {
  return new VtsError('JournalConflict', `An earlier job into ${target} was not finished`, {
    file: join(folder, JOURNAL),
    remedy: 'add --resume to go on with it, or --restart to forget it and begin anew',
  });
}

function openFor(target: string, log: Log, job: JournalHeader['job'], resume: boolean): Journal {
  try {
    return openJournal(log, job, resume);
  } catch (error) {
    if (!isVtsError(error, 'JournalConflict')) throw error;
    // Beginning anew has another flag where the target is not a file.
    const remedy = error.details.remedy?.replaceAll('--overwrite', '--restart');
    throw new VtsError('JournalConflict', `${target}: ${error.message}`, { ...error.details, remedy });
  }
}
