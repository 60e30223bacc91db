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

/** Bits of the binary16 nearest to the float32 or float64 `value`. */
export function numberToHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundTiesToEven(magnitude * 2 ** 24);
  const exponent = Math.floor(Math.log2(magnitude));
  const scale = magnitude < 2 ** exponent
    ? exponent - 1
    : magnitude >= 2 ** (exponent + 1)
    ? exponent + 1
    : exponent;
  // A carry out of the fraction moves on into the exponent, as it should.
  return sign | ((scale + 15) * 1024 + roundTiesToEven(magnitude * 2 ** (10 - scale)) - 1024);
}

/** The number that the bfloat16 `bfloat` stands for. */
export function bfloatToNumber(bfloat: number): number {
  bits[0] = bfloat << 16;
  return float[0];
}

/** Bits of the bfloat16 nearest to the float32 `value` (a float64 is first rounded to float32). */
export function numberToBfloat(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  float[0] = value;
  const rounded = bits[0] + 0x7fff + (bits[0] >>> 16 & 1);
  return rounded >>> 16 & 0xffff;
}

/** Table of all binary16 values as float32, for bulk widening. */
export function halfTable(): Float32Array {
  return table ??= Float32Array.from({ length: 65536 }, (_, half) => halfToNumber(half));
}

let table: Float32Array | undefined;

function roundTiesToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
