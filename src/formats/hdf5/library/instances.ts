/**
 * HDF5's own library, compiled to WebAssembly by the h5wasm project. Every open file has an instance to itself: what a damaged
 * file does to an instance cannot reach another file. Instances that ended well are used again.
 */
import { compiledLibrary } from './compiled.ts';
import type { H5Module, StartModule } from './h5wasm.ts';

const IDLE_AT_MOST = 2;
const idle: H5Module[] = [];

/** An instance that nobody else uses. */
export async function takeInstance(): Promise<H5Module> {
  return idle.pop() ?? await start();
}

/** Gives back an instance whose file is closed. One that has failed must be dropped instead. */
export function returnInstance(instance: H5Module): void {
  if (idle.length < IDLE_AT_MOST) idle.push(instance);
}

async function start(): Promise<H5Module> {
  const compiling = compiledLibrary();
  // The package's main module starts one instance and hides this function, which starts as many as are asked for.
  const library = await import('../../../../node_modules/h5wasm/dist/esm/hdf5_util.js');
  const compiled = await compiling;
  const startModule = library.default as unknown as StartModule;
  const module = await startModule({
    noInitialRun: true,
    print: () => {},
    printErr: () => {},
    instantiateWasm: (imports, receive) => receive(new WebAssembly.Instance(compiled, imports), compiled),
  });
  module.activate_throwing_error_handler();
  return module;
}
