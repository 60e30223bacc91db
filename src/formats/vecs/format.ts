/**
 * `.fvecs`, `.bvecs` and `.ivecs` (http://corpus-texmex.irisa.fr): a row is an int32 with its number of dimensions, then that
 * many float32, uint8 or int32, all little-endian. The dimension is the same in every row, which is checked. There is no header:
 * a file that was cut between two rows looks whole.
 */
import type { Format } from '../format.ts';
import { FLOAT32, INT32, UINT8, type VectorElement } from '../vector-elements.ts';
import { vecsReader } from './reader.ts';
import { vecsWriter } from './writer.ts';

function vecs(name: string, element: VectorElement): Format {
  return { name, reader: vecsReader(element), writer: vecsWriter(name, element) };
}

/** Vectors of float32. */
export const fvecs: Format = vecs('fvecs', FLOAT32);
/** Vectors of uint8. */
export const bvecs: Format = vecs('bvecs', UINT8);
/** Lists of int32. */
export const ivecs: Format = vecs('ivecs', INT32);
