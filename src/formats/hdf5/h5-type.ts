/** The data types that are read: what a value in an HDF5 file becomes. */
import type { ScalarType } from '../../core/types.ts';
import type { TypeInfo } from './data-info.ts';

/** HDF5's type classes. */
export const TYPE_CLASS = {
  integer: 0,
  float: 1,
  time: 2,
  string: 3,
  bitfield: 4,
  opaque: 5,
  compound: 6,
  reference: 7,
  enumeration: 8,
  vlen: 9,
  array: 10,
  complex: 11,
} as const;

/** How one value is turned into an element of a column. Values are little-endian: the library has seen to that. */
export type Element =
  /** Its bytes stay as they are. */
  | { readonly read: 'same'; readonly type: ScalarType; readonly size: number }
  /** Unsigned integers of 1, 2 or 4 bytes become the next wider signed type. */
  | { readonly read: 'widened'; readonly type: ScalarType; readonly size: number }
  /** Unsigned 64-bit integers, which may be too large. */
  | { readonly read: 'uint64'; readonly type: ScalarType; readonly size: 8 }
  | { readonly read: 'float16'; readonly type: ScalarType; readonly size: 2 }
  | { readonly read: 'bool'; readonly type: ScalarType; readonly size: number }
  /** Text in `size` bytes. */
  | { readonly read: 'fixedText'; readonly type: ScalarType; readonly size: number; readonly padding: number }
  /** A pointer to text that a NUL ends. */
  | { readonly read: 'text'; readonly type: ScalarType; readonly size: 4 };

/** The paddings of fixed text. */
export const PADDING = { nulTerminated: 0, nulPadded: 1, spacePadded: 2 } as const;

const SIGNED: Record<number, ScalarType> = {
  1: { kind: 'Int8' },
  2: { kind: 'Int16' },
  4: { kind: 'Int32' },
  8: { kind: 'Int64' },
};
const WIDENED: Record<number, ScalarType> = {
  1: { kind: 'Int16' },
  2: { kind: 'Int32' },
  4: { kind: 'Int64' },
};

/** How values of a type are read; `undefined` when vts has no scalar for them. */
export function elementOf(info: TypeInfo): Element | undefined {
  const { type, size } = info;
  switch (type) {
    case TYPE_CLASS.enumeration:
      if (info.enum_type?.type !== TYPE_CLASS.integer) return undefined;
      return isBoolean(info) ? { read: 'bool', type: { kind: 'Bool' }, size } : integer(size, info.signed);
    case TYPE_CLASS.integer:
      return integer(size, info.signed);
    case TYPE_CLASS.float:
      if (size === 2) return { read: 'float16', type: { kind: 'Float' }, size };
      if (size === 4) return { read: 'same', type: { kind: 'Float' }, size };
      return size === 8 ? { read: 'same', type: { kind: 'Double' }, size } : undefined;
    case TYPE_CLASS.string:
      if (info.vlen) return { read: 'text', type: { kind: 'VarChar' }, size: 4 };
      return {
        read: 'fixedText',
        type: { kind: 'VarChar' },
        size,
        padding: info.strpad ?? PADDING.nulTerminated,
      };
    default:
      return undefined;
  }
}

function integer(size: number, signed: boolean): Element | undefined {
  if (signed) return SIGNED[size] && { read: 'same', type: SIGNED[size], size };
  if (size === 8) return { read: 'uint64', type: { kind: 'Int64' }, size };
  return WIDENED[size] && { read: 'widened', type: WIDENED[size], size };
}

/** Whether an enumeration is NumPy's bool, as h5py writes it. */
function isBoolean(info: TypeInfo): boolean {
  const members = info.enum_type?.members ?? {};
  return Object.keys(members).length === 2 && members.FALSE === 0 && members.TRUE === 1;
}

/** Whether a type is the compound of index (u32) and value (f32) that sparse vectors are written as. */
export function isPair(info: TypeInfo | undefined): boolean {
  if (info?.type !== TYPE_CLASS.compound || info.size !== 8) return false;
  const [index, value, ...more] = info.compound_type?.members ?? [];
  return more.length === 0 && index?.type === TYPE_CLASS.integer && index.size === 4 && !index.signed &&
    index.offset === 0 && index.littleEndian &&
    value?.type === TYPE_CLASS.float && value.size === 4 && value.offset === 4 && value.littleEndian;
}

/** A type as NumPy calls it, for people. */
export function typeName(info: TypeInfo): string {
  const order = info.littleEndian || info.size === 1 ? '' : ' big-endian';
  const bits = info.size * 8;
  switch (info.type) {
    case TYPE_CLASS.integer:
      return `${info.signed ? 'int' : 'uint'}${bits}${order}`;
    case TYPE_CLASS.float:
      return `float${bits}${order}`;
    case TYPE_CLASS.string:
      return info.vlen ? 'string' : `string(${info.size})`;
    case TYPE_CLASS.enumeration:
      return isBoolean(info)
        ? 'bool'
        : `enum(${Object.keys(info.enum_type?.members ?? {}).slice(0, 8).join(', ')})`;
    case TYPE_CLASS.vlen:
      return `list(${typeName(info.vlen_type!)})`;
    case TYPE_CLASS.array:
      return `${typeName(info.array_type!)}[${info.array_type!.shape.join(', ')}]`;
    case TYPE_CLASS.compound:
      return `compound(${
        info.compound_type!.members.slice(0, 8).map((m) => `${m.name}: ${typeName(m)}`).join(', ')
      })`;
    default:
      return Object.entries(TYPE_CLASS).find(([, value]) => value === info.type)?.[0] ??
        `type class ${info.type}`;
  }
}
