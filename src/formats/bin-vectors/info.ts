import type { FormatInfo } from '../format.ts';

/** The files of the billion-scale benchmarks (https://big-ann-benchmarks.com): two counts, then rows. */
function binVectors(name: 'fbin' | 'u8bin' | 'i8bin' | 'ibin'): FormatInfo {
  return {
    name,
    title: name,
    extension: `.${name}`,
    extensions: [`.${name}`],
    matches: () => false,
    bare: true,
    load: async () => (await import('./format.ts'))[name],
  };
}

/** Vectors of float32. */
export const fbin = binVectors('fbin');
/** Vectors of uint8. */
export const u8bin = binVectors('u8bin');
/** Vectors of int8. */
export const i8bin = binVectors('i8bin');
/** Lists of int32. */
export const ibin = binVectors('ibin');
