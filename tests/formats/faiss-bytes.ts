/** Builds index files by hand, field by field, for tests of headers that faiss would not write. */

/** One little-endian field. */
export type Part = Uint8Array;

const number = (bytes: number, set: (view: DataView) => void): Part => {
  const view = new DataView(new ArrayBuffer(bytes));
  set(view);
  return new Uint8Array(view.buffer);
};

export const text = (code: string): Part => Uint8Array.from(code, (c) => c.charCodeAt(0));
export const u8 = (value: number): Part => Uint8Array.of(value);
export const i32 = (value: number): Part => number(4, (view) => view.setInt32(0, value, true));
export const f32 = (value: number): Part => number(4, (view) => view.setFloat32(0, value, true));
export const i64 = (value: number | bigint): Part =>
  number(8, (view) => view.setBigInt64(0, BigInt(value), true));

/** A length and as many elements. */
export const array = (elements: readonly Part[]): Part => join(i64(elements.length), ...elements);

/** All parts in one. */
export function join(...parts: readonly Part[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The header of a float index. */
export function header(
  dim: number,
  total: number | bigint,
  more: { unused?: [number, number]; trained?: number; metric?: number } = {},
): Part {
  const { unused: [first, second] = [2 ** 20, 2 ** 20], trained = 1, metric = 1 } = more;
  return join(i32(dim), i64(total), i64(first), i64(second), u8(trained), i32(metric));
}

/** A Flat index whose vectors are 0, 1, 2, ... */
export function flat(dim: number, total: number): Part {
  return join(
    text('IxF2'),
    header(dim, total),
    array(Array.from({ length: dim * total }, (_, i) => f32(i))),
  );
}

/** The direct map of an IVF that has none. */
export const NO_DIRECT_MAP = join(u8(0), i64(0));
