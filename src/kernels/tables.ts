/** The tables that the kernels read, where `assembly/memory.ts` has them. All are exact or the nearest double. */
import { FACTORS, FRACTIONS, HALF_GAPS, PLACES, POWERS, SHIFTS, TENS } from './assembly/memory.ts';

/** Fills in all tables. */
export function fillTables(memory: ArrayBuffer): void {
  new BigUint64Array(memory, TENS, 17).set(numbers(17, (i) => 10n ** BigInt(i)));
  new Float64Array(memory, FRACTIONS, 19).set(numbers(19, (i) => Number(`1e-${i}`)));
  new Uint8Array(memory, SHIFTS, 32).set(numbers(32, (i) => i < 16 ? 255 : i - 16));
  new BigUint64Array(memory, POWERS, 77).set(numbers(77, (i) => upperBits(i - 31)));
  fillScales(memory);
}

function numbers<T>(length: number, make: (i: number) => T): T[] {
  return Array.from({ length }, (_, i) => make(i));
}

/** The upper 64 bits of 10^`power`, from 2^63 on, rounded up. */
function upperBits(power: number): bigint {
  const ten = 10n ** BigInt(Math.abs(power));
  let shift = 63 - Math.floor(power * Math.log2(10));
  const scaled = () =>
    power < 0 ? (1n << BigInt(shift)) / ten : shift < 0 ? ten >> BigInt(-shift) : ten << BigInt(shift);
  if (scaled() >> 63n === 0n) shift++;
  const exact = power >= 0 && (shift >= 0 || ten % (1n << BigInt(-shift)) === 0n);
  return exact ? scaled() : scaled() + 1n;
}

/** What makes half the gap of float32s 0.5 to 5, by their exponent field; see `write-float32.ts`. */
function fillScales(memory: ArrayBuffer): void {
  const factors = new Float64Array(memory, FACTORS, 256);
  const halfGaps = new Float64Array(memory, HALF_GAPS, 256);
  const places = new Int32Array(memory, PLACES, 256);
  // Zeros and subnormals, infinities and NaN are for others.
  halfGaps.fill(NaN);
  for (let field = 1; field < 255; field++) {
    const gap = 2 ** (field - 150);
    const power = Math.floor(Math.log10(gap));
    factors[field] = Number(`1e${-power}`);
    halfGaps[field] = gap / 2 * factors[field];
    places[field] = 9 + power;
  }
}
