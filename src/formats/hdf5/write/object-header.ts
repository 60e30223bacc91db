/**
 * Superblock, groups and data sets of a new file, after the HDF5 file format specification, version 3.0: superblock version 0,
 * object headers version 1, groups of link messages in their order of creation. HDF5 1.8 (2008) and later read it.
 */
import { SIGNATURE } from '../signature.ts';
import { padded, u16, u32, u64, UNDEFINED_U64, utf8 } from './bytes.ts';
import type { StoredType } from './column-type.ts';
import { MESSAGE } from '../message-types.ts';
import { encodeType, typeSize } from './file-type.ts';

/** A data set whose chunks are in the file: `rows` rows so far, of which more may follow. */
export interface WrittenDataset extends StoredType {
  readonly name: string;
  readonly rows: number;
  readonly chunkRows: number;
  /** The address of the index of its chunks; `undefined` without any. */
  readonly index: number | undefined;
}

/** A name for the object at an address. */
export interface Link {
  readonly name: string;
  readonly address: number;
}

/** A text attribute: 16 bytes that refer to its value in the global heap. */
export interface TextAttribute {
  readonly name: string;
  readonly reference: Uint8Array;
}

/** Bytes of {@linkcode encodeSuperblock}, the first of the file. */
export const SUPERBLOCK_BYTES = 96;

/** The superblock of a file of `end` bytes with the root group at `root`. */
export function encodeSuperblock(root: number, end: number): Uint8Array {
  const versions = [0, 0, 0, 0, 0];
  const [sizeOfAddresses, sizeOfLengths, leafK, internalK] = [8, 8, 4, 16];
  return Uint8Array.from([
    ...SIGNATURE,
    ...[...versions, sizeOfAddresses, sizeOfLengths, 0],
    ...[...u16(leafK), ...u16(internalK), ...u32(0)],
    ...[...u64(0), ...UNDEFINED_U64, ...u64(end), ...UNDEFINED_U64],
    ...[...u64(0), ...u64(root), ...u32(0), ...u32(0), ...Array(16).fill(0)],
  ]);
}

interface Message {
  readonly type: number;
  readonly body: readonly number[];
}

function encodeHeader(messages: readonly Message[]): Uint8Array {
  const encoded = messages.flatMap(({ type, body }) => {
    const whole = padded(body);
    return [...u16(type), ...u16(whole.length), 0, 0, 0, 0, ...whole];
  });
  const head = [1, 0, ...u16(messages.length), ...u32(1), ...u32(encoded.length), ...u32(0)];
  return Uint8Array.from([...head, ...encoded]);
}

/** The header of a group. */
export function encodeGroup(links: readonly Link[], attributes: readonly TextAttribute[] = []): Uint8Array {
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
    ...attributes.map((attribute) => ({ type: MESSAGE.attribute, body: encodeAttribute(attribute) })),
  ]);
}

function encodeLink({ name, address }: Link, order: number): number[] {
  const [twoByteLength, orderGiven, charsetGiven, isUtf8] = [0x01, 0x04, 0x10, 1];
  const bytes = utf8(name);
  const flags = twoByteLength | orderGiven | charsetGiven;
  return [1, flags, ...u64(order), isUtf8, ...u16(bytes.length), ...bytes, ...u64(address)];
}

function encodeAttribute({ name, reference }: TextAttribute): number[] {
  const named = utf8(`${name}\0`);
  const type = encodeType({ class: 'string' });
  const scalar = [1, 0, 0, 0, ...u32(0)];
  return [
    ...[1, 0, ...u16(named.length), ...u16(type.length), ...u16(scalar.length)],
    ...[...padded(named), ...padded(type), ...padded(scalar), ...reference],
  ];
}

/** The header of a data set. */
export function encodeDataset({ type, width, rows, chunkRows, index }: WrittenDataset): Uint8Array {
  const inner = width === undefined ? [] : [width];
  const chunk = [chunkRows, ...inner];
  const [incrementally, whenAllocated, unlessUserSaysNo, defaultValue] = [3, 0, 2, 1];
  const fillTime = type.class === 'string' || type.class === 'list' ? whenAllocated : unlessUserSaysNo;
  const [hasMaximum, chunked] = [1, 2];
  const address = index === undefined ? UNDEFINED_U64 : u64(index);
  return encodeHeader([
    {
      type: MESSAGE.dataspace,
      body: [
        ...[1, chunk.length, hasMaximum, 0, ...u32(0)],
        ...[...[rows, ...inner].flatMap(u64), ...UNDEFINED_U64, ...inner.flatMap(u64)],
      ],
    },
    { type: MESSAGE.datatype, body: encodeType(type) },
    { type: MESSAGE.fillValue, body: [2, incrementally, fillTime, defaultValue, ...u32(0)] },
    {
      type: MESSAGE.layout,
      body: [3, chunked, chunk.length + 1, ...address, ...chunk.flatMap(u32), ...u32(typeSize(type))],
    },
  ]);
}
