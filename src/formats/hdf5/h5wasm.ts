/** The parts of h5wasm's low-level module (HDF5 compiled by Emscripten) that vts uses. */

/** A data type as h5wasm tells it. */
export interface TypeInfo {
  /** The type's class: the values of `TYPE_CLASS` in `h5-type.ts`. */
  readonly type: number;
  readonly size: number;
  readonly signed: boolean;
  readonly littleEndian: boolean;
  /** Whether it is a variable-length string. */
  readonly vlen: boolean;
  readonly cset?: number;
  readonly strpad?: number;
  readonly enum_type?: { readonly type: number; readonly members: Readonly<Record<string, number>> };
  readonly vlen_type?: TypeInfo;
  readonly array_type?: TypeInfo & { readonly shape: readonly number[] };
  readonly compound_type?: {
    readonly members: readonly (TypeInfo & { readonly name: string; readonly offset: number })[];
  };
}

/** A data set or attribute as h5wasm tells it; sizes as doubles. */
export interface DataInfo extends TypeInfo {
  /** `null` for the null data space, empty for a scalar. */
  readonly shape: readonly number[] | null;
  readonly maxshape: readonly number[] | null;
  readonly chunks: readonly number[] | null;
  readonly total_size: number;
  readonly virtual_sources?: readonly { readonly file_name: string; readonly dset_name: string }[];
}

/** A filter of a data set's pipeline. */
export interface FilterInfo {
  readonly id: number;
  readonly name: string;
}

/** A file in Emscripten's file system. */
export interface FsNode {
  readonly id: number;
  mode: number;
  node_ops: unknown;
  stream_ops: unknown;
}

/** Emscripten's file system. */
export interface Fs {
  readonly root: FsNode;
  readonly ErrnoError: new (errno: number) => Error;
  createNode(parent: FsNode, name: string, mode: number, device: number): FsNode;
  destroyNode(node: FsNode): void;
}

/** HDF5 and its memory. File ids and pointers are 64-bit integers to it. */
export interface H5Module {
  readonly FS: Fs;
  /** The memory; another object after it has grown. */
  readonly HEAPU8: Uint8Array<ArrayBuffer>;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  activate_throwing_error_handler(): number;
  open(path: string, mode: number, trackOrder: boolean, lowVersion: number, highVersion: number): bigint;
  close_file(file: bigint): number;
  get_names(file: bigint, path: string, recursive: boolean): string[];
  get_type(file: bigint, path: string): number;
  create_object_reference(file: bigint, path: string): Uint8Array;
  get_symbolic_link(file: bigint, path: string): string | null;
  get_external_link(file: bigint, path: string): { readonly filename?: string; readonly obj_path?: string };
  get_attribute_names(file: bigint, path: string): string[];
  get_attribute_metadata(file: bigint, path: string, name: string): DataInfo;
  get_attribute_data(file: bigint, path: string, name: string, pointer: bigint): number;
  get_dataset_metadata(file: bigint, path: string): DataInfo;
  get_dataset_filters(file: bigint, path: string): FilterInfo[];
  get_dataset_data(
    file: bigint,
    path: string,
    count: bigint[],
    offset: bigint[],
    strides: bigint[],
    pointer: bigint,
  ): number;
  reclaim_vlen_memory(file: bigint, path: string, attribute: string, pointer: bigint): number;
  reclaim_vlen_memory_count(
    file: bigint,
    path: string,
    attribute: string,
    pointer: bigint,
    count: bigint[],
  ): number;
}

/** What Emscripten lets its caller decide. */
export interface ModuleOptions {
  readonly noInitialRun: boolean;
  readonly print: (line: string) => void;
  readonly printErr: (line: string) => void;
  readonly instantiateWasm: (
    imports: WebAssembly.Imports,
    receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ) => void;
}

/** Starts an instance of the module. */
export type StartModule = (options: ModuleOptions) => Promise<H5Module>;
