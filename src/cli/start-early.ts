/** Begins what takes long and needs no more than the arguments, while the rest of the program loads. */
import { existsSync } from 'node:fs';
import { compiledLibrary } from '../formats/hdf5/library/compiled.ts';
import { openPlain } from '../formats/hdf5/plain/plain-file.ts';
import { readSuperblock } from '../formats/hdf5/superblock.ts';
import { openFileSource } from '../stores/file.ts';

/**
 * The first argument that names a file is one that is read; later ones may be an output that is there from an earlier run. The
 * library for HDF5 compiles on another thread, if it will be needed.
 */
export function startEarly(args: readonly string[]): void {
  const input = args.slice(1).map((arg) => arg.split('::')[0]).find((path) => existsSync(path));
  if (input === undefined || !/\.(h5|hdf5)$/i.test(input)) return;
  try {
    const source = openFileSource(input);
    const plain = openPlain(source, readSuperblock(source));
    source.close();
    if (plain !== undefined) return;
  } catch {
    // Whoever opens it will say why it cannot be read.
    return;
  }
  compiledLibrary().catch(() => {});
}
