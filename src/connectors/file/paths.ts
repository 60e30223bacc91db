/** What a path on the command line stands for: `FILE`, `FILE::INSIDE`, `-`, a directory or a glob. */
import { globSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { VtsError } from '../../errors.ts';
import { formatByExtension } from '../../formats/registry.ts';
import { nodeFileOps } from '../../stores/file-ops.ts';
import { statInput } from '../../stores/file.ts';

/** A path and what it selects inside the file. */
export interface FileEndpoint {
  readonly path: string;
  /** What follows `::`, for HDF5. */
  readonly inside?: string;
}

/** Splits `data.h5::/group` into its two halves. */
export function parseEndpoint(text: string): FileEndpoint {
  const at = text.lastIndexOf('::');
  if (at <= 0 || nodeFileOps.exists(text)) return { path: text };
  return { path: text.slice(0, at), inside: text.slice(at + 2) };
}

/**
 * The files that `path` stands for, sorted by name. Of a directory or a pattern, `output` is not one of them: it may be there
 * from an earlier run.
 * @throws VtsError InputMissing when there are none
 */
export function expandInput(path: string, output?: string): readonly string[] {
  if (path === '-') return [path];
  if (nodeFileOps.exists(path)) {
    return statInput(path).kind === 'directory' ? filesOf(path, output) : [path];
  }
  if (!/[*?[{]/.test(path)) {
    statInput(path);
    return [path];
  }
  const files = globSync(path).filter((file) => statInput(file).kind === 'file' && !isSame(file, output))
    .sort();
  if (files.length === 0) {
    throw new VtsError('InputMissing', `No file matches ${path}`, {
      file: path,
      remedy: 'check the pattern',
    });
  }
  return files;
}

/** The data files under `directory`; hidden ones and those that other tools leave beside the data (`_SUCCESS`) are passed over. */
function filesOf(directory: string, output: string | undefined): readonly string[] {
  const files: string[] = [];
  const visit = (folder: string) => {
    for (const name of nodeFileOps.list(folder).sort()) {
      const path = join(folder, name);
      if (/^[._]/.test(basename(name))) continue;
      const { kind } = statInput(path);
      if (kind === 'directory') visit(path);
      else if (kind === 'file' && formatByExtension(name) !== undefined && !isSame(path, output)) {
        files.push(path);
      }
    }
  };
  visit(directory);
  if (files.length > 0) return files;
  throw new VtsError('InputMissing', `${directory} holds no file of a known format`, {
    file: directory,
    remedy: 'name a file, or a pattern such as ' + join(directory, '*.dat') + ' with --from FORMAT',
  });
}

function isSame(file: string, output: string | undefined): boolean {
  return output !== undefined && resolve(file) === resolve(output);
}
