// @ts-nocheck: this is AssemblyScript, which its own compiler checks.
/**
 * Vectors of float32 from JSON text, sixteen digits at a time. It takes plain numbers, of up to 18 digits and without exponent,
 * and stops before all else.
 *
 * The digits times a power of ten, in doubles, are off by less than 2^-50 of themselves; so where the values 2^-49 below and
 * above round to the same float, that is the float nearest to the text. Where they do not (one number in a million), it
 * stops too.
 */
import { FRACTIONS, POSITION, SHIFTS, TENS } from './memory.ts';

const BELOW: f64 = 1 - 1 / 562949953421312.0;
const ABOVE: f64 = 1 + 1 / 562949953421312.0;

/**
 * Reads numbers at `from`, `count` at most, into floats at `to`. Behind each must be a comma and perhaps a space, behind number
 * `count` `last`. Returns how many it has read; where it stopped is at POSITION.
 */
export function readFloat32s(from: usize, count: i32, last: u32, to: usize): i32 {
  const first = to;
  let left = count - 1;
  // Whether a space stands behind each comma, told by the first: so where a number begins waits for no comparison.
  let space: usize = 0;
  while (left >= 0) {
    const negative = u32(load<u8>(from) == 0x2d);
    const integer = from + negative;
    let value = <u64> load<u8>(integer) - 0x30;
    if (value > 9) {
      if (space > 0 || load<u8>(from) != 0x20 || to == first) break;
      space = 1;
      from++;
      continue;
    }
    let at = integer + 1;
    for (let digit = <u64> load<u8>(at) - 0x30; digit <= 9; digit = <u64> load<u8>(++at) - 0x30) {
      value = value * 10 + digit;
    }
    let digits = at - integer;
    if (digits > 1 && (digits > 18 || load<u8>(integer) == 0x30)) break;
    // A zero before the point does not count.
    digits -= usize(value == 0);
    let power: usize = 0;
    if (load<u8>(at) == 0x2e) {
      const text = i8x16.sub(v128.load(++at), i8x16.splat(0x30));
      power = ctz(~i8x16.bitmask(i8x16.lt_u(text, i8x16.splat(10))));
      if (power == 0) break;
      value = value * load<u64>(TENS + (power << 3)) +
        sixteenDigits(i8x16.swizzle(text, v128.load(SHIFTS + power)));
      at += power;
      digits += power;
      if (power == 16) {
        for (
          let digit = <u64> load<u8>(at) - 0x30;
          digit <= 9 && digits < 19;
          digit = <u64> load<u8>(++at) - 0x30
        ) {
          value = value * 10 + digit;
          digits++;
          power++;
        }
      }
      if (digits > 18) break;
    }
    const product = <f64> (<i64> value) * load<f64>(FRACTIONS + (power << 3));
    const nearest = <f32> (product * BELOW);
    if (nearest != <f32> (product * ABOVE)) break;
    if (load<u8>(at) != (left > 0 ? 0x2c : last)) break;
    if (space > 0 && left > 0 && load<u8>(at + 1) != 0x20) break;
    store<u32>(to, reinterpret<u32>(nearest) | negative << 31);
    to += 4;
    from = at + 1 + (left > 0 ? space : 0);
    left--;
  }
  store<u32>(POSITION, <u32> from);
  return <i32> (to - first) >>> 2;
}

/** The number whose decimal digits are the bytes of `text`: added up to numbers of 2, 4, 8, 16 digits. */
function sixteenDigits(text: v128): u64 {
  const twos = i16x8.add(
    i16x8.mul(v128.and(text, i16x8.splat(0xff)), i16x8.splat(10)),
    i16x8.shr_u(text, 8),
  );
  const fours = i32x4.dot_i16x8_s(twos, i32x4.splat(0x00010064));
  const eights = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(fours, fours), i32x4.splat(0x00012710));
  return <u64> i32x4.extract_lane(eights, 0) * 100000000 + <u64> i32x4.extract_lane(eights, 1);
}
