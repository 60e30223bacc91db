/** Arrow bitmaps: one bit a row, least significant bit first; a set bit means valid (or true). */

/** Bytes of a bitmap of `length` bits. */
export function bitmapBytes(length: number): number {
  return (length + 7) >>> 3;
}

/** A bitmap of `length` bits, all set or all clear. Bits past the end are clear. */
export function makeBitmap(length: number, set: boolean): Uint8Array {
  const bitmap = new Uint8Array(bitmapBytes(length));
  if (set) {
    bitmap.fill(255);
    if (length & 7) bitmap[bitmap.length - 1] = (1 << (length & 7)) - 1;
  }
  return bitmap;
}

/** Bit `index` of `bitmap`. */
export function getBit(bitmap: Uint8Array, index: number): boolean {
  return (bitmap[index >>> 3] >>> (index & 7) & 1) === 1;
}

/** Sets bit `index`. */
export function setBit(bitmap: Uint8Array, index: number): void {
  bitmap[index >>> 3] |= 1 << (index & 7);
}

/** Clears bit `index`. */
export function clearBit(bitmap: Uint8Array, index: number): void {
  bitmap[index >>> 3] &= ~(1 << (index & 7));
}

/** How many of the first `length` bits are set. */
export function countBits(bitmap: Uint8Array, length: number): number {
  let count = 0;
  const whole = length >>> 3;
  for (let i = 0; i < whole; i++) count += POPCOUNT[bitmap[i]];
  if (length & 7) count += POPCOUNT[bitmap[whole] & ((1 << (length & 7)) - 1)];
  return count;
}

/** Copies bits [`start`, `end`) to the front of a new bitmap. */
export function sliceBits(bitmap: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  const shift = start & 7;
  const first = start >>> 3;
  if (shift === 0) {
    const slice = bitmap.slice(first, first + bitmapBytes(length));
    if (length & 7) slice[slice.length - 1] &= (1 << (length & 7)) - 1;
    return slice;
  }
  const slice = new Uint8Array(bitmapBytes(length));
  for (let i = 0; i < slice.length; i++) {
    slice[i] = (bitmap[first + i] >>> shift) | ((bitmap[first + i + 1] ?? 0) << (8 - shift));
  }
  if (length & 7) slice[slice.length - 1] &= (1 << (length & 7)) - 1;
  return slice;
}

/** Copies the first `length` bits of `source` into `target` from bit `offset` on, where all bits must be clear. */
export function copyBits(source: Uint8Array, length: number, target: Uint8Array, offset: number): void {
  if ((offset & 7) === 0 && (length & 7) === 0) {
    target.set(source.subarray(0, length >>> 3), offset >>> 3);
    return;
  }
  for (let i = 0; i < length; i++) if (getBit(source, i)) setBit(target, offset + i);
}

const POPCOUNT = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0;
  for (let rest = byte; rest > 0; rest >>= 1) bits += rest & 1;
  return bits;
});
