/**
 * The shortest digits of a float32 that read back to the same float32 and, among those, the nearest to its value.
 *
 * A float32 is the nearest one to every decimal within half the gap to its neighbours. So, after scaling by a power of ten
 * that makes half the gap 0.6 to 6, rounding to an integer always gives digits that read back, and rounding to a multiple
 * of 10, 100, ... does as long as it moves the value by less than half the gap. The scaled value is below 2^28 and the error
 * of scaling below 2^-24 of one, so plain doubles decide; only where a distance comes that close to half the gap, and
 * at powers of two, whose lower gap is half as wide, does the exact routine try one digit after the other.
 */
import { roundText } from './exact-numbers.ts';

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** For each exponent field of a float32: the power of ten to scale by, as exponent and value, and half the gap, scaled. */
const SCALE = new Int32Array(255);
const FACTOR = new Float64Array(255);
const HALF_GAP = new Float64Array(255);
for (let exponent = 0; exponent < 255; exponent++) {
  const halfGap = 2 ** (Math.max(exponent, 1) - 151);
  SCALE[exponent] = -Math.floor(Math.log10(halfGap / 0.6));
  FACTOR[exponent] = Number(`1e${SCALE[exponent]}`);
  HALF_GAP[exponent] = halfGap * FACTOR[exponent];
}

/** How near to half the gap a distance may come before doubles do not decide. */
const DOUBT = 1e-6;

/** Digits as {@linkcode shortestFloat} found them: the number is `digits` times ten to the power -`places`. */
export const shortest = { digits: 0, places: 0 };

/** Finds the digits of `value`, a finite float32 above 0, and leaves them in {@linkcode shortest}. */
export function shortestFloat(value: number): void {
  float[0] = value;
  const bits = word[0];
  const exponent = bits >>> 23;
  if ((bits & 0x7fffff) === 0) return exactShortest(value);
  const scaled = value * FACTOR[exponent];
  const halfGap = HALF_GAP[exponent];
  let places = SCALE[exponent];
  let digits = (scaled + 0.5) | 0;
  let step = 1;
  for (;;) {
    step *= 10;
    const fewer = (scaled / step + 0.5) | 0;
    const distance = Math.abs(fewer * step - scaled);
    if (distance >= halfGap - DOUBT) {
      if (distance <= halfGap + DOUBT) return exactShortest(value);
      break;
    }
    digits = fewer;
    places--;
  }
  shortest.digits = digits;
  shortest.places = places;
}

/** The same by trying 1, 2, 3, ... digits. */
function exactShortest(value: number): void {
  for (let precision = 0; precision < 9; precision++) {
    const [head, power] = value.toExponential(precision).split('e');
    const nearest = Number(head.replace('.', ''));
    // Of a power of two the digits above may read back where the nearer ones below do not.
    for (const digits of [nearest, nearest + 1]) {
      const places = precision - Number(power);
      if (roundText(`${digits}e${-places}`, Math.fround) !== value) continue;
      shortest.digits = digits;
      shortest.places = places;
      return;
    }
  }
  throw new TypeError(`${value} is no float32`);
}
