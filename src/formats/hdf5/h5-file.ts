/** An open HDF5 file: calls into the library, each with its errors translated. */
import { VtsError } from '../../errors.ts';
import type { ByteSource, RandomAccessSink } from '../../stores/bytes.ts';
import { type FileBytes, mountFile } from './file-layer.ts';
import { readError, writeError } from './h5-error.ts';
import type { DataInfo, FilterInfo, H5Module } from './h5wasm.ts';
import { returnInstance, takeInstance } from './library.ts';

/** An open file. After a call has thrown, only {@linkcode H5File.close} may be called. */
export interface H5File {
  readonly name: string;
  /** Bytes of the file now. */
  readonly size: number;
  /** The library's memory; another object after any call. */
  heap(): Uint8Array<ArrayBuffer>;
  /** A piece of the library's memory that stays until the next call of this function. */
  scratch(bytes: number): number;
  /** The links of a group, in their order. */
  names(group: string): string[];
  /** What `path` is, once it is known that no link in it leads elsewhere. */
  kind(path: string): 'group' | 'dataset' | 'other';
  softLink(path: string): string | undefined;
  externalLink(path: string): { readonly file: string; readonly path: string } | undefined;
  info(dataset: string): DataInfo;
  filters(dataset: string): FilterInfo[];
  attributeNames(path: string): string[];
  attributeInfo(path: string, name: string): DataInfo;
  /** Runs `use` on the memory that holds an attribute's value. */
  withAttribute<T>(path: string, name: string, bytes: number, use: (pointer: number) => T): T;
  /** Reads values into the library's memory at `pointer`. */
  readSlab(dataset: string, offset: readonly number[], count: readonly number[], pointer: number): void;
  /** Frees what the library allocated for values of variable length that `readSlab` put at `pointer`. */
  reclaim(dataset: string, count: readonly number[], pointer: number): void;
  resize(dataset: string, shape: readonly number[]): void;
  writeSlab(dataset: string, offset: readonly number[], count: readonly number[], pointer: number): void;
  writeTextAttribute(path: string, name: string, value: string): void;
  /** Closes the file, which writes what the library has kept back. */
  close(): void;
  /** Lets go of the file as it is, without another write. */
  abandon(): void;
}

/** Opens a file for reading. @throws VtsError InputMalformed, InputTruncated, ... */
export function openForReading(source: ByteSource): Promise<H5File> {
  const { name, size } = source;
  if (size === undefined) throw new TypeError('HDF5 needs random access');
  const bytes: FileBytes = {
    size,
    readSync(target, position) {
      const count = source.readSync(target, position);
      // The library would go on with zeros.
      if (count < target.length) {
        throw new VtsError('InputTruncated', `${name} ends before the data that it points to`, {
          file: name,
          byte: size,
          expected: `${target.length} bytes from byte ${position} on; the file has ${size}`,
          remedy: 'copy or download the file again',
        });
      }
      return count;
    },
  };
  return open(name, bytes, READ_ONLY, (cause) => readError(cause, name));
}

/** Opens a file that exists for writing. */
export function openForWriting(sink: RandomAccessSink): Promise<H5File> {
  return open(sink.name, sink, READ_WRITE, (cause) => writeError(cause, sink.name));
}

const READ_ONLY = 0;
const READ_WRITE = 1;
const KINDS = ['group', 'dataset'] as const;
const STRING_CLASS = 3;
const UTF8 = 1;
/** An instance whose memory grew past this is not kept for the next file: WebAssembly memory never shrinks. */
const KEPT_MEMORY = 64 * 2 ** 20;

async function open(
  name: string,
  bytes: FileBytes,
  mode: number,
  translate: (cause: unknown) => unknown,
): Promise<H5File> {
  const module = await takeInstance();
  const mounted = mountFile(module.FS, bytes);
  let state: 'open' | 'failed' | 'closed' = 'open';
  let scratchAt = 0;
  let scratchBytes = 0;
  const attempt = <T>(operation: () => T): T => {
    if (state !== 'open') throw new TypeError(`a call on an HDF5 file that is ${state}`);
    try {
      return operation();
    } catch (cause) {
      state = 'failed';
      mounted.unmount();
      throw translate(cause);
    }
  };
  const checked = (status: number): void => {
    if (status < 0) throw new Error('the call failed without a reason');
  };
  const allocate = (size: number): number => {
    const pointer = module._malloc(size);
    if (pointer !== 0) return pointer;
    throw new VtsError('MemoryLimit', `HDF5 cannot get ${size} bytes of memory for ${name}`, {
      file: name,
      remedy: 'use a smaller --batch-bytes',
    });
  };
  const id = attempt(() => module.open(mounted.path, mode, false, -1, -1));
  return {
    name,
    get size() {
      return bytes.size;
    },
    heap: () => module.HEAPU8,
    scratch: (size) =>
      attempt(() => {
        if (size <= scratchBytes) return scratchAt;
        module._free(scratchAt);
        [scratchAt, scratchBytes] = [allocate(size), size];
        return scratchAt;
      }),
    names: (group) => attempt(() => module.get_names(id, group, false)),
    kind: (path) => attempt(() => KINDS[module.get_type(id, path)] ?? 'other'),
    softLink: (path) => attempt(() => module.get_symbolic_link(id, path) ?? undefined),
    externalLink: (path) =>
      attempt(() => {
        const { filename, obj_path } = module.get_external_link(id, path);
        return filename === undefined ? undefined : { file: filename, path: obj_path ?? '' };
      }),
    info: (dataset) => attempt(() => module.get_dataset_metadata(id, dataset)),
    filters: (dataset) => attempt(() => module.get_dataset_filters(id, dataset)),
    attributeNames: (path) => attempt(() => module.get_attribute_names(id, path)),
    attributeInfo: (path, attribute) => attempt(() => module.get_attribute_metadata(id, path, attribute)),
    withAttribute: (path, attribute, size, use) =>
      attempt(() => {
        const pointer = allocate(size);
        checked(module.get_attribute_data(id, path, attribute, BigInt(pointer)));
        const result = use(pointer);
        module.reclaim_vlen_memory(id, path, attribute, BigInt(pointer));
        module._free(pointer);
        return result;
      }),
    readSlab: (dataset, offset, count, pointer) =>
      attempt(() => {
        const strides = offset.map(() => 1n);
        checked(
          module.get_dataset_data(
            id,
            dataset,
            count.map(BigInt),
            offset.map(BigInt),
            strides,
            BigInt(pointer),
          ),
        );
      }),
    reclaim: (dataset, count, pointer) =>
      attempt(() =>
        checked(module.reclaim_vlen_memory_count(id, dataset, '', BigInt(pointer), count.map(BigInt)))
      ),
    resize: (dataset, shape) => attempt(() => checked(module.resize_dataset(id, dataset, shape.map(BigInt)))),
    writeSlab: (dataset, offset, count, pointer) =>
      attempt(() => {
        const strides = offset.map(() => 1n);
        checked(
          module.set_dataset_data(
            id,
            dataset,
            count.map(BigInt),
            offset.map(BigInt),
            strides,
            BigInt(pointer),
          ),
        );
      }),
    writeTextAttribute: (path, attribute, value) =>
      attempt(() => {
        const type = { type: STRING_CLASS, size: 4, signed: false, vlen: true, cset: UTF8 };
        const scalar = { shape: [], maxshape: null, chunks: null };
        checked(module.create_vlen_str_attribute(id, path, attribute, [value], { ...type, ...scalar }));
      }),
    close() {
      if (state !== 'open') return;
      attempt(() => checked(module.close_file(id)));
      state = 'closed';
      mounted.unmount();
      release(module, scratchAt);
    },
    abandon() {
      if (state === 'open') mounted.unmount();
      state = 'closed';
    },
  };
}

function release(module: H5Module, scratch: number): void {
  module._free(scratch);
  if (module.HEAPU8.length <= KEPT_MEMORY) returnInstance(module);
}
