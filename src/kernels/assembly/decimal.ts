// @ts-nocheck: this is AssemblyScript, which its own compiler checks.
/** Decimals as JSON text. What is stored behind the end that a function returns is overwritten by what comes next. */

const ZEROS: u64 = 0x3030303030303030;
/** `0.000000` */
const LEADING: u64 = 0x3030303030302e30;

/**
 * Writes the nine digits `first` (not 0) and `rest`, a byte each, the first of them in the lowest: the point stands behind
 * `point` digits. In the form of JavaScript's numbers, but whole numbers have a `.0`.
 */
export function writeDecimal(first: u32, rest: u64, point: i32, to: usize): usize {
  const text = rest | ZEROS;
  // Digits behind the first, without zeros at the end.
  const more = 8 - (<i32> clz(rest) >>> 3);
  if (point > 8 || point <= -6) {
    return point > 8 && point <= 21
      ? writeWhole(first, text, point, to)
      : writeExponent(first, text, point - 1, more, to);
  }
  // Zeros in front, or else a point within.
  const within = point > 0;
  store<u64>(to, LEADING);
  to += select<i32>(0, 2 - point, within);
  store<u8>(to, <u8> (first + 0x30));
  store<u64>(to, text, 1);
  const before = select<i32>(point, 9, within);
  store<u8>(to + before, 0x2e);
  store<u64>(to + before, text >>> ((before - 1) << 3), 1);
  return to + 1 + select<i32>(point + max(1, more + 1 - point), more, within);
}

/** Writes nine digits, zeros up to the point, which stands behind 9 to 21 digits, and a zero. */
function writeWhole(first: u32, text: u64, point: i32, to: usize): usize {
  store<u8>(to, <u8> (first + 0x30));
  store<u64>(to, text, 1);
  store<u64>(to, ZEROS, 9);
  store<u64>(to, ZEROS, 17);
  store<u16>(to + point, 0x302e);
  return to + point + 2;
}

/** Writes d.ddde+XX. */
function writeExponent(first: u32, text: u64, exponent: i32, more: i32, to: usize): usize {
  store<u16>(to, <u16> (0x2e30 + first));
  store<u64>(to, text, 2);
  to += more == 0 ? 1 : 2 + more;
  store<u16>(to, exponent < 0 ? 0x2d65 : 0x2b65);
  to += 2;
  const power = abs(exponent);
  if (power >= 10) store<u8>(to++, <u8> (0x30 + power / 10));
  store<u8>(to, <u8> (0x30 + power % 10));
  return to + 1;
}

/** Eight decimal digits of `value`, a byte each, the first in the lowest. */
export function eightDigits(value: u32): u64 {
  const upper = <u32> ((<u64> value * 3518437209) >>> 45);
  const fours: u64 = upper | (<u64> (value - upper * 10000) << 32);
  const hundreds = ((fours * 10486) >>> 20) & 0x7f0000007f;
  const twos = hundreds | ((fours - hundreds * 100) << 16);
  const tens = ((twos * 103) >>> 10) & 0x000f000f000f000f;
  return tens | ((twos - tens * 10) << 8);
}
