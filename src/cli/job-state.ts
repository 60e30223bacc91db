/**
 * Which steps of a job are done, so that `vts run JOB --resume` goes on behind them. A step itself goes on by its own
 * journal. A line is synced as soon as a step is proven, and the file is gone when the job is done.
 */
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TransferSummary } from '../core/transfer.ts';
import { VtsError } from '../errors.ts';
import { outputError } from '../stores/file.ts';
import { fileLog } from '../stores/log.ts';
import type { CheckedStep } from './job-step.ts';

/** What is known of earlier runs of a job. */
export interface JobState {
  /** The summary of a step that is done; undefined where it is not. */
  done(index: number): TransferSummary | undefined;
  /** Keeps that a step is done. */
  record(index: number, summary: TransferSummary): void;
  /** Forgets all: the job is done. */
  end(): void;
}

interface Line {
  readonly step: number;
  /** Tells whether the step is still the same. */
  readonly digest: string;
  readonly summary: TransferSummary;
}

/**
 * Opens the state of the job `name` in `directory`; nothing is written before a step is done, but for `restart`.
 * @throws VtsError JournalConflict when it is unfinished and neither `resume` nor `restart` is given, or when steps that are
 *   done have been changed since
 */
export function openJobState(
  { name, directory, steps, resume, restart }: {
    readonly name: string;
    readonly directory: string;
    readonly steps: readonly CheckedStep[];
    readonly resume: boolean;
    readonly restart: boolean;
  },
): JobState {
  const digests = steps.map(digestOf);
  // Standard input has no name: there the job is what it says.
  const identity = name === '-' ? digests.join() : resolve(name);
  const folder = join(directory, 'jobs');
  const file = join(folder, `${sha256(identity).slice(0, 24)}.jsonl`);
  const log = fileLog(file);
  if (restart) log.remove();
  const text = log.read();
  const lines = parseLines(text);
  // A line that the process was writing when it died.
  let torn = text !== '' && !text.endsWith('\n');
  if (lines.length > 0 && !resume) {
    throw new VtsError(
      'JournalConflict',
      `An earlier run of ${name} was not finished: ${doneText(lines, steps)}`,
      {
        file,
        remedy: 'add --resume to go on behind them, or --restart to begin anew',
      },
    );
  }
  const changed = lines.find((line) => digests[line.step] !== line.digest);
  if (changed !== undefined) {
    throw new VtsError(
      'JournalConflict',
      `Step ${changed.step + 1} of ${name} is done, and was changed since then`,
      {
        file,
        remedy: '--restart runs all steps again',
      },
    );
  }
  const done = new Map(lines.map((line) => [line.step, line.summary]));
  return {
    done: (index) => done.get(index),
    record(step, summary) {
      if (done.has(step)) return;
      done.set(step, summary);
      makeFolder(folder);
      if (torn) log.append(text.slice(0, text.lastIndexOf('\n') + 1), true);
      torn = false;
      log.append(`${JSON.stringify({ step, digest: digests[step], summary } satisfies Line)}\n`, false);
    },
    end: () => log.remove(),
  };
}

function doneText(lines: readonly Line[], steps: readonly CheckedStep[]): string {
  const numbers = lines.map(({ step }) => step + 1).join(', ');
  return `of ${steps.length} ${steps.length === 1 ? 'step' : 'steps'} ${numbers} ${
    lines.length === 1 ? 'is' : 'are'
  } done`;
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw outputError(folder, error);
  }
}

/** The lines of `text`; a torn last one is not there. */
function parseLines(text: string): readonly Line[] {
  return text.split('\n').slice(0, -1).flatMap((line) => {
    try {
      return [JSON.parse(line) as Line];
    } catch {
      return [];
    }
  });
}

/** What a step does; where it is in its file and its secrets do not matter. */
function digestOf({ verb, from, to, flags }: CheckedStep): string {
  const shaping = Object.entries(flags).filter(([flag]) => !/token|password/.test(flag)).sort();
  const ends = [...from, to ?? ''].map((end) => end.replace(/^([\w+]+:\/\/)[^/?#]*@/, '$1'));
  return sha256(
    JSON.stringify([verb, ends, shaping], (_, value) => typeof value === 'bigint' ? String(value) : value),
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
