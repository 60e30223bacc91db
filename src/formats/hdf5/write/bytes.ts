/** Little-endian numbers as lists of bytes, for headers. */

const encoder = new TextEncoder();

/** 16 bits. */
export const u16 = (value: number): number[] => [value & 255, value >>> 8 & 255];

/** 32 bits. */
export const u32 = (value: number): number[] => [...u16(value), ...u16(value >>> 16)];

/** 64 bits. */
export const u64 = (
  value: number,
): number[] => [...u32(value % 2 ** 32), ...u32(Math.floor(value / 2 ** 32))];

/** The address, size or dimension that means "none" or "unlimited". */
export const UNDEFINED_U64: readonly number[] = Array(8).fill(255);

/** UTF-8 bytes of `text`. */
export const utf8 = (text: string): number[] => [...encoder.encode(text)];

/** `bytes` with zeros up to a multiple of 8. */
export const padded = (
  bytes: readonly number[],
): number[] => [...bytes, ...Array((8 - bytes.length % 8) % 8).fill(0)];
