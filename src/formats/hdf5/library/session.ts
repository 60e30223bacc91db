/** A file that is open in an instance of the library, until a call fails. */
import { VtsError } from '../../../errors.ts';
import { type FileBytes, type MountedFile, mountFile } from './file-layer.ts';
import type { H5Module } from './h5wasm.ts';
import { returnInstance, takeInstance } from './instances.ts';

/** An open file and the memory that calls on it use. */
export interface Session {
  readonly module: H5Module;
  /** The library's id of the file. */
  readonly id: bigint;
  readonly mounted: MountedFile;
  /** Runs a call of the library. `what` is for messages: `/v in `. After an error only `close` may follow. */
  attempt<T>(call: () => T, what?: string): T;
  /** Takes a piece of the library's memory. @throws VtsError MemoryLimit */
  allocate(bytes: number): number;
  /** A piece of the library's memory that stays until the next call of this function. */
  scratch(bytes: number): number;
  /** Closes the file. Does nothing after an error. */
  close(): void;
}

/** The library's number for opening a file to read it. */
const READ_ONLY = 0;

/** An instance whose memory grew past this is not kept for the next file: WebAssembly's memory never shrinks. */
const KEPT_MEMORY = 64 * 2 ** 20;

/** Opens a file to read it; `translate` makes errors of vts out of those of the library. */
export async function openSession(
  name: string,
  bytes: FileBytes,
  translate: (cause: unknown, what: string) => unknown,
): Promise<Session> {
  const module = await takeInstance();
  const mounted = mountFile(module.FS, bytes);
  let state: 'open' | 'failed' | 'closed' = 'open';
  let [scratchAt, scratchBytes] = [0, 0];
  const attempt = <T>(call: () => T, what = ''): T => {
    if (state !== 'open') throw new TypeError(`a call on an HDF5 file that is ${state}`);
    try {
      return call();
    } catch (cause) {
      state = 'failed';
      mounted.unmount();
      throw translate(cause, what);
    }
  };
  const allocate = (size: number): number => {
    const pointer = module._malloc(size);
    if (pointer !== 0) return pointer;
    throw new VtsError('MemoryLimit', `HDF5 cannot get ${size} bytes of memory for ${name}`, {
      file: name,
      remedy: 'use a smaller --batch-bytes',
    });
  };
  const id = attempt(() => module.open(mounted.path, READ_ONLY, false, -1, -1));
  return {
    ...{ module, id, mounted, attempt, allocate },
    scratch: (size) =>
      attempt(() => {
        if (size <= scratchBytes) return scratchAt;
        module._free(scratchAt);
        [scratchAt, scratchBytes] = [0, 0];
        [scratchAt, scratchBytes] = [allocate(size), size];
        return scratchAt;
      }),
    close() {
      if (state !== 'open') return;
      attempt(() => checked(module.close_file(id)));
      state = 'closed';
      mounted.unmount();
      module._free(scratchAt);
      if (module.HEAPU8.length <= KEPT_MEMORY) returnInstance(module);
    },
  };
}

/** Refuses a status that says that a call failed. */
export function checked(status: number): void {
  if (status < 0) throw new WebAssembly.RuntimeError('the call failed without a reason');
}
