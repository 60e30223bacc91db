/** A file that HDF5's own library reads. */
import type { ByteSource } from '../../../stores/bytes.ts';
import type { H5File, Slab } from '../h5-file.ts';
import { readExactly } from '../read-exactly.ts';
import type { Detour, FileBytes } from './file-layer.ts';
import { readError } from './h5-error.ts';
import { checked, openSession, type Session } from './session.ts';

/** Opens a file for reading. @throws VtsError InputMalformed, InputTruncated, ... */
export async function openWithLibrary(source: ByteSource): Promise<H5File> {
  const { name, size } = source;
  if (size === undefined) throw new TypeError('HDF5 needs random access');
  const bytes: FileBytes = {
    size,
    // The library would go on with zeros.
    readSync(target, position) {
      readExactly(source, target, position);
      return target.length;
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
    attributeValue: (path, attribute, { size, vlen }) =>
      attempt(() => {
        const pointer = session.allocate(size);
        checked(module.get_attribute_data(id, path, attribute, BigInt(pointer)));
        const value = vlen
          ? textAt(module.HEAPU8, new Uint32Array(module.HEAPU8.buffer, pointer, 1)[0])
          : module.HEAPU8.slice(pointer, pointer + size);
        module.reclaim_vlen_memory(id, path, attribute, BigInt(pointer));
        module._free(pointer);
        return value;
      }),
    // deno-lint-ignore require-await
    readFixed: async (slab, target, asStored) =>
      asStored ? readStored(session, slab, target) : readConverted(session, slab, target),
    // deno-lint-ignore require-await
    async withVariable(slab, rowBytes, use) {
      const pointer = session.scratch(slab.rows * rowBytes);
      readSlab(session, slab, pointer);
      try {
        return use(module.HEAPU8.slice(pointer, pointer + slab.rows * rowBytes), module.HEAPU8);
      } finally {
        const { count } = extents(slab);
        attempt(() =>
          checked(module.reclaim_vlen_memory_count(id, slab.dataset, '', BigInt(pointer), count))
        );
      }
    },
    close: session.close,
  };
}

/** The text at `start`, which a NUL ends; a null pointer is the empty text. */
function textAt(heap: Uint8Array<ArrayBuffer>, start: number): Uint8Array<ArrayBuffer> {
  return start === 0 ? new Uint8Array() : heap.slice(start, Math.max(start, heap.indexOf(0, start)));
}

function readSlab({ module, id, attempt }: Session, slab: Slab, pointer: number): void {
  attempt(() => {
    const { count, offset, strides } = extents(slab);
    checked(module.get_dataset_data(id, slab.dataset, count, offset, strides, BigInt(pointer)));
  }, describeSlab(slab));
}

function readConverted(session: Session, slab: Slab, target: Uint8Array): void {
  const pointer = session.scratch(target.length);
  readSlab(session, slab, pointer);
  target.set(session.module.HEAPU8.subarray(pointer, pointer + target.length));
}

/**
 * The library reads contiguous values from the file straight into the memory it is given. Such reads take a detour into `target`;
 * what it moved there by other ways (chunks, fill values) is copied.
 */
function readStored(session: Session, slab: Slab, target: Uint8Array): void {
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
