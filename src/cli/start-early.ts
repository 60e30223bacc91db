/** Begins what takes long and needs no more than the arguments, while the rest of the program loads. */
import { existsSync } from 'node:fs';
import { compiledLibrary } from '../formats/hdf5/compiled.ts';

/** An HDF5 file that is there already is one that is read: its library compiles on another thread. */
export function startEarly(args: readonly string[]): void {
  if (!args.some((arg) => /\.(h5|hdf5)$/i.test(arg) && existsSync(arg))) return;
  // An error comes to whoever needs the library.
  compiledLibrary().catch(() => {});
}
