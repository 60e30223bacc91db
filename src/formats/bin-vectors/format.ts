/**
 * `.fbin`, `.u8bin`, `.i8bin` and `.ibin` (https://big-ann-benchmarks.com): a uint32 with the number of rows, a uint32 with that of
 * dimensions, then the rows of float32, uint8, int8 or int32, all little-endian. An `.ibin` of nearest neighbours may have their
 * distances, as many float32, behind them.
 */
import type { Format } from '../format.ts';
import { FLOAT32, INT32, INT8, UINT8, type VectorElement } from '../vector-elements.ts';
import { binReader } from './reader.ts';
import { binWriter } from './writer.ts';

function binVectors(name: string, element: VectorElement): Format {
  return { name, reader: binReader(element), writer: binWriter(name, element) };
}

/** Vectors of float32. */
export const fbin: Format = binVectors('fbin', FLOAT32);
/** Vectors of uint8. */
export const u8bin: Format = binVectors('u8bin', UINT8);
/** Vectors of int8. */
export const i8bin: Format = binVectors('i8bin', INT8);
/** Lists of int32. */
export const ibin: Format = binVectors('ibin', INT32);
