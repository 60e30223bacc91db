/**
 * The skeleton of a new file: superblock, groups and empty, extendable data sets. HDF5's library then fills it. h5wasm cannot
 * create float16, boolean and list data sets, or any without writing rows; a skeleton holds every type that HDF5 has.
 *
 * After the HDF5 file format specification, version 3.0: superblock version 0, object headers version 1, groups of link
 * messages in their order of creation, chunks indexed by a B-tree that does not exist yet. HDF5 1.8 (2008) and later read it.
 */
import { padded, u16, u32, u64, UNDEFINED_U64, utf8 } from './bytes.ts';
import { encodeType, type FileType, typeSize } from './file-type.ts';

/** An empty data set: no rows yet, `width` values a row (a scalar when absent), stored by `chunkRows` rows. */
export interface EmptyDataset {
  readonly name: string;
  readonly type: FileType;
  readonly width?: number | undefined;
  readonly chunkRows: number;
}

const SUPERBLOCK_BYTES = 96;

/** A file with `datasets` in the group that `groups` leads to from the root. */
export function encodeSkeleton(groups: readonly string[], datasets: readonly EmptyDataset[]): Uint8Array {
  const parts: number[][] = [];
  let end = SUPERBLOCK_BYTES;
  const place = (object: number[]): number => {
    const address = end;
    parts.push(object);
    end += object.length;
    return address;
  };
  const children = datasets.map((dataset): Link => ({
    name: dataset.name,
    address: place(encodeDataset(dataset)),
  }));
  let address = place(encodeGroup(children));
  for (const name of groups.toReversed()) address = place(encodeGroup([{ name, address }]));
  const file = new Uint8Array(end);
  file.set(encodeSuperblock(address, end));
  let at = SUPERBLOCK_BYTES;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

function encodeSuperblock(root: number, end: number): number[] {
  const versions = [0, 0, 0, 0, 0];
  const [sizeOfAddresses, sizeOfLengths, leafK, internalK] = [8, 8, 4, 16];
  return [
    ...[0x89, ...utf8('HDF\r\n\x1a\n')],
    ...[...versions, sizeOfAddresses, sizeOfLengths, 0],
    ...[...u16(leafK), ...u16(internalK), ...u32(0)],
    ...[...u64(0), ...UNDEFINED_U64, ...u64(end), ...UNDEFINED_U64],
    ...[...u64(0), ...u64(root), ...u32(0), ...u32(0), ...Array(16).fill(0)],
  ];
}

const MESSAGE = {
  dataspace: 1,
  linkInfo: 2,
  datatype: 3,
  fillValue: 5,
  link: 6,
  layout: 8,
  groupInfo: 10,
} as const;

interface Message {
  readonly type: number;
  readonly body: readonly number[];
}

function encodeHeader(messages: readonly Message[]): number[] {
  const encoded = messages.flatMap(({ type, body }) => {
    const whole = padded(body);
    return [...u16(type), ...u16(whole.length), 0, 0, 0, 0, ...whole];
  });
  return [1, 0, ...u16(messages.length), ...u32(1), ...u32(encoded.length), ...u32(0), ...encoded];
}

interface Link {
  readonly name: string;
  readonly address: number;
}

function encodeGroup(links: readonly Link[]): number[] {
  const [trackedAndIndexed, phaseChangeGiven, keptCompact] = [3, 1, 65535];
  return encodeHeader([
    {
      type: MESSAGE.linkInfo,
      body: [
        0,
        trackedAndIndexed,
        ...u64(links.length),
        ...UNDEFINED_U64,
        ...UNDEFINED_U64,
        ...UNDEFINED_U64,
      ],
    },
    { type: MESSAGE.groupInfo, body: [0, phaseChangeGiven, ...u16(keptCompact), ...u16(0)] },
    ...links.map((link, order) => ({ type: MESSAGE.link, body: encodeLink(link, order) })),
  ]);
}

function encodeLink({ name, address }: Link, order: number): number[] {
  const [twoByteLength, orderGiven, charsetGiven, isUtf8] = [0x01, 0x04, 0x10, 1];
  const bytes = utf8(name);
  const flags = twoByteLength | orderGiven | charsetGiven;
  return [1, flags, ...u64(order), isUtf8, ...u16(bytes.length), ...bytes, ...u64(address)];
}

function encodeDataset({ type, width, chunkRows }: EmptyDataset): number[] {
  const dims = width === undefined ? [0] : [0, width];
  const chunk = width === undefined ? [chunkRows] : [chunkRows, width];
  const [incrementally, whenAllocated, unlessUserSaysNo, defaultValue] = [3, 0, 2, 1];
  const fillTime = type.class === 'string' || type.class === 'list' ? whenAllocated : unlessUserSaysNo;
  const [hasMaximum, chunked] = [1, 2];
  return encodeHeader([
    {
      type: MESSAGE.dataspace,
      body: [
        ...[1, dims.length, hasMaximum, 0, ...u32(0)],
        ...[...dims.flatMap(u64), ...UNDEFINED_U64, ...dims.slice(1).flatMap(u64)],
      ],
    },
    { type: MESSAGE.datatype, body: encodeType(type) },
    { type: MESSAGE.fillValue, body: [2, incrementally, fillTime, defaultValue, ...u32(0)] },
    {
      type: MESSAGE.layout,
      body: [3, chunked, dims.length + 1, ...UNDEFINED_U64, ...chunk.flatMap(u32), ...u32(typeSize(type))],
    },
  ]);
}
