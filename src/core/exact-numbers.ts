/** Rounding of decimal text with all its digits, for the few numbers where 18 digits do not decide. Slow and exact. */

const bits = new DataView(new ArrayBuffer(8));

/**
 * The value of a narrower type nearest to the JSON number `text`; `round` rounds a double to that type, ties to even.
 *
 * A double rounded twice can differ: the nearest double may be a tie that the text lies just beside. So a text that is no double
 * is first rounded to odd, to that of the doubles around it whose last bit is set: a tie has more zeros at its end, so none
 * is hit, and none lies in between (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
 */
export function roundText(text: string, round: (value: number) => number): number {
  const value = Number(text);
  // Nearly all: whatever the text is between those two, it rounds to the same.
  if (!Number.isFinite(value) || round(neighbour(value, -1)) === round(neighbour(value, 1))) {
    return round(value);
  }
  const side = compareWithDouble(text, value);
  return round(side === 0 || isOdd(value) ? value : neighbour(value, side));
}

/** The next double below (`step` -1) or above (1). */
function neighbour(value: number, step: -1 | 1): number {
  if (value === 0) return step * Number.MIN_VALUE;
  bits.setFloat64(0, value);
  bits.setBigInt64(0, bits.getBigInt64(0) + BigInt(value > 0 ? step : -step));
  return bits.getFloat64(0);
}

/** Whether the last bit is set. */
function isOdd(value: number): boolean {
  bits.setFloat64(0, value);
  return (bits.getUint8(7) & 1) === 1;
}

/** The sign of `text` - `value`, computed exactly. */
function compareWithDouble(text: string, value: number): -1 | 0 | 1 {
  const [decimal, power = '0'] = text.toLowerCase().split('e');
  const [integer, fraction = ''] = decimal.split('.');
  const [digits, ten] = [BigInt(integer + fraction), Number(power) - fraction.length];
  const signed = decimal.startsWith('-') && digits === 0n ? 0n : digits;
  const { mantissa, two } = parts(value);
  const left = signed * 10n ** BigInt(Math.max(ten, 0)) * 2n ** BigInt(Math.max(-two, 0));
  const right = mantissa * 2n ** BigInt(Math.max(two, 0)) * 10n ** BigInt(Math.max(-ten, 0));
  return left < right ? -1 : left > right ? 1 : 0;
}

/** `value` as `mantissa` times two to the power `two`. */
function parts(value: number): { mantissa: bigint; two: number } {
  bits.setFloat64(0, value);
  const raw = bits.getBigUint64(0);
  const exponent = Number((raw >> 52n) & 0x7ffn);
  const fraction = raw & 0xfffffffffffffn;
  const mantissa = exponent === 0 ? fraction : fraction | 0x10000000000000n;
  return { mantissa: value < 0 ? -mantissa : mantissa, two: Math.max(exponent, 1) - 1075 };
}
