import type { Format } from '../format.ts';
import { npyReader } from './reader.ts';
import { npyWriter } from './writer.ts';

/** One array of NumPy in a file (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). */
export const npy: Format = { name: 'npy', reader: npyReader, writer: npyWriter };
