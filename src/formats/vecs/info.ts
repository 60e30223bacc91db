import type { FormatInfo } from '../format.ts';

/** The files of the TEXMEX corpus (http://corpus-texmex.irisa.fr): rows, each behind its number of dimensions. */
function vecs(name: 'fvecs' | 'bvecs' | 'ivecs'): FormatInfo {
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
export const fvecs = vecs('fvecs');
/** Vectors of uint8. */
export const bvecs = vecs('bvecs');
/** Lists of int32. */
export const ivecs = vecs('ivecs');
