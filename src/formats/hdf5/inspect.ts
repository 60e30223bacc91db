/** What `vts inspect` shows of an HDF5 file. */
import type { Facts } from '../format.ts';
import { describeAttributes } from './attributes.ts';
import { filterName } from './filters.ts';
import type { H5File } from './h5-file.ts';
import { typeName } from './h5-type.ts';
import type { Superblock } from './superblock.ts';
import { type DatasetFound, type Entry, walk } from './tree.ts';

const MOST_OBJECTS = 1000;

/** Superblock, attributes of the root, and the first 1000 objects. */
export function inspectFile(file: H5File, superblock: Superblock): Facts {
  const objects: Facts[] = [];
  for (const entry of walk(file, '/', MOST_OBJECTS + 1)) {
    if (objects.length < MOST_OBJECTS) objects.push(describeEntry(file, entry));
    else return { ...facts(), more: `only the first ${MOST_OBJECTS} objects are listed` };
  }
  return facts();

  function facts(): Facts {
    return {
      superblock: superblock.version,
      ...(superblock.offset > 0 && { userBlockBytes: superblock.offset }),
      ...attributes(file, '/'),
      objects,
    };
  }
}

function describeEntry(file: H5File, { path, found }: Entry): Facts {
  switch (found.kind) {
    case 'external':
      return { path, kind: 'external link', target: found.target };
    case 'missing':
      return { path, kind: 'link that leads nowhere', reason: found.reason };
    case 'dataset':
      return { ...common(file, path, found.path), ...describeDataset(file, found) };
    default:
      return { kind: found.kind, ...common(file, path, found.path) };
  }
}

function common(file: H5File, path: string, own: string): Facts {
  return { path, ...(own !== path && { linkTo: own }), ...attributes(file, own) };
}

function attributes(file: H5File, path: string): Facts {
  const attributes = describeAttributes(file, path);
  return Object.keys(attributes).length > 0 ? { attributes } : {};
}

function describeDataset(file: H5File, { path, info }: DatasetFound): Facts {
  const filters = info.chunks === null ? [] : file.filters(path).map(({ id }) => filterName(id));
  return {
    kind: 'data set',
    shape: info.shape === null ? 'empty' : info.shape,
    type: typeName(info),
    ...(info.chunks !== null && { chunks: info.chunks }),
    ...(filters.length > 0 && { filters }),
    ...(info.virtual_sources !== undefined &&
      { virtual: info.virtual_sources.map((s) => `${s.dset_name} in ${s.file_name}`) }),
  };
}
