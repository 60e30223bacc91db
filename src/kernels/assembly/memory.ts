/** Where things lie in memory, for AssemblyScript and TypeScript. The compiler takes the first 1024 bytes to be unused. */

/** 10^0 ... 10^16 as 64-bit integers. */
export const TENS = 1024;
/** 10^0 ... 10^-18, each the nearest double. */
export const FRACTIONS = 1280;
/** At i: the indices that move the first i of sixteen bytes to the end, behind zeros. */
export const SHIFTS = 1536;
/** Where the last call of a reader stopped. */
export const POSITION = 1600;
/** The upper 64 bits of 10^-31 ... 10^45, rounded up. */
export const POWERS = 2048;
/** For each exponent field of a float32 the power of ten to scale by, which makes half its gap 0.5 to 5, */
export const FACTORS = 3072;
/** half the gap, scaled, */
export const HALF_GAPS = 5120;
/** and the digits that a scaled number of nine digits has before its point. */
export const PLACES = 7168;

/** Floats at most in one call of a kernel; the steps of a writer keep for each of them */
export const COUNT = 2048;
/** nine digits, */
export const NINES = 8192;
/** how many are before the point, */
export const POINTS = 16384;
/** the first of them, */
export const FIRSTS = 24576;
/** and the others, a byte each. */
export const DIGITS = 32768;

/** Where TypeScript puts floats, and text. */
export const FLOATS = 49152;
export const TEXT = 57344;
