/** Attributes as messages of the object that they belong to (HDF5 file format specification, version 3.0, section IV.A.2.m). */
import type { DataInfo } from '../data-info.ts';
import { parseExtents } from './data-space.ts';
import { parseType } from './data-type.ts';
import { expectPlain, partOf, textAt } from './file-view.ts';

/** An attribute. */
export interface Attribute {
  readonly info: DataInfo;
  /** As it is stored. */
  readonly value: DataView<ArrayBuffer>;
}

/** The attribute in `message`. @throws NotPlain */
export function parseAttribute(message: DataView<ArrayBuffer>): { name: string; attribute: Attribute } {
  const version = message.getUint8(0);
  const shared = version === 1 ? 0 : message.getUint8(1);
  expectPlain(version >= 1 && version <= 3 && shared === 0, 'an unusual attribute');
  let at = version === 3 ? 9 : 8;
  const parts = [2, 4, 6].map((position) => {
    const length = message.getUint16(position, true);
    const part = partOf(message, at, length);
    at += version === 1 ? Math.ceil(length / 8) * 8 : length;
    return part;
  });
  const [name, type, space] = parts;
  const info: DataInfo = { ...parseType(type), shape: parseExtents(space), chunks: null };
  const count = info.shape?.reduce((product, extent) => product * extent, 1) ?? 0;
  const text = textAt(name, 0);
  expectPlain(new TextEncoder().encode(text).length + 1 === name.byteLength, 'a name of another length');
  return { name: text, attribute: { info, value: partOf(message, at, count * info.size) } };
}
