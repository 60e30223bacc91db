/**
 * HDF5's own library, compiled to WebAssembly by the h5wasm project. Every open file has an instance to itself: what a damaged
 * file does to an instance cannot reach another file. Instances that ended well are used again.
 */
import type { H5Module, ModuleOptions, StartModule } from './h5wasm.ts';

const IDLE_AT_MOST = 2;
const idle: H5Module[] = [];
let compiled: WebAssembly.Module | undefined;

/** An instance that nobody else uses. */
export async function takeInstance(): Promise<H5Module> {
  return idle.pop() ?? await start();
}

/** Gives back an instance whose file is closed. One that has failed must be dropped instead. */
export function returnInstance(instance: H5Module): void {
  if (idle.length < IDLE_AT_MOST) idle.push(instance);
}

async function start(): Promise<H5Module> {
  // The package's main module starts one instance and hides this function, which starts as many as are asked for.
  const library = await import('../../../node_modules/h5wasm/dist/esm/hdf5_util.js');
  const startModule = library.default as unknown as StartModule;
  const options: ModuleOptions = { noInitialRun: true, print: () => {}, printErr: () => {} };
  const module = compiled === undefined
    ? await keepingCompiled(() => startModule(options))
    : await startModule({
      ...options,
      instantiateWasm: (imports, receive) => receive(new WebAssembly.Instance(compiled!, imports), compiled!),
    });
  module.activate_throwing_error_handler();
  return module;
}

/**
 * Runs `first` and keeps the module that it compiles. Emscripten would decode and compile the 4 MB again for every instance
 * (120 ms instead of 30) and offers no other way to get at it.
 */
async function keepingCompiled<T>(first: () => Promise<T>): Promise<T> {
  const original = WebAssembly.instantiate;
  const watched = async (source: BufferSource, imports?: WebAssembly.Imports) => {
    const result = await original(source, imports);
    if (WebAssembly.Module.customSections(result.module, 'dylink.0').length > 0) compiled = result.module;
    return result;
  };
  WebAssembly.instantiate = watched as typeof WebAssembly.instantiate;
  try {
    return await first();
  } finally {
    WebAssembly.instantiate = original;
  }
}
