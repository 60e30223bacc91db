/**
 * A plain file: objects of the first, and still usual, version of the format, data sets of numbers, texts, and lists of either,
 * little-endian, no filters but gzip and shuffle. vts reads it itself: HDF5's library would take longer to start than most of them
 * to convert, and copy every chunk twice. Whatever is not plain in any place is left to the library as a whole, damage too.
 */
import type { ByteSource } from '../../../stores/bytes.ts';
import type { H5File } from '../h5-file.ts';
import { bytesOf, type FileView, orNotPlain, viewFile } from './file-view.ts';
import type { Attribute } from './attributes.ts';
import { type Heap, openHeap } from './heap-reader.ts';
import { type Group, type PlainDataset, type PlainObject, readObjects } from './objects.ts';
import { rootOf } from './root.ts';
import { readRows } from './rows.ts';
import { readVariableRows } from './variable-rows.ts';

/** The file, if it is a plain one. */
export function openPlain(source: ByteSource): H5File | undefined {
  return orNotPlain(() => {
    const view = viewFile(source);
    const root = rootOf(view);
    const objects = readObjects(view, root);
    // What can be wrong with it is found now, while the library can still take it on.
    for (const object of objects.values()) if (object.kind === 'dataset') object.pieces();
    return fileOf(source, view, objects, root);
  });
}

/** Whether the file seems to be plain: the indexes of its chunks, which may be long, are not looked at. */
export function seemsPlain(source: ByteSource): boolean {
  return orNotPlain(() => {
    const view = viewFile(source);
    return readObjects(view, rootOf(view));
  }) !== undefined;
}

function fileOf(
  source: ByteSource,
  view: FileView,
  objects: ReadonlyMap<number, PlainObject>,
  root: number,
): H5File {
  const objectAt = (path: string): PlainObject => {
    let object = objects.get(root)!;
    for (const name of namesIn(path)) object = objects.get(hardLink(object, name))!;
    return object;
  };
  const datasetAt = (path: string) => objectAt(path) as PlainDataset;
  const linkAt = (path: string) => {
    const names = namesIn(path);
    const name = names.pop()!;
    return (objectAt(names.join('/')) as Group).links.get(name);
  };
  let heap: Heap | undefined;
  const attributeOf = (path: string, name: string): Attribute => objectAt(path).attributes.get(name)!;
  return {
    ...{ name: source.name, size: view.size },
    names: (group) => new Set((objectAt(group) as Group).links.keys()),
    kind: (path) => objectAt(path).kind,
    identity: (path) => String(objectAt(path).address),
    softLink(path) {
      const link = linkAt(path);
      return link !== undefined && 'softLink' in link ? link.softLink : undefined;
    },
    externalLink: () => undefined,
    info: (dataset) => datasetAt(dataset).info,
    filters: (dataset) => datasetAt(dataset).filters.map((id) => ({ id })),
    attributeNames: (path) => [...objectAt(path).attributes.keys()],
    attributeInfo: (path, name) => attributeOf(path, name).info,
    attributeValue: (path, name) => bytesOf(attributeOf(path, name).value),
    readFixed: (slab, target) => readRows(source, datasetAt(slab.dataset), slab, target),
    async withVariable(slab, _, use) {
      heap ??= openHeap(source);
      const values = await readVariableRows({ source, heap, slab }, datasetAt(slab.dataset));
      return use(new Uint8Array(values.words.buffer), values.heap);
    },
    close() {},
  };
}

function namesIn(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}

function hardLink(object: PlainObject, name: string): number {
  const link = object.kind === 'group' ? object.links.get(name) : undefined;
  if (link === undefined || !('address' in link)) throw new TypeError(`${name} is no hard link`);
  return link.address;
}
