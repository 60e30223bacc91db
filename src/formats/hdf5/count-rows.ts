/**
 * Counts the rows of a file that vts wrote, by what lies in it: superblock, groups, data sets, and every chunk that their indexes
 * name. HDF5's library would not look at the chunks.
 */
import type { ByteSource } from '../../stores/bytes.ts';
import { readChunks } from './plain/chunks.ts';
import { parseExtents } from './plain/data-space.ts';
import { expectPlain, type FileView, orNotPlain, viewFile } from './plain/file-view.ts';
import { type Links, readLinks } from './plain/links.ts';
import { MESSAGE } from './message-types.ts';
import { only, readMessages } from './plain/messages.ts';
import { rootOf } from './plain/root.ts';
import { readStorage } from './plain/storage.ts';
import { partsOf } from './tree.ts';

/** The rows in the group at `path`; `undefined` when others wrote the file, or changed it: the library will tell. */
// deno-lint-ignore require-await
export async function countRows(
  source: ByteSource,
  _layout?: string,
  path = '',
): Promise<number | undefined> {
  return orNotPlain(() => {
    const file = viewFile(source);
    let links = linksOf(file, rootOf(file));
    for (const name of partsOf(path)) links = linksOf(file, addressOf(links, name));
    expectPlain(links.size > 0, 'an empty group');
    return Math.min(...[...links.keys()].map((name) => rowsOf(file, addressOf(links, name))));
  });
}

function linksOf(file: FileView, group: number): Links {
  const links = readLinks(file, readMessages(file, group));
  expectPlain(links !== undefined, 'no group');
  return links;
}

function addressOf(links: Links, name: string): number {
  const link = links.get(name);
  expectPlain(link !== undefined && 'address' in link, 'no such object');
  return link.address;
}

/** The rows of the data set at `address` that are in chunks, which lie in the file. Each must begin where the last ended. */
function rowsOf(file: FileView, address: number): number {
  const messages = readMessages(file, address);
  const [rows] = parseExtents(only(messages, MESSAGE.dataspace)) ?? [];
  const valueBytes = only(messages, MESSAGE.datatype).getUint32(4, true);
  const storage = readStorage(messages, valueBytes, 0);
  expectPlain(rows !== undefined && storage.in === 'chunks', 'no rows in chunks');
  if (storage.index === undefined) return 0;
  const { extents } = storage;
  let [listed, inFile] = [0, 0];
  for (const chunk of readChunks(file, storage.index, extents.length)) {
    expectPlain(chunk.offsets[0] === listed * extents[0], 'a chunk out of place');
    listed++;
    if (chunk.address + chunk.bytes <= file.size) inFile++;
  }
  return Math.min(rows, extents[0] * inFile);
}
