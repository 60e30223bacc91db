/** Data types as messages tell them (HDF5 file format specification, version 3.0, section IV.A.2.d). */
import type { TypeInfo } from '../data-info.ts';
import { TYPE_CLASS } from '../h5-type.ts';
import { expectPlain, partOf, textAt } from './file-view.ts';

/** A type and the bytes that tell it. */
interface Told {
  readonly info: TypeInfo;
  readonly bytes: number;
}

const HEAD_BYTES = 8;
/** A type in a type in a type. */
const DEEPEST = 4;

/** The type in `message`. @throws NotPlain for one whose values are not read as they are */
export function parseType(message: DataView<ArrayBuffer>): TypeInfo {
  return parse(message, 0, 0).info;
}

function parse(message: DataView<ArrayBuffer>, at: number, depth: number): Told {
  const body = partOf(message, at, message.byteLength - at);
  const [head, flags, size] = [body.getUint8(0), body.getUint32(0, true) >>> 8, body.getUint32(4, true)];
  const [type, version] = [head & 15, head >>> 4];
  expectPlain(version >= 1 && version <= 3 && depth < DEEPEST && size > 0, 'an unusual type');
  const common = { type, size, signed: false, littleEndian: true, vlen: false };
  switch (type) {
    case TYPE_CLASS.integer:
      return { info: { ...common, signed: parseInteger(body, flags, size) }, bytes: HEAD_BYTES + 4 };
    case TYPE_CLASS.float:
      checkFloat(body, flags, size);
      return { info: common, bytes: HEAD_BYTES + 12 };
    case TYPE_CLASS.string:
      return { info: { ...common, strpad: flags & 15 }, bytes: HEAD_BYTES };
    case TYPE_CLASS.compound:
      return parseCompound(body, { version, count: flags & 0xffff, size, depth });
    case TYPE_CLASS.enumeration:
      return parseEnumeration(body, version, flags & 0xffff, depth);
    case TYPE_CLASS.vlen:
      expectPlain(size === 16, 'references of an unusual size');
      return parseVariable(body, flags, depth);
    default:
      expectPlain(false, `type class ${type}`);
  }
}

/** Whether an integer is signed; all of its bits must be used, the lowest first. */
function parseInteger(body: DataView, flags: number, size: number): boolean {
  const [bigEndian, signed] = [1, 8];
  const usual = body.getUint16(8, true) === 0 && body.getUint16(10, true) === size * 8;
  expectPlain(usual && (flags & bigEndian) === 0 && [1, 2, 4, 8].includes(size), 'an unusual integer');
  return (flags & signed) !== 0;
}

/** Where exponent and mantissa lie, and how long they are: `[exponent at, bits, mantissa at, bits, bias]`. */
const IEEE: Readonly<Record<number, readonly number[]>> = {
  2: [10, 5, 0, 10, 15],
  4: [23, 8, 0, 23, 127],
  8: [52, 11, 0, 52, 1023],
};

function checkFloat(body: DataView, flags: number, size: number): void {
  const [orderBits, impliedBit] = [0x41, 0x20];
  const found = [...[12, 13, 14, 15].map((at) => body.getUint8(at)), body.getUint32(16, true)];
  const usual = body.getUint16(8, true) === 0 && body.getUint16(10, true) === size * 8 &&
    (flags & orderBits) === 0 && (flags & 0x30) === impliedBit && flags >>> 8 === size * 8 - 1 &&
    IEEE[size]?.every((value, i) => value === found[i]);
  expectPlain(usual === true, 'an unusual float');
}

/** Names end at multiples of 8 bytes, except in version 3; values follow. */
function parseEnumeration(body: DataView<ArrayBuffer>, version: number, count: number, depth: number): Told {
  const base = parse(body, HEAD_BYTES, depth + 1);
  expectPlain(base.info.type === TYPE_CLASS.integer, 'an enumeration of other than integers');
  const { size, signed } = base.info;
  let at = HEAD_BYTES + base.bytes;
  const names: string[] = [];
  for (let i = 0; i < count; i++) {
    const name = textAt(body, at);
    const bytes = new TextEncoder().encode(name).length + 1;
    at += version === 3 ? bytes : Math.ceil(bytes / 8) * 8;
    names.push(name);
  }
  const members: Record<string, number> = {};
  for (const [i, name] of names.entries()) members[name] = integerAt(body, at + i * size, size, signed);
  const info: TypeInfo = {
    ...{ type: TYPE_CLASS.enumeration, size, signed, littleEndian: true, vlen: false },
    enum_type: { type: TYPE_CLASS.integer, members },
  };
  return { info, bytes: at + count * size };
}

function integerAt(view: DataView, at: number, size: number, signed: boolean): number {
  const bits = size * 8;
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = value << 8n | BigInt(view.getUint8(at + i));
  return Number(signed ? BigInt.asIntN(bits, value) : value);
}

/** Members of numbers, as version 1 has them: names end at multiples of 8 bytes, and there is room for dimensions. */
function parseCompound(
  body: DataView<ArrayBuffer>,
  { version, count, size, depth }: { version: number; count: number; size: number; depth: number },
): Told {
  expectPlain(version === 1, 'an unusual compound');
  let at = HEAD_BYTES;
  const members = Array.from({ length: count }, () => {
    const name = textAt(body, at);
    at += Math.ceil((new TextEncoder().encode(name).length + 1) / 8) * 8;
    const [offset, dimensions] = [body.getUint32(at, true), body.getUint8(at + 4)];
    const member = parse(body, at + 32, depth + 1);
    at += 32 + member.bytes;
    const { type } = member.info;
    const isNumber = type === TYPE_CLASS.integer || type === TYPE_CLASS.float;
    expectPlain(dimensions === 0 && isNumber && offset + member.info.size <= size, 'an unusual member');
    return { ...member.info, name, offset };
  });
  const common = { type: TYPE_CLASS.compound, size, signed: false, littleEndian: true, vlen: false };
  return { info: { ...common, compound_type: { members } }, bytes: at };
}

/** Texts and lists of variable length. */
function parseVariable(body: DataView<ArrayBuffer>, flags: number, depth: number): Told {
  const [kind, isText] = [flags & 15, 1];
  expectPlain(kind <= isText, 'an unusual type');
  const base = parse(body, HEAD_BYTES, depth + 1);
  const bytes = HEAD_BYTES + base.bytes;
  const common = { size: 16, signed: false, littleEndian: true };
  if (kind === isText) {
    return { info: { ...common, type: TYPE_CLASS.string, vlen: true, strpad: flags >>> 4 & 15 }, bytes };
  }
  expectPlain(base.info.type !== TYPE_CLASS.vlen, 'lists of lists');
  return { info: { ...common, type: TYPE_CLASS.vlen, vlen: false, vlen_type: base.info }, bytes };
}

/** Whether values lead to others in the global heap. */
export function holdsReferences({ type, vlen }: TypeInfo): boolean {
  return vlen || type === TYPE_CLASS.vlen;
}
