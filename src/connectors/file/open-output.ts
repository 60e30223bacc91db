/** What the output on the command line stands for: a file, a directory of part files, or `-`. */
import { dirname } from 'node:path';
import type { Sink } from '../../core/endpoint.ts';
import { forgetfulJournal, type Journal, type JournalHeader } from '../../core/journal.ts';
import { VtsError } from '../../errors.ts';
import { outputError } from '../../stores/file.ts';
import { nodeFileOps } from '../../stores/file-ops.ts';
import { detectOutput } from './detect.ts';
import { openDirectorySink } from './directory-sink.ts';
import { openFileSink, openStdoutSink } from './file-sink.ts';
import { loadOutputFormat, type OutputOptions } from './part-file.ts';
import { parseEndpoint } from './paths.ts';

/** What a user may say about an output of any kind. */
export interface OpenOutputOptions extends OutputOptions {
  /** The format's name, as `--to` takes it. */
  readonly format?: string;
  /** Whether many part files are wanted. */
  readonly parts: boolean;
  readonly resume: boolean;
  /** Takes over from another machine. */
  readonly breakLock?: boolean;
  /** Whether folders above the output are made where they are missing. */
  readonly parents?: boolean;
  /** What must be the same for a job to be resumed. */
  readonly job: JournalHeader['job'];
}

/** A sink and the journal of its parts. */
export interface Output {
  readonly sink: Sink;
  readonly journal: Journal;
}

/** Whether `endpoint` names a directory of part files rather than a file. */
export function isDirectoryOutput(endpoint: string): boolean {
  return endpoint.endsWith('/') ||
    (nodeFileOps.exists(endpoint) && nodeFileOps.stat(endpoint).kind === 'directory');
}

/** Opens the output. @throws VtsError Usage, OutputExists, JournalConflict, OutputUnwritable */
export async function openOutput(endpoint: string, options: OpenOutputOptions): Promise<Output> {
  const { path, inside } = parseEndpoint(endpoint);
  if (options.parents && path !== '-') makeFolders(dirname(path));
  if (options.parts && path !== '-') {
    const format = await loadOutputFormat(detectOutput(path, options.format), options);
    const sink = openDirectorySink(path, format, options);
    return { sink, journal: sink.journal };
  }
  if (options.resume) {
    throw new VtsError('Usage', '--resume needs an output of many parts, as one file is whole or not there', {
      remedy: `name a directory: ${path.replace(/\.\w+$/, '')}/ --to FORMAT --part-size 256MiB`,
    });
  }
  const format = await loadOutputFormat(detectOutput(path, options.format), options);
  if (inside !== undefined && format.reader?.selects !== true) {
    throw new VtsError('Usage', `${endpoint}: there is nothing to choose inside ${format.info.title}`, {
      remedy: `name the output ${path}`,
    });
  }
  const chosen = inside === undefined ? options : { ...options, path: inside };
  const sink = path === '-' ? openStdoutSink(format, chosen) : openFileSink(path, format, chosen);
  return { sink, journal: forgetfulJournal() };
}

function makeFolders(path: string): void {
  try {
    nodeFileOps.makeDirectory(path);
  } catch (error) {
    throw outputError(path, error);
  }
}
