import type { Format } from '../format.ts';
import { countRows } from './count-rows.ts';
import { openReader } from './reader.ts';
import { check, features, openWriter } from './write/writer.ts';
import { LAYOUTS } from './write/write-layout.ts';

/** The HDF5 format. */
export const hdf5: Format = {
  name: 'hdf5',
  reader: { access: 'seek', open: openReader, countRows, selects: true },
  writer: { access: 'seek', features, choices: { layout: LAYOUTS }, check, open: openWriter },
};
