import type { FormatInfo } from '../format.ts';
import { beginsWithSignature } from './signature.ts';

/** HDF5. */
export const hdf5: FormatInfo = {
  name: 'hdf5',
  title: 'HDF5',
  extension: '.h5',
  extensions: ['.hdf5', '.h5'],
  matches: beginsWithSignature,
  load: async () => (await import('./format.ts')).hdf5,
};
