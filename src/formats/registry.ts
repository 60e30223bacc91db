/** All formats. A new one is one more line here. */
import { VtsError } from '../errors.ts';
import type { FormatInfo } from './format.ts';
import { fbin, i8bin, ibin, u8bin } from './bin-vectors/info.ts';
import { csv } from './csv/info.ts';
import { faiss } from './faiss/info.ts';
import { hdf5 } from './hdf5/info.ts';
import { jsonl } from './jsonl/info.ts';
import { npy } from './npy/info.ts';
import { parquet } from './parquet/info.ts';
import { bvecs, fvecs, ivecs } from './vecs/info.ts';

/** The formats, in the order that help lists them. */
export const FORMATS: readonly FormatInfo[] = [
  parquet,
  jsonl,
  csv,
  hdf5,
  faiss,
  npy,
  ...[fvecs, bvecs, ivecs],
  ...[fbin, u8bin, i8bin, ibin],
];

/** The format called `name`. @throws VtsError Usage */
export function formatByName(name: string): FormatInfo {
  const format = FORMATS.find((candidate) => candidate.name === name.toLowerCase());
  if (format !== undefined) return format;
  throw new VtsError('Usage', `There is no format "${name}"`, {
    expected: `one of ${FORMATS.map((candidate) => candidate.name).join(', ')}`,
  });
}

/** The format whose extension `path` ends with. */
export function formatByExtension(path: string): FormatInfo | undefined {
  const name = path.toLowerCase();
  return FORMATS.find((format) => format.extensions.some((extension) => name.endsWith(extension)));
}

/** The format that a file beginning with `head` is of. */
export function formatByMagic(head: Uint8Array): FormatInfo | undefined {
  return FORMATS.find((format) => format.matches(head));
}
