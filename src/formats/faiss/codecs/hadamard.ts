/** The fast Walsh-Hadamard transform and the generators of signs that faiss seeds it with. */

/** Transforms `x` (a power of two long) in place, without scaling. */
export function hadamard(x: Float64Array): void {
  for (let half = 1; half < x.length; half *= 2) {
    for (let block = 0; block < x.length; block += half * 2) {
      for (let i = block; i < block + half; i++) {
        const [a, b] = [x[i], x[i + half]];
        x[i] = a + b;
        x[i + half] = a - b;
      }
    }
  }
}

/** The smallest power of two that is at least `n`. */
export function powerOfTwo(n: number): number {
  let power = 1;
  while (power < n) power *= 2;
  return power;
}

/** `count` signs of SplitMix64: -1 for an even number. */
export function* splitMixSigns(seed: number): Generator<number, never> {
  const mask = (1n << 64n) - 1n;
  let state = BigInt(seed);
  for (;;) {
    state = state + 0x9e3779b97f4a7c15n & mask;
    let z = state;
    z = (z ^ z >> 30n) * 0xbf58476d1ce4e5b9n & mask;
    z = (z ^ z >> 27n) * 0x94d049bb133111ebn & mask;
    yield (z ^ z >> 31n) & 1n ? 1 : -1;
  }
}

/** `count` signs of the Mersenne Twister (std::mt19937): 1 for an even number. */
export function mersenneSigns(seed: number, count: number): Float64Array {
  const state = new Uint32Array(624);
  state[0] = seed;
  for (let i = 1; i < 624; i++) {
    state[i] = Math.imul(1812433253, state[i - 1] ^ state[i - 1] >>> 30) + i;
  }
  const signs = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    if (k % 624 === 0) twist(state);
    let y = state[k % 624];
    y ^= y >>> 11;
    y ^= y << 7 & 0x9d2c5680;
    y ^= y << 15 & 0xefc60000;
    y ^= y >>> 18;
    signs[k] = y & 1 ? -1 : 1;
  }
  return signs;
}

function twist(state: Uint32Array): void {
  for (let i = 0; i < 624; i++) {
    const y = state[i] & 0x80000000 | state[(i + 1) % 624] & 0x7fffffff;
    state[i] = state[(i + 397) % 624] ^ y >>> 1 ^ (y & 1 ? 0x9908b0df : 0);
  }
}
