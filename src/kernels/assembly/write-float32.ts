// @ts-nocheck: this is AssemblyScript, which its own compiler checks.
/**
 * Vectors of float32 as JSON text. Doubles find the shortest decimals (see `schubfach.ts`), two at a time: their error is below
 * 10^-7 of the last digit, and where they come within DOUBT of a decision, as for powers of two, zeros and what is no number,
 * exact integers do. The three loops are one step each, so that a processor works on several floats at once.
 */
import { writeDecimal } from './decimal.ts';
import { DIGITS, FACTORS, FIRSTS, HALF_GAPS, NINES, PLACES, POINTS } from './memory.ts';
import { writeFloat32 } from './schubfach.ts';

const DOUBT: f64 = 1e-6;

/** Writes `count` floats at `from`, a comma behind each, at `to`. Returns the end. */
export function writeFloat32s(from: usize, count: i32, to: usize): usize {
  for (let i: usize = 0; i < <usize> count; i += 2) findDigits(from + (i << 2), i);
  for (let i: usize = 0; i < <usize> count; i += 4) splitDigits(i);
  for (let i: usize = 0; i < <usize> count; i++) {
    const bits = load<u32>(from + (i << 2));
    const nine = load<u32>(NINES + (i << 2));
    store<u8>(to, 0x2d);
    to += bits >>> 31;
    to = nine == 0 ? writeFloat32(bits, to) : writeDecimal(
      load<u32>(FIRSTS + (i << 2)),
      load<u64>(DIGITS + (i << 3)),
      load<i32>(POINTS + (i << 2)),
      to,
    );
    store<u8>(to++, 0x2c);
  }
  return to;
}

/** Finds the digits of floats `i` and `i` + 1, which lie at `from`: nine, and how many are before the point; 0 in doubt. */
function findDigits(from: usize, i: usize): void {
  const left = (load<u32>(from) >>> 23) & 255;
  const right = (load<u32>(from, 4) >>> 23) & 255;
  const bits = v128.load64_zero(from);
  const value = f64x2.abs(f64x2.promote_low_f32x4(bits));
  const scaled = f64x2.mul(value, pair(FACTORS, left, right));
  const halfGap = pair(HALF_GAPS, left, right);
  // The nearest multiple of ten, if it is within half the gap, or else the nearest whole number.
  const tens = f64x2.mul(f64x2.nearest(f64x2.mul(scaled, f64x2.splat(0.1))), f64x2.splat(10));
  const ones = f64x2.nearest(scaled);
  const distance = f64x2.abs(f64x2.sub(tens, scaled));
  const digits = v128.bitselect(tens, ones, f64x2.lt(distance, halfGap));
  const sure = v128.and(
    f64x2.gt(f64x2.abs(f64x2.sub(distance, halfGap)), f64x2.splat(DOUBT)),
    f64x2.lt(f64x2.abs(f64x2.sub(ones, scaled)), f64x2.splat(0.5 - DOUBT)),
  );
  const irregular = i32x4.eq(v128.and(bits, i32x4.splat(0x7fffff)), i32x4.splat(0));
  // They are 7 to 9 digits; zeros behind them make it nine.
  const below8 = f64x2.lt(digits, f64x2.splat(1e8));
  const below7 = f64x2.lt(digits, f64x2.splat(1e7));
  const shift = v128.bitselect(
    v128.bitselect(f64x2.splat(100), f64x2.splat(10), below7),
    f64x2.splat(1),
    below8,
  );
  // A double from 2^52 on has its whole number in its lowest bits.
  const nine = v128.and(f64x2.add(f64x2.mul(digits, shift), f64x2.splat(4503599627370496)), sure);
  store<u64>(
    NINES + (i << 2),
    i64x2.extract_lane(v128.andnot(v128.shuffle<i32>(nine, nine, 0, 2, 0, 2), irregular), 0),
  );
  const short8 = i64x2.bitmask(below8);
  const short7 = i64x2.bitmask(below7);
  store<i32>(POINTS + (i << 2), load<i32>(PLACES + (left << 2)) - (short8 & 1) - (short7 & 1));
  store<i32>(POINTS + (i << 2), load<i32>(PLACES + (right << 2)) - (short8 >>> 1) - (short7 >>> 1), 4);
}

function pair(table: usize, left: u32, right: u32): v128 {
  return v128.load64_lane(table + (right << 3), v128.load64_zero(table + (left << 3)), 1);
}

/** Splits floats `i` to `i` + 3 into their nine digits, a byte each but the first. */
function splitDigits(i: usize): void {
  const nines = v128.load(NINES + (i << 2));
  const firsts = quotients(nines, 1441151881, 57);
  const eights = i32x4.sub(nines, i32x4.mul(firsts, i32x4.splat(100000000)));
  const upper = quotients(eights, 3518437209, 45);
  const lower = i32x4.sub(eights, i32x4.dot_i16x8_s(upper, i32x4.splat(10000)));
  v128.store(FIRSTS + (i << 2), firsts);
  v128.store(DIGITS + (i << 3), bytesOfFours(v128.shuffle<i32>(upper, lower, 0, 4, 1, 5)));
  v128.store(DIGITS + (i << 3), bytesOfFours(v128.shuffle<i32>(upper, lower, 2, 6, 3, 7)), 16);
}

/** Each of four numbers times `factor` / 2^`shift`. */
function quotients(numbers: v128, factor: u32, shift: i32): v128 {
  const factors = i32x4.splat(factor);
  return v128.shuffle<i32>(
    i64x2.shr_u(i64x2.extmul_low_i32x4_u(numbers, factors), shift),
    i64x2.shr_u(i64x2.extmul_high_i32x4_u(numbers, factors), shift),
    0,
    2,
    4,
    6,
  );
}

/** The four digits of each number below 10,000, the first in the lowest byte. */
function bytesOfFours(fours: v128): v128 {
  const hundreds = i32x4.shr_u(i32x4.dot_i16x8_s(fours, i32x4.splat(5243)), 19);
  const rest = i32x4.sub(fours, i32x4.dot_i16x8_s(hundreds, i32x4.splat(100)));
  const twos = v128.or(hundreds, i32x4.shl(rest, 16));
  const tens = i16x8.shr_u(i16x8.mul(twos, i16x8.splat(103)), 10);
  return v128.or(tens, i16x8.shl(i16x8.sub(twos, i16x8.mul(tens, i16x8.splat(10))), 8));
}
