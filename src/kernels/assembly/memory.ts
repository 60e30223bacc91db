/** Where things lie in memory, for AssemblyScript and TypeScript. The compiler takes the first 1024 bytes to be unused. */

/** 10^0 ... 10^16 as 64-bit integers. */
export const TENS = 1024;
/** 10^0 ... 10^-18, each the nearest double. */
export const FRACTIONS = 1280;
/** At i: the indices that move the first i of sixteen bytes to the end, behind zeros. */
export const SHIFTS = 1536;
/** Where the last call stopped. */
export const POSITION = 1600;
