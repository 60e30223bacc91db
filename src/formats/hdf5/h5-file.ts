/** An open HDF5 file: what vts asks of the library. */
import { VtsError } from '../../errors.ts';
import type { ByteSource } from '../../stores/bytes.ts';
import type { Detour, FileBytes } from './file-layer.ts';
import { readError } from './h5-error.ts';
import type { DataInfo, FilterInfo } from './h5wasm.ts';
import { checked, openSession, type Session } from './session.ts';

/** Some rows of a data set, as many of its other extents as there are. */
export interface Slab {
  readonly dataset: string;
  readonly firstRow: number;
  readonly rows: number;
  readonly inner: readonly number[];
}

/** An open file. After a call has thrown, only {@linkcode H5File.close} may be called. */
export interface H5File extends Pick<Session, 'scratch' | 'close'> {
  readonly name: string;
  /** Bytes of the file now. */
  readonly size: number;
  /** The library's memory; another object after any call. */
  heap(): Uint8Array<ArrayBuffer>;
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
  attributeNames(path: string): string[];
  attributeInfo(path: string, name: string): DataInfo;
  /** Runs `use` on the memory that holds an attribute's value. */
  withAttribute<T>(path: string, name: string, bytes: number, use: (pointer: number) => T): T;
  /** Reads values into the library's memory at `pointer`. */
  readSlab(slab: Slab, pointer: number): void;
  /** Reads values that the library hands on as they are in the file into `target`, where possible without a copy. */
  readBytes(slab: Slab, target: Uint8Array): void;
  /** Frees what the library allocated for values of variable length that `readSlab` put at `pointer`. */
  reclaim(slab: Slab, pointer: number): void;
}

/** Opens a file for reading. @throws VtsError InputMalformed, InputTruncated, ... */
export async function openForReading(source: ByteSource): Promise<H5File> {
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
  const session = await openSession(
    name,
    bytes,
    (cause, what) => readError(cause, { file: name, size, what }),
  );
  return fileOf(name, bytes, session);
}

const KINDS = ['group', 'dataset'] as const;

function fileOf(name: string, bytes: FileBytes, session: Session): H5File {
  const { module, id, attempt } = session;
  const links = new Map<string, ReadonlySet<string>>();
  return {
    name,
    get size() {
      return bytes.size;
    },
    ...{ scratch: session.scratch, close: session.close },
    heap: () => module.HEAPU8,
    names: (group) => {
      const names = links.get(group) ?? new Set(attempt(() => module.get_names(id, group, false)));
      links.set(group, names);
      return names;
    },
    kind: (path) => attempt(() => KINDS[module.get_type(id, path)] ?? 'other'),
    identity: (path) => attempt(() => module.create_object_reference(id, path).join()),
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
        const pointer = session.allocate(size);
        checked(module.get_attribute_data(id, path, attribute, BigInt(pointer)));
        const result = use(pointer);
        module.reclaim_vlen_memory(id, path, attribute, BigInt(pointer));
        module._free(pointer);
        return result;
      }),
    readSlab: (slab, pointer) => readSlab(session, slab, pointer),
    readBytes: (slab, target) => readBytes(session, slab, target),
    reclaim: (slab, pointer) =>
      attempt(() => {
        const { count } = extents(slab);
        checked(module.reclaim_vlen_memory_count(id, slab.dataset, '', BigInt(pointer), count));
      }),
  };
}

function readSlab({ module, id, attempt }: Session, slab: Slab, pointer: number): void {
  attempt(() => {
    const { count, offset, strides } = extents(slab);
    checked(module.get_dataset_data(id, slab.dataset, count, offset, strides, BigInt(pointer)));
  }, describeSlab(slab));
}

/**
 * The library reads contiguous values from the file straight into the memory it is given. Such reads take a detour into `target`;
 * what it moved there by other ways (chunks, fill values) is copied.
 */
function readBytes(session: Session, slab: Slab, target: Uint8Array): void {
  const pointer = session.scratch(target.length);
  const detour: Detour = { pointer, target, filled: [] };
  session.mounted.detour = detour;
  try {
    readSlab(session, slab, pointer);
  } finally {
    session.mounted.detour = undefined;
  }
  const heap = session.module.HEAPU8;
  let at = 0;
  for (
    const { start, end } of [...detour.filled.sort((a, b) => a.start - b.start), {
      start: target.length,
      end: 0,
    }]
  ) {
    if (start > at) target.set(heap.subarray(pointer + at, pointer + start), at);
    at = Math.max(at, end);
  }
}

function extents({ firstRow, rows, inner }: Slab): { count: bigint[]; offset: bigint[]; strides: bigint[] } {
  return {
    count: [rows, ...inner].map(BigInt),
    offset: [BigInt(firstRow), ...inner.map(() => 0n)],
    strides: [1n, ...inner.map(() => 1n)],
  };
}

function describeSlab({ dataset, firstRow, rows }: Slab): string {
  return `${dataset}, rows ${firstRow} to ${firstRow + rows - 1}, in `;
}
