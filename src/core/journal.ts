/**
 * The journal of a transfer: which parts are safe, and where each range goes on. One JSON object a line; a part's line is
 * appended and synced after the part is committed, so a line never names a part that is not there. A torn last line (the
 * process died while appending) is ignored.
 */
import { VtsError } from '../errors.ts';
import type { Cursor, Range, Source } from './endpoint.ts';

/** The first line: what the journal belongs to. */
export interface JournalHeader {
  readonly type: 'job';
  readonly version: 1;
  /** Everything that must be the same when the job is resumed: source, target, options. */
  readonly job: Readonly<Record<string, string>>;
}

/** What must be known again when the job is resumed: the plan of the source, what the sink made. */
export interface JournalFact {
  readonly type: 'fact';
  readonly name: string;
  readonly value: unknown;
}

/** Says, before a part is begun, how far into its range it may reach. */
export interface JournalReach {
  readonly type: 'reach';
  readonly range: string;
  /** Rows from the start of the range; `null` for no bound. */
  readonly rows: number | null;
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
  /** Rows that were refused and put aside. */
  readonly rejected?: number;
  /** What the sink wants to find again. */
  readonly mark?: string;
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
  /** Whether an earlier run began this job. */
  readonly resumed: boolean;
  readonly parts: readonly JournalPart[];
  append(part: JournalPart): void;
  /** Rows from the start of `range` that an earlier run may have written, committed or not; 0 when it never began. */
  reach(range: string): number;
  /** Keeps, before a part of `range` is begun, how many rows from the start of the range may be written with it. */
  reaches(range: string, rows: number): void;
  /** The last value recorded under `name`. */
  fact(name: string): unknown;
  /** Keeps a JSON value; durable on return. */
  record(name: string, value: unknown): void;
  /** The journal of one transfer among several that make up a job: the same lines, marked `name`. */
  scoped(name: string): Journal;
}

/** The name under which the plan of the source is kept. */
const PLAN = 'plan';

/** The ranges of the job: those of its first run, else what `source` plans, which is kept. */
export async function plannedRanges(
  journal: Journal,
  source: Pick<Source, 'plan' | 'goOn'>,
): Promise<readonly Range[]> {
  const kept = journal.fact(PLAN) as readonly Range[] | undefined;
  if (kept !== undefined) {
    const done = new Set(journal.parts.filter((part) => part.last).map((part) => part.range));
    const open = kept.filter((range) => range.rows !== 0 && !done.has(range.id));
    if (open.length > 0) source.goOn?.(open);
    return kept;
  }
  const ranges = await source.plan();
  journal.record(PLAN, ranges);
  return ranges;
}

/** A journal that is forgotten with the process, for targets that are one file. */
export function forgetfulJournal(): Journal {
  const facts = new Map<string, unknown>();
  return {
    resumed: false,
    parts: [],
    append() {},
    reach: () => 0,
    reaches() {},
    fact: (name) => facts.get(name),
    record: (name, value) => void facts.set(name, value),
    scoped: () => forgetfulJournal(),
  };
}

/**
 * Opens the journal in `store` for `job`.
 * @throws VtsError JournalConflict when it belongs to another job, or exists and `resume` is false
 */
export function openJournal(store: JournalStore, job: JournalHeader['job'], resume: boolean): Journal {
  const lines = parseLines(store.read());
  const header: JournalHeader = { type: 'job', version: 1, job };
  const write = (line: object, replace = false) => store.append(`${JSON.stringify(line)}\n`, replace);
  if (lines.length === 0) write(header, true);
  else {
    if (!resume) {
      throw new VtsError('JournalConflict', 'an earlier run of a job was not finished here', {
        remedy: 'add --resume to go on with it, or --overwrite to begin anew',
      });
    }
    refuseOtherVersion(lines[0] as JournalHeader, header);
    refuseOtherJob((lines[0] as JournalHeader).job, job);
    // What follows the last whole line is torn: write the whole lines again, so that the next line starts cleanly.
    store.append(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), true);
  }
  return view(lines.slice(1) as Entry[], lines.length > 0, write, '');
}

/** What the journal `text` says, to be looked at only; `undefined` when there is none. */
export function readJournal(
  text: string,
): { readonly job: JournalHeader['job']; readonly journal: Journal } | undefined {
  const lines = parseLines(text);
  if (lines.length === 0) return undefined;
  const refuse = () => {
    throw new TypeError('this journal is only looked at');
  };
  return {
    job: (lines[0] as JournalHeader).job ?? {},
    journal: view(lines.slice(1) as Entry[], true, refuse, ''),
  };
}

type Entry = (JournalPart | JournalFact | JournalReach) & { readonly scope?: string };

/** The journal that the entries of one scope make up. */
function view(
  entries: Entry[],
  resumed: boolean,
  write: (line: object) => void,
  scope: string,
): Journal {
  const own = entries.filter((entry) => (entry.scope ?? '') === scope);
  const parts = own.filter((entry) => entry.type === 'part');
  const facts = new Map(own.flatMap((e) => e.type === 'fact' ? [[e.name, e.value]] : []));
  const reaches = new Map<string, number>();
  for (const entry of own) {
    if (entry.type !== 'reach') continue;
    // A part that is begun again may promise less than what an earlier run has sent.
    reaches.set(entry.range, Math.max(reaches.get(entry.range) ?? 0, entry.rows ?? Infinity));
  }
  const add = (entry: JournalPart | JournalFact | JournalReach) => {
    const line = scope === '' ? entry : { ...entry, scope };
    write(line);
    // Another view of the same scope, opened later, knows it too.
    entries.push(line);
  };
  return {
    resumed,
    parts,
    append(part) {
      add(part);
      parts.push(part);
    },
    reach: (range) => reaches.get(range) ?? 0,
    reaches: (range, rows) => add({ type: 'reach', range, rows: rows === Infinity ? null : rows }),
    fact: (name) => facts.get(name),
    record(name, value) {
      add({ type: 'fact', name, value });
      facts.set(name, value);
    },
    scoped: (name) => view(entries, resumed, write, `${scope}/${name}`),
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

function refuseOtherVersion(found: JournalHeader, wanted: JournalHeader): void {
  if (found.type === 'job' && found.version === wanted.version) return;
  throw new VtsError('JournalConflict', 'the journal was written by another version of vts', {
    remedy: 'finish with that version, or add --overwrite instead of --resume to begin anew',
  });
}

/** @throws VtsError JournalConflict, with what differs, when `found` is not the job that is `wanted` */
export function refuseOtherJob(found: JournalHeader['job'], wanted: JournalHeader['job']): void {
  const names = new Set([...Object.keys(found), ...Object.keys(wanted)]);
  const differences = [...names].filter((name) => found[name] !== wanted[name])
    .map((name) => `${name}: was ${found[name] ?? 'not set'}, is ${wanted[name] ?? 'not set'}`);
  if (differences.length === 0) return;
  throw new VtsError('JournalConflict', 'the unfinished job here is another one', {
    expected: differences.join('; '),
    remedy: 'run the command as it was first given, or with --overwrite instead of --resume to begin anew',
  });
}
