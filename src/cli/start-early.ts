/** Begins what takes long and needs no more than the arguments, while the rest of the program loads. */
import { existsSync } from 'node:fs';
import { compiledLibrary } from '../formats/hdf5/library/compiled.ts';
import { seemsPlain } from '../formats/hdf5/plain/plain-file.ts';
import { openFileSource } from '../stores/file.ts';

/** HDF5's library compiles on another thread, if the first file that the arguments name seems to need it. */
export function startEarly(args: readonly string[]): void {
  const path = args.slice(1).map((arg) => arg.split('::')[0]).find((path) => existsSync(path));
  if (path === undefined || !/\.(h5|hdf5)$/i.test(path) || isPlain(path)) return;
  // An error comes to whoever needs the library.
  compiledLibrary().catch(() => {});
}

function isPlain(path: string): boolean {
  try {
    const source = openFileSource(path);
    const plain = seemsPlain(source);
    source.close();
    return plain;
  } catch {
    return false;
  }
}
