import type { FormatInfo } from '../format.ts';

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** HDF5. */
export const hdf5: FormatInfo = {
  name: 'hdf5',
  title: 'HDF5',
  extension: '.h5',
  extensions: ['.hdf5', '.h5'],
  matches: (head) => SIGNATURE.every((byte, i) => head[i] === byte),
  load: async () => (await import('./format.ts')).hdf5,
};
