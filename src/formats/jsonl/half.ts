/** The 16-bit floats, as raw bits: IEEE 754 binary16 (`Float16Vector`) and bfloat16, the upper half of a float32. */

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** The value of a binary16. */
export function halfToNumber(half: number): number {
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  const sign = half & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** The value of a bfloat16. */
export function bfloatToNumber(bfloat: number): number {
  word[0] = bfloat << 16;
  return float[0];
}

/** The binary16 nearest to a double, ties to even. */
export function numberToHalf(value: number): number {
  const bits = oddFloatBits(value);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) return sign | roundShift(magnitude - 0x38000000, 13);
  const shift = 126 - (magnitude >>> 23);
  return shift > 25 ? sign : sign | roundShift((magnitude & 0x7fffff) | 0x800000, shift);
}

/** The bfloat16 nearest to a double, ties to even. */
export function numberToBfloat(value: number): number {
  const bits = oddFloatBits(value);
  if ((bits & 0x7fffffff) > 0x7f800000) return ((bits >>> 16) & 0x8000) | 0x7fc0;
  return ((bits >>> 16) & 0x8000) | roundShift(bits & 0x7fffffff, 16);
}

/**
 * The bits of `value` as a float32, rounded to odd: what does not fit is cut off and leaves the last bit set. Rounding
 * that once more gives the same as rounding the double.
 */
function oddFloatBits(value: number): number {
  float[0] = value;
  if (float[0] === value || value !== value) return word[0];
  if (Math.abs(float[0]) > Math.abs(value)) word[0]--;
  word[0] |= 1;
  return word[0];
}

/** `value` divided by 2^`shift`, rounded to the nearest integer, ties to even. */
function roundShift(value: number, shift: number): number {
  const half = (1 << (shift - 1)) - 1;
  return (value + half + ((value >>> shift) & 1)) >>> shift;
}
