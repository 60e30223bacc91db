/** What stands in the way of an output on the command line, found without touching it. */
import { dirname, join } from 'node:path';
import type { Sink } from '../../core/endpoint.ts';
import { VtsError } from '../../errors.ts';
import { nodeFileOps } from '../../stores/file-ops.ts';
import { createScratch } from '../../stores/file.ts';
import { detectOutput } from './detect.ts';
import { holdsParts } from './directory-sink.ts';
import type { OpenOutputOptions } from './open-output.ts';
import { loadOutputFormat } from './part-file.ts';
import { parseEndpoint } from './paths.ts';

/** An output that is not opened. */
export interface OutputSight {
  /** What it can hold. */
  readonly target: Pick<Sink, 'name' | 'features' | 'check' | 'notes'>;
  readonly problems: readonly VtsError[];
  /** What has to be made. */
  readonly makes: readonly string[];
  /** Where the bytes go; `undefined` for standard output. */
  readonly directory?: string;
}

/** Looks at `endpoint`. @throws VtsError Usage for a name or a flag that makes no sense */
export async function lookAtOutput(endpoint: string, options: OpenOutputOptions): Promise<OutputSight> {
  const { path } = parseEndpoint(endpoint);
  const format = await loadOutputFormat(detectOutput(path, options.format), options);
  const writeOptions = { ...options, scratch: () => createScratch(options.tempDir) };
  const target: OutputSight['target'] = {
    name: path === '-' ? 'stdout' : path,
    features: format.writer.features,
    check: (dataset) => format.writer.check?.(dataset, writeOptions) ?? [],
    notes: (dataset) => format.writer.notes?.(dataset, writeOptions) ?? [],
  };
  if (path === '-') return { target, problems: [], makes: [] };
  const there = nodeFileOps.exists(path);
  if (options.parts) {
    return {
      target,
      problems: there && !options.overwrite && !options.resume && holdsParts(path)
        ? [exists(path, 'holds parts')]
        : [],
      makes: there ? [] : [`the directory ${path}`],
      directory: nearestDirectory(path),
    };
  }
  const problems = there && !options.overwrite ? [exists(path, 'exists')] : [];
  const directory = dirname(path);
  if (!nodeFileOps.exists(directory) && !options.parents) {
    problems.push(
      new VtsError('OutputUnwritable', `The directory ${directory} does not exist`, {
        file: path,
        remedy: `mkdir -p ${directory}`,
      }),
    );
  }
  return {
    target,
    problems,
    makes: there ? [] : [`the file ${path}`],
    directory: nearestDirectory(directory),
  };
}

function exists(path: string, what: string): VtsError {
  return new VtsError('OutputExists', `${path} ${what} already`, {
    file: path,
    remedy: 'add --overwrite to replace it, or name another output',
  });
}

/** `path`, or the directory above it that is there. */
function nearestDirectory(path: string): string {
  return nodeFileOps.exists(path) || dirname(path) === path ? path : nearestDirectory(dirname(join(path)));
}
