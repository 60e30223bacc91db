/**
 * The journal of a transfer: which parts are safe, and where each range goes on. One JSON object a line; a part's line is
 * appended and synced after the part is committed, so a line never names a part that is not there. A torn last line (the
 * process died while appending) is ignored.
 */
import { VtsError } from '../errors.ts';
import type { Cursor } from './endpoint.ts';

/** The first line: what the journal belongs to. */
export interface JournalHeader {
  readonly type: 'job';
  readonly version: 1;
  /** Everything that must be the same when the job is resumed: source, target, options. */
  readonly job: Readonly<Record<string, string>>;
}

/** A committed part. */
export interface JournalPart {
  readonly type: 'part';
  readonly part: number;
  /** The id of the range that the part's last row came from. */
  readonly range: string;
  /** Where that range goes on. */
  readonly after: Cursor;
  /** Whether that range is finished with this part. */
  readonly last: boolean;
  readonly rows: number;
  readonly bytes: number;
}

/** Where journal lines are kept. */
export interface JournalStore {
  /** All lines so far, as written; empty when there is no journal. */
  read(): string;
  /** Appends `text` and makes it durable; `replace` starts over. */
  append(text: string, replace: boolean): void;
}

/** An open journal. */
export interface Journal {
  readonly parts: readonly JournalPart[];
  append(part: JournalPart): void;
}

/** A journal that is forgotten with the process, for targets that are one file. */
export function forgetfulJournal(): Journal {
  return { parts: [], append() {} };
}

/**
 * Opens the journal in `store` for `job`.
 * @throws VtsError JournalConflict when it belongs to another job, or exists and `resume` is false
 */
export function openJournal(store: JournalStore, job: JournalHeader['job'], resume: boolean): Journal {
  const lines = parseLines(store.read());
  const header: JournalHeader = { type: 'job', version: 1, job };
  const parts: JournalPart[] = [];
  if (lines.length === 0) store.append(`${JSON.stringify(header)}\n`, true);
  else {
    if (!resume) {
      throw new VtsError('JournalConflict', 'an earlier run of a job was not finished here', {
        remedy: 'add --resume to go on with it, or --overwrite to begin anew',
      });
    }
    refuseOtherJob(lines[0] as JournalHeader, header);
    parts.push(...lines.slice(1) as JournalPart[]);
    // What follows the last whole line is torn: write the whole lines again, so that the next line starts cleanly.
    store.append(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), true);
  }
  return {
    parts,
    append(part) {
      store.append(`${JSON.stringify(part)}\n`, false);
      parts.push(part);
    },
  };
}

function parseLines(text: string): unknown[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1).split('\n').filter((line) => line !== '');
  return whole.map((line, i) => {
    try {
      return JSON.parse(line);
    } catch (cause) {
      throw new VtsError('JournalConflict', `line ${i + 1} of the journal is damaged`, {
        line: i + 1,
        remedy: 'add --overwrite instead of --resume to begin anew',
        cause,
      });
    }
  });
}

function refuseOtherJob(found: JournalHeader, wanted: JournalHeader): void {
  if (found.type !== 'job' || found.version !== wanted.version) {
    throw new VtsError('JournalConflict', 'the journal was written by another version of vts', {
      remedy: 'finish with that version, or add --overwrite instead of --resume to begin anew',
    });
  }
  const names = new Set([...Object.keys(found.job), ...Object.keys(wanted.job)]);
  const differences = [...names].filter((name) => found.job[name] !== wanted.job[name])
    .map((name) => `${name}: was ${found.job[name] ?? 'not set'}, is ${wanted.job[name] ?? 'not set'}`);
  if (differences.length === 0) return;
  throw new VtsError('JournalConflict', 'the unfinished job here is another one', {
    expected: differences.join('; '),
    remedy: 'run the command as it was first given, or with --overwrite instead of --resume to begin anew',
  });
}
