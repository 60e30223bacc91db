/** The filters that chunks may have gone through. */
import { shellQuote } from '../../core/shell.ts';
import { VtsError } from '../../errors.ts';
import type { H5File } from './h5-file.ts';

const SUPPORTED: Record<number, string> = {
  1: 'gzip',
  2: 'shuffle',
  3: 'fletcher32',
  4: 'szip',
  5: 'nbit',
  6: 'scaleoffset',
};

/** Registered filters that files in the wild use (https://github.com/HDFGroup/hdf5_plugins). */
const KNOWN: Record<number, string> = {
  305: 'lzo',
  307: 'bzip2',
  32000: 'lzf',
  32001: 'blosc',
  32004: 'lz4',
  32008: 'bitshuffle',
  32013: 'zfp',
  32015: 'zstd',
  32026: 'blosc2',
};

/** The names of a data set's filters. @throws VtsError InputUnsupported for one that vts lacks */
export function supportedFilters(file: H5File, dataset: string): string[] {
  return file.filters(dataset).map(({ id }) => {
    if (SUPPORTED[id] !== undefined) return SUPPORTED[id];
    throw new VtsError(
      'InputUnsupported',
      `${dataset} in ${file.name} is compressed with ${filterName(id)}`,
      {
        file: file.name,
        field: dataset,
        expected: `no filter but ${Object.values(SUPPORTED).join(', ')}`,
        remedy: `rewrite it: h5repack -f ${shellQuote(`${dataset}:GZIP=4`)} ${shellQuote(file.name)} OUT`,
      },
    );
  });
}

/** A filter as people know it. */
export function filterName(id: number): string {
  return SUPPORTED[id] ?? KNOWN[id] ?? `filter ${id}`;
}
