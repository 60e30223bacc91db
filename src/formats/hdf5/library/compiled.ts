/** HDF5's own library, compiled to WebAssembly by the h5wasm project and from there to what the processor runs. */
import { readBinary } from './binary.ts';

let compiled: Promise<WebAssembly.Module> | undefined;

/**
 * The library, compiled once. It takes 80 ms, on a thread of its own: whoever knows that it will be needed asks for it early.
 */
export async function compiledLibrary(): Promise<WebAssembly.Module> {
  compiled ??= WebAssembly.compile(readBinary());
  return await compiled;
}
