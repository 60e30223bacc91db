/**
 * The shortest digits of a float32 that read back to the same float32 and, among those, the nearest to its value.
 *
 * A float32 is the nearest one to every decimal within half the gap to its neighbours. So, once scaled by a power of ten
 * that makes half the gap 0.6 to 6, rounding to a whole number always gives digits that read back, and rounding to a
 * multiple of 10, 100, ... does as long as it moves the value by less than half the gap. The scaled value is below 2^28 and
 * the error of scaling below 2^-24, so plain doubles decide: `float-text.ts` does. Where a distance comes within
 * {@linkcode DOUBT} of half the gap, and for powers of two, whose lower gap is half as wide, {@linkcode exactDigits} does.
 */
import { roundText } from '../../core/exact-numbers.ts';

/** For each exponent field of a float32: the power of ten to scale by, its value, and half the gap, scaled. */
export const SCALE = new Int32Array(255);
export const FACTOR = new Float64Array(255);
export const HALF_GAP = new Float64Array(255);
for (let exponent = 0; exponent < 255; exponent++) {
  const halfGap = 2 ** (Math.max(exponent, 1) - 151);
  SCALE[exponent] = -Math.floor(Math.log10(halfGap / 0.6));
  FACTOR[exponent] = Number(`1e${SCALE[exponent]}`);
  HALF_GAP[exponent] = halfGap * FACTOR[exponent];
}

/** How near to half the gap a distance may come before doubles do not decide. */
export const DOUBT = 1e-6;

/** A number: `digits` times ten to the power -`places`. */
export interface Digits {
  readonly digits: number;
  readonly places: number;
}

/** The digits of `value`, a finite float32 above 0, found by trying 1, 2, 3, ... of them. */
export function exactDigits(value: number): Digits {
  for (let precision = 0; precision < 9; precision++) {
    const [head, power] = value.toExponential(precision).split('e');
    const nearest = Number(head.replace('.', ''));
    const places = precision - Number(power);
    // Of a power of two the digits above may read back where the nearer ones below do not.
    for (const digits of [nearest, nearest + 1]) {
      if (roundText(`${digits}e${-places}`, Math.fround) === value) return { digits, places };
    }
  }
  throw new TypeError(`${value} is no float32`);
}

/** The same for a power of two. They are common values, so their digits are kept. */
export function powerOfTwoDigits(value: number): Digits {
  let digits = POWERS_OF_TWO.get(value);
  if (digits === undefined) POWERS_OF_TWO.set(value, digits = exactDigits(value));
  return digits;
}

const POWERS_OF_TWO = new Map<number, Digits>();
