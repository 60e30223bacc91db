/**
 * A directory of numbered part files as a sink: `part-00000.parquet` and so on, with a hidden journal beside them by which
 * `--resume` goes on after the last whole part.
 */
import { basename, join } from 'node:path';
import type { Sink } from '../../core/endpoint.ts';
import { type Journal, type JournalHeader, openJournal } from '../../core/journal.ts';
import { VtsError } from '../../errors.ts';
import type { WriteOptions } from '../../formats/format.ts';
import { createFileSink, createScratch } from '../../stores/file.ts';
import { nodeFileOps } from '../../stores/file-ops.ts';
import { lockDirectory } from '../../stores/lock.ts';
import { fileLog } from '../../stores/log.ts';
import { countRows, openPart, type OutputFormat, type OutputOptions, refuseFullDisk } from './part-file.ts';

const JOURNAL = '.vts-journal.jsonl';
const PART = /^part-\d{5,}\./;

/** A sink of part files and the journal of its parts. */
export interface DirectorySink extends Sink {
  readonly journal: Journal;
}

/**
 * A sink of part files in `directory`, which is made when it is not there.
 * @throws VtsError OutputExists when files are there and neither `resume` nor `overwrite` is given; JournalConflict when `resume`
 *   is given for another job, or another process is at work here
 */
export function openDirectorySink(
  directory: string,
  format: OutputFormat,
  options: OutputOptions & {
    readonly resume: boolean;
    readonly breakLock?: boolean;
    readonly job: JournalHeader['job'];
  },
): DirectorySink {
  const partPath = (part: number) =>
    join(directory, `part-${String(part).padStart(5, '0')}${format.info.extension}`);
  nodeFileOps.makeDirectory(directory);
  const lock = lockDirectory(directory, nodeFileOps, options.breakLock);
  try {
    const log = fileLog(join(directory, JOURNAL));
    if (!options.resume) clear(directory, options.overwrite);
    else if (log.read() === '') clear(directory, false);
    const journal = openJournal(log, options.job, options.resume);
    for (const { part, bytes } of journal.parts) requirePart(partPath(part), bytes);
    removeStrays(directory, new Set(journal.parts.map(({ part }) => basename(partPath(part)))));
    const writeOptions: WriteOptions = { ...options, scratch: () => createScratch(options.tempDir) };
    return {
      name: directory,
      features: format.writer.features,
      resume: 'keyed',
      parallel: Infinity,
      journal,
      check: (dataset) => format.writer.check?.(dataset, writeOptions) ?? [],
      notes: (dataset) => format.writer.notes?.(dataset, writeOptions) ?? [],
      // deno-lint-ignore require-await
      async begin(dataset, { part }) {
        if (part === 0) refuseFullDisk(dataset, directory);
        return openPart(format.writer, createFileSink(partPath(part), false), dataset, writeOptions);
      },
      async count(parts) {
        let rows = 0;
        for (const part of parts) {
          const counted = await countRows(format, partPath(part), options);
          if (counted === undefined) return undefined;
          rows += counted;
        }
        return rows;
      },
      // deno-lint-ignore require-await
      async close() {
        // A job that made no part leaves nothing that a next one would stumble over.
        if (journal.parts.length === 0) log.remove();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Whether parts, or the journal of an unfinished job, are in `directory`. */
export function holdsParts(directory: string): boolean {
  return partsIn(directory).length > 0;
}

function partsIn(directory: string): string[] {
  return nodeFileOps.list(directory).filter((name) => name === JOURNAL || PART.test(name));
}

/** Makes room for a new job: removes what an earlier one left when `overwrite` says so, and never anything else. */
function clear(directory: string, overwrite: boolean): void {
  const names = partsIn(directory);
  if (names.length === 0) return;
  if (!overwrite) {
    throw new VtsError('OutputExists', `${directory} holds parts already`, {
      file: directory,
      remedy: names.includes(JOURNAL)
        ? 'add --resume to go on with an unfinished run, or --overwrite to begin anew'
        : 'add --overwrite to replace them, or name another directory',
    });
  }
  for (const name of names) nodeFileOps.unlink(join(directory, name));
}

/** Removes parts that were committed just before a crash, their journal lines never written: their rows come again. */
function removeStrays(directory: string, known: ReadonlySet<string>): void {
  for (const name of nodeFileOps.list(directory)) {
    if (PART.test(name) && !known.has(name)) nodeFileOps.unlink(join(directory, name));
  }
}

function requirePart(path: string, bytes: number): void {
  const found = nodeFileOps.exists(path) ? nodeFileOps.stat(path).size : undefined;
  if (found === bytes) return;
  throw new VtsError(
    'JournalConflict',
    `${path} is ${found === undefined ? 'gone' : 'another size'} since it was written`,
    {
      file: path,
      expected: `${bytes} bytes${found === undefined ? '' : `; it has ${found}`}`,
      remedy: 'put it back as it was, or add --overwrite instead of --resume to begin anew',
    },
  );
}
