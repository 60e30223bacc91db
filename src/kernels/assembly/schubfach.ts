// @ts-nocheck: this is AssemblyScript, which its own compiler checks.
/**
 * Any float32 to the shortest decimal that reads back to the same bits and, among those, the nearest to it: after Raffaello
 * Giulietti, "The Schubfach way to render doubles" (2021), with the constants of float32.
 *
 * A float32 is c * 2^q; every decimal within half the gap to its neighbours reads back to it. With k such that this interval
 * is 1 to 10 times 10^k long, it holds a multiple of 10^k, and at most one of 10^(k+1), which then is the shorter one. All
 * values below are multiples of 10^k / 4, rounded to odd, which keeps comparisons exact.
 */
import { eightDigits, writeDecimal } from './decimal.ts';
import { POWERS, TENS } from './memory.ts';

/** Writes the float32 of `bits`, whose sign stands there already. */
export function writeFloat32(bits: u32, to: usize): usize {
  const magnitude = bits & 0x7fffffff;
  if (magnitude - 1 < 0x7f7fffff) return writeFinite(magnitude, to);
  if (magnitude > 0) return writeSpecial(bits, to);
  // 0.0
  store<u32>(to, 0x302e30);
  return to + 3;
}

/** Writes the positive float32 of `bits`. */
function writeFinite(bits: u32, to: usize): usize {
  const field = bits >>> 23;
  const fraction = bits & 0x7fffff;
  const c = field == 0 ? fraction : fraction | 0x800000;
  const q = <i32> max(field, 1) - 150;
  // Below a power of two the gap is half as wide.
  const irregular = fraction == 0 && field > 1;
  // floor(log10(2^q)), or of 3/4 of it; floor(log2(10^-k)).
  const k = (q * 1262611 - (irregular ? 524031 : 0)) >> 22;
  const h = q + ((-k * 1741647) >> 19) + 1;
  const power = load<u64>(POWERS + (<usize> (31 - k) << 3));
  const low = scale(power, ((c << 2) - 2 + u32(irregular)) << h);
  const value = scale(power, (c << 2) << h);
  const high = scale(power, ((c << 2) + 2) << h);
  // The ends of the interval round to an even neighbour, so they belong to it when c is even.
  const least = low + (c & 1);
  const most = high - (c & 1);
  const digits = value >>> 2;
  const tenth = digits / 10;
  const below = least <= tenth * 40;
  const above = tenth * 40 + 40 <= most;
  if (digits >= 10 && below != above) return writeDigits(tenth + u32(above), k + 1, to);
  const floor = least <= digits << 2;
  const ceiling = (digits << 2) + 4 <= most;
  // Half-way between two that read back, the greater one.
  const up = floor != ceiling ? ceiling : value >= (digits << 2) + 2;
  return writeDigits(digits + u32(up), k, to);
}

/** `power` times `factor` / 2^64, rounded to odd. */
function scale(power: u64, factor: u32): u32 {
  const lower = (power & 0xffffffff) * factor;
  const upper = (power >>> 32) * factor + (lower >>> 32);
  return <u32> (upper >>> 32) | u32(<u32> upper > 1);
}

/** Writes `digits`, from 1 to 10^9 - 1, times ten to the power `exponent`. */
function writeDigits(digits: u32, exponent: i32, to: usize): usize {
  let count = 1;
  while (digits >= <u32> load<u64>(TENS + (<usize> count << 3))) count++;
  const nine = digits * <u32> load<u64>(TENS + (<usize> (9 - count) << 3));
  const first = nine / 100000000;
  return writeDecimal(first, eightDigits(nine - first * 100000000), count + exponent, to);
}

/** Writes "NaN", "Infinity" or, over the sign that is there already, "-Infinity". */
function writeSpecial(bits: u32, to: usize): usize {
  to -= bits >>> 31;
  store<u8>(to++, 0x22);
  if ((bits & 0x7fffff) != 0) {
    // NaN"
    store<u32>(to, 0x224e614e);
    return to + 4;
  }
  store<u8>(to, 0x2d);
  to += bits >>> 31;
  // Infinity"
  store<u64>(to, 0x7974696e69666e49);
  store<u8>(to, 0x22, 8);
  return to + 9;
}
