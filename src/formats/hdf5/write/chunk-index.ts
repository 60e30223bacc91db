/**
 * The index of a data set's chunks: a B-tree of version 1 with nodes of type 1 (HDF5 file format specification, version 3.0,
 * section III.A.1), built from its leaves up once all chunks are written.
 */
import type { FileSpace } from './file-space.ts';

/** The chunks of a data set, along its first extent. */
export interface Chunks {
  /** The address of each, in their order. */
  readonly addresses: readonly number[];
  /** Extents of a chunk, the rows first. */
  readonly extents: readonly number[];
  /** Bytes of one value. */
  readonly valueBytes: number;
}

/** Children of a node at most: twice the K of chunk indexes, which is 32 in files with a superblock of version 0. */
const CHILDREN = 64;
/** Bytes of a node before its first key. */
const HEAD_BYTES = 24;
const CHUNK_NODE = 1;
const NONE = 0xffff_ffff_ffff_ffffn;

/** Writes the index of `chunks`; returns the address of its root, `undefined` when there are no chunks. */
export function writeChunkIndex(space: FileSpace, chunks: Chunks): number | undefined {
  if (chunks.addresses.length === 0) return undefined;
  let level = 0;
  let children = chunks.addresses;
  do {
    children = writeLevel(space, chunks, level++, children);
  } while (children.length > 1);
  return children[0];
}

/** Writes the nodes of a level, each with as many children as it takes; returns their addresses. */
function writeLevel(
  space: FileSpace,
  chunks: Chunks,
  level: number,
  children: readonly number[],
): readonly number[] {
  const count = Math.ceil(children.length / CHILDREN);
  const bytes = nodeBytes(chunks.extents.length);
  const start = space.allocate(count * bytes);
  return Array.from({ length: count }, (_, i) => {
    const address = start + i * bytes;
    const left = i === 0 ? NONE : BigInt(address - bytes);
    const right = i === count - 1 ? NONE : BigInt(address + bytes);
    space.write(encodeNode(chunks, { level, first: i * CHILDREN, children, left, right }), address);
    return address;
  });
}

/** Bytes of a key, for a data set of `rank` extents. */
function keyBytes(rank: number): number {
  return 8 + (rank + 1) * 8;
}

/** Bytes of a node, however many children it has. */
function nodeBytes(rank: number): number {
  return HEAD_BYTES + CHILDREN * 8 + (CHILDREN + 1) * keyBytes(rank);
}

interface Node {
  readonly level: number;
  /** All of the level, of which the node has those from `first` on. */
  readonly children: readonly number[];
  readonly first: number;
  readonly left: bigint;
  readonly right: bigint;
}

function encodeNode(chunks: Chunks, { level, children, first, left, right }: Node): Uint8Array {
  const node = new Uint8Array(nodeBytes(chunks.extents.length));
  const view = new DataView(node.buffer);
  const used = Math.min(CHILDREN, children.length - first);
  node.set([0x54, 0x52, 0x45, 0x45, CHUNK_NODE, level]);
  view.setUint16(6, used, true);
  view.setBigUint64(8, left, true);
  view.setBigUint64(16, right, true);
  /** Chunks under each child. */
  const span = CHILDREN ** level;
  let at = HEAD_BYTES;
  for (let i = first; i < first + used; i++) {
    writeKey(view, at, chunks, i * span);
    at += keyBytes(chunks.extents.length);
    view.setBigUint64(at, BigInt(children[i]), true);
    at += 8;
  }
  writeKey(view, at, chunks, Math.min((first + used) * span, chunks.addresses.length));
  return node;
}

/** A key: the chunk's bytes, no filters left out, and its first value. The key after the last chunk lies beyond its last value. */
function writeKey(
  view: DataView,
  at: number,
  { addresses, extents, valueBytes }: Chunks,
  chunk: number,
): void {
  const [rows, ...inner] = extents;
  const beyond = chunk === addresses.length;
  view.setUint32(at, beyond ? 0 : extents.reduce((product, extent) => product * extent, valueBytes), true);
  const offsets = [chunk * rows, ...[...inner, valueBytes].map((extent) => beyond ? extent : 0)];
  offsets.forEach((offset, i) => view.setBigUint64(at + 8 + i * 8, BigInt(offset), true));
}
