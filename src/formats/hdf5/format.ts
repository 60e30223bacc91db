import type { Format } from '../format.ts';

/** The HDF5 format. */
export const hdf5: Format = { name: 'hdf5' };
