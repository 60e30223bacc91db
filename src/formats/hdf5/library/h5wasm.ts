/** The parts of h5wasm's low-level module (HDF5 compiled by Emscripten) that vts uses. */
import type { DataInfo, FilterInfo } from '../data-info.ts';

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
