/**
 * IEEE 754 binary16 and bfloat16 as raw bits. Narrowing rounds to nearest, ties to even; a finite value beyond the type's
 * range becomes an infinity, which callers that must not lose values have to look for.
 */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The number that the binary16 `half` stands for. */
export function halfToNumber(half: number): number {
  const exponent = half >>> 10 & 31;
  const fraction = half & 1023;
  const sign = half & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The binary16 nearest to a double, ties to even. */
export function numberToHalf(value: number): number {
  const odd = oddFloatBits(value);
  const sign = (odd >>> 16) & 0x8000;
  const magnitude = odd & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) return sign | roundShift(magnitude - 0x38000000, 13);
  const shift = 126 - (magnitude >>> 23);
  return shift > 25 ? sign : sign | roundShift((magnitude & 0x7fffff) | 0x800000, shift);
}

/** The number that the bfloat16 `bfloat` stands for. */
export function bfloatToNumber(bfloat: number): number {
  bits[0] = bfloat << 16;
  return float[0];
}

/** The bfloat16 nearest to a double, ties to even. */
export function numberToBfloat(value: number): number {
  const odd = oddFloatBits(value);
  if ((odd & 0x7fffffff) > 0x7f800000) return ((odd >>> 16) & 0x8000) | 0x7fc0;
  return ((odd >>> 16) & 0x8000) | roundShift(odd & 0x7fffffff, 16);
}

/** Table of all binary16 values as float32, for bulk widening. */
export function halfTable(): Float32Array {
  return table ??= Float32Array.from({ length: 65536 }, (_, half) => halfToNumber(half));
}

let table: Float32Array | undefined;

/**
 * The bits of `value` as a float32, rounded to odd: what does not fit is cut off and leaves the last bit set. Rounding
 * that once more gives the same as rounding the double.
 */
function oddFloatBits(value: number): number {
  float[0] = value;
  if (float[0] === value || value !== value) return bits[0];
  if (Math.abs(float[0]) > Math.abs(value)) bits[0]--;
  bits[0] |= 1;
  return bits[0];
}

/** `value` divided by 2^`shift`, rounded to the nearest integer, ties to even. */
function roundShift(value: number, shift: number): number {
  const half = (1 << (shift - 1)) - 1;
  return (value + half + ((value >>> shift) & 1)) >>> shift;
}
