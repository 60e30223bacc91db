/** Groups, data sets and links of a file. Links are followed here and not by the library, which would leave the file. */
import { VtsError } from '../../errors.ts';
import type { H5File } from './h5-file.ts';
import type { DataInfo } from './data-info.ts';

/** What a path leads to. */
export type Found =
  | { readonly kind: 'group' | 'other'; readonly path: string }
  | DatasetFound
  | { readonly kind: 'external'; readonly path: string; readonly target: string }
  | { readonly kind: 'missing'; readonly path: string; readonly reason: string };

/** A data set; `path` is its own, after all links. */
export interface DatasetFound {
  readonly kind: 'dataset';
  readonly path: string;
  readonly info: DataInfo;
}

/** An object under the name by which its group knows it. */
export interface Entry {
  readonly name: string;
  /** The path of the link, which may lead elsewhere. */
  readonly path: string;
  readonly found: Found;
}

const MOST_LINKS = 32;

/** What `path` leads to, from `base` on. A chain of more than 32 links counts as a circle. */
export function follow(file: H5File, path: string, base = '/', links = 0): Found {
  if (links > MOST_LINKS) return { kind: 'missing', path, reason: 'its links go round in a circle' };
  let at = path.startsWith('/') ? '/' : base;
  const parts = partsOf(path);
  for (const [i, name] of parts.entries()) {
    const next = join(at, name);
    if (file.kind(at) !== 'group') return { kind: 'missing', path, reason: `${at} is not a group` };
    if (!file.names(at).has(name)) return { kind: 'missing', path, reason: `there is no ${next}` };
    const external = file.externalLink(next);
    if (external !== undefined) {
      return { kind: 'external', path: next, target: `${external.path} in the file ${external.file}` };
    }
    const soft = file.softLink(next);
    if (soft === undefined) {
      at = next;
      continue;
    }
    const found = follow(file, soft, at, links + 1);
    if (found.kind !== 'group') {
      return i === parts.length - 1 || found.kind !== 'dataset'
        ? found
        : { kind: 'missing', path, reason: `${found.path} is not a group` };
    }
    at = found.path;
  }
  const kind = file.kind(at);
  return kind === 'dataset' ? { kind, path: at, info: file.info(at) } : { kind, path: at };
}

/** The names in a path. */
export function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/** The objects of a group. Names that are not UTF-8 cannot be asked for and are left out. */
export function* listGroup(file: H5File, group: string): Generator<Entry> {
  for (const name of file.names(group)) {
    if (!name.includes('\ufffd')) yield { name, path: join(group, name), found: follow(file, name, group) };
  }
}

/** The objects of a group and of all groups in it, each group once, at most `most`. */
export function* walk(file: H5File, group: string, most: number): Generator<Entry> {
  const waiting = [group];
  const seen = new Set([file.identity(group)]);
  let count = 0;
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    for (const entry of listGroup(file, next)) {
      if (count++ === most) return;
      yield entry;
      if (entry.found.kind !== 'group') continue;
      const identity = file.identity(entry.found.path);
      if (!seen.has(identity)) waiting.push(entry.found.path);
      seen.add(identity);
    }
  }
}

/** `name` in `group`. */
export function join(group: string, name: string): string {
  return group === '/' ? `/${name}` : `${group}/${name}`;
}

/** The last part of a path. */
export function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The group that a path is in. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

/** A data set as people know it: `/train float32 (60000, 784)`. */
export function describeDataset(path: string, info: DataInfo): string {
  const shape = info.shape === null
    ? 'empty'
    : info.shape.length === 0
    ? 'one value'
    : `(${info.shape.join(', ')})`;
  return `${path} ${shape}`;
}

/** The error for a path that leads to nothing that can be read. */
export function unreadable(file: H5File, found: Found): VtsError {
  const { name } = file;
  if (found.kind === 'external') {
    return new VtsError('InputUnsupported', `${found.path} in ${name} is a link to ${found.target}`, {
      file: name,
      expected: 'data in the file itself; other files are never opened by a link',
      remedy: 'name that file instead',
    });
  }
  if (found.kind === 'missing') {
    const whole = `/${partsOf(found.path).join('/')}`;
    const reason = found.reason === `there is no ${whole}` ? '' : `: ${found.reason}`;
    return new VtsError('InputMissing', `There is no ${found.path} in ${name}${reason}`, {
      file: name,
      remedy: `choose one of: ${shortList(file)}`,
    });
  }
  return new VtsError('InputUnsupported', `${found.path} in ${name} is neither a data set nor a group`, {
    file: name,
  });
}

/** The data sets of a file with their shapes, for messages. */
export function shortList(file: H5File): string {
  const sets: string[] = [];
  for (const { path, found } of walk(file, '/', 1000)) {
    if (found.kind !== 'dataset') continue;
    if (sets.length === 20) return `${sets.join(', ')}, ...`;
    sets.push(describeDataset(path, found.info));
  }
  return sets.length === 0 ? 'none' : sets.join(', ');
}
