/** An open HDF5 file: what vts asks of one. Paths hold no links but hard ones: `tree.ts` follows the others. */
import type { DataInfo, FilterInfo } from './data-info.ts';

/** Some rows of a data set, as many of its other extents as there are. */
export interface Slab {
  readonly dataset: string;
  readonly firstRow: number;
  readonly rows: number;
  readonly inner: readonly number[];
}

/** After a call has thrown, only {@linkcode H5File.close} may be called. */
export interface H5File {
  readonly name: string;
  /** Bytes of the file now. */
  readonly size: number;
  /** The links of a group, in their order. */
  names(group: string): ReadonlySet<string>;
  /** What `path` is, once it is known that no link in it leads elsewhere. */
  kind(path: string): 'group' | 'dataset' | 'other';
  /** The same for all paths to one object. */
  identity(path: string): string;
  softLink(path: string): string | undefined;
  externalLink(path: string): { readonly file: string; readonly path: string } | undefined;
  info(dataset: string): DataInfo;
  filters(dataset: string): FilterInfo[];
  attributeNames(path: string): readonly string[];
  attributeInfo(path: string, name: string): DataInfo;
  /** The bytes of an attribute that is a single number or text. */
  attributeValue(path: string, name: string, info: DataInfo): Uint8Array<ArrayBuffer>;
  /** Fills `target` with values of a fixed size, little-endian; `asStored` if they are so in the file. */
  readFixed(slab: Slab, target: Uint8Array, asStored: boolean): Promise<void>;
  /** Gives `use` rows of variable length: `rowBytes` a row, with pointers (32 bits) into `heap`, which is valid for so long. */
  withVariable<T>(slab: Slab, rowBytes: number, use: UseRows<T>): Promise<T>;
  close(): void;
}

/** What is done with rows of variable length. */
export type UseRows<T> = (bytes: Uint8Array<ArrayBuffer>, heap: Uint8Array<ArrayBuffer>) => T;
