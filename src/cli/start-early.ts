/** Begins what takes long and needs no more than the arguments, while the rest of the program loads. */
import { existsSync } from 'node:fs';
import { compiledLibrary } from '../formats/hdf5/library/compiled.ts';

/**
 * The first argument that names a file is one that is read; later ones may be an output that is there from an earlier run. The
 * library for HDF5 compiles on another thread.
 */
export function startEarly(args: readonly string[]): void {
  const input = args.slice(1).find((arg) => existsSync(arg));
  if (input === undefined || !/\.(h5|hdf5)$/i.test(input)) return;
  // An error comes to whoever needs the library.
  compiledLibrary().catch(() => {});
}
