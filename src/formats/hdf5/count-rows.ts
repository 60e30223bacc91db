/**
 * Counts the rows of a file that vts wrote, by what lies in it: superblock, groups, data sets, and every chunk that their indexes
 * name. HDF5's library would take longer to start than this takes in all, and would not look at the chunks.
 */
import type { ByteSource } from '../../stores/bytes.ts';
import { VtsError } from '../../errors.ts';
import { CHILDREN, HEAD_BYTES, keyBytes, nodeBytes } from './write/chunk-index.ts';
import { MESSAGE, SUPERBLOCK_BYTES } from './write/object-header.ts';
import { partsOf } from './tree.ts';

/** The rows in the group at `path`; `undefined` when others wrote the file, or changed it. */
export async function countRows(
  source: ByteSource,
  _layout?: string,
  path = '',
): Promise<number | undefined> {
  try {
    const superblock = await viewOf(source, 0, SUPERBLOCK_BYTES);
    expect(superblock.getBigUint64(0), 0x89484446_0d0a1a0an);
    expect(superblock.getUint32(8), 0);
    let address = addressAt(superblock, 64);
    for (const name of partsOf(path)) {
      const link = (await linksOf(source, address)).find((link) => link.name === name);
      if (link === undefined) return undefined;
      address = link.address;
    }
    const links = await linksOf(source, address);
    let rows = Infinity;
    for (const link of links) rows = Math.min(rows, await rowsOf(source, link.address));
    return links.length === 0 ? undefined : rows;
  } catch {
    // Not what vts writes: the library will tell.
    return undefined;
  }
}

function expect<T extends number | bigint | boolean>(actual: T, expected: T): void {
  if (actual !== expected) throw new VtsError('InputMalformed', `${actual} instead of ${expected}`);
}

async function viewOf(source: ByteSource, address: number, length: number): Promise<DataView> {
  return new DataView((await source.read(address, length)).buffer);
}

function addressAt(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

/** The messages of the object header at `address`, by their types. */
async function messagesOf(source: ByteSource, address: number): Promise<Map<number, DataView[]>> {
  const head = await viewOf(source, address, 16);
  expect(head.getUint16(0), 0x0100);
  const body = await viewOf(source, address + 16, head.getUint32(8, true));
  const messages = new Map<number, DataView[]>();
  for (let at = 0; at < body.byteLength;) {
    const [type, length] = [body.getUint16(at, true), body.getUint16(at + 2, true)];
    messages.set(type, [...messages.get(type) ?? [], new DataView(body.buffer, at + 8, length)]);
    at += 8 + length;
  }
  return messages;
}

async function linksOf(source: ByteSource, group: number): Promise<{ name: string; address: number }[]> {
  const messages = await messagesOf(source, group);
  return (messages.get(MESSAGE.link) ?? []).map((link) => {
    // Version 1, with order, character set, and a length of two bytes.
    expect(link.getUint16(0), 0x0115);
    const length = link.getUint16(11, true);
    const name = new Uint8Array(link.buffer, link.byteOffset + 13, length);
    return { name: new TextDecoder().decode(name), address: addressAt(link, 13 + length) };
  });
}

/** The rows of the data set at `address` that are in chunks, which lie in the file. */
async function rowsOf(source: ByteSource, address: number): Promise<number> {
  const messages = await messagesOf(source, address);
  const [space] = messages.get(MESSAGE.dataspace) ?? [];
  const [layout] = messages.get(MESSAGE.layout) ?? [];
  if (space === undefined || layout === undefined) throw new VtsError('InputMalformed', 'no data set');
  const rank = space.getUint8(1);
  // Version 3, chunked, with the size of a value as one more extent.
  expect(layout.getUint16(0), 0x0302);
  expect(layout.getUint8(2), rank + 1);
  const rows = addressAt(space, 8);
  const chunkRows = layout.getUint32(11, true);
  if (rows === 0) return 0;
  const chunks = { source, rank, chunkRows, listed: 0, inFile: 0 };
  await countChunks(chunks, addressAt(layout, 3));
  return Math.min(rows, chunkRows * chunks.inFile);
}

interface ChunkCount {
  readonly source: ByteSource;
  readonly rank: number;
  readonly chunkRows: number;
  /** Chunks that the index lists so far, and how many of them the file holds whole. */
  listed: number;
  inFile: number;
}

/** Counts the chunks under the node at `address`, which is below the level `above`. Each must begin where the last ended. */
async function countChunks(chunks: ChunkCount, address: number, above = 256): Promise<void> {
  const { source, rank, chunkRows } = chunks;
  const node = await viewOf(source, address, nodeBytes(rank));
  expect(node.getUint32(0), 0x54524545);
  const [level, used] = [node.getUint8(5), node.getUint16(6, true)];
  expect(level < above && used > 0 && used <= CHILDREN, true);
  const step = keyBytes(rank) + 8;
  for (let at = HEAD_BYTES; at < HEAD_BYTES + used * step; at += step) {
    expect(addressAt(node, at + 8), chunks.listed * chunkRows);
    const child = addressAt(node, at + step - 8);
    if (level > 0) {
      await countChunks(chunks, child, level);
      continue;
    }
    chunks.listed++;
    if (child + node.getUint32(at, true) <= source.size!) chunks.inFile++;
  }
}
