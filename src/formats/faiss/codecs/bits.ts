/** Codes of a few bits, packed least significant bit first. */

/** The widest code that is read. */
export const MAX_CODE_BITS = 24;

/** The `bits` bits (at most {@linkcode MAX_CODE_BITS}) from bit `from` of the code at byte `at` on. */
export function bitsAt(codes: Uint8Array, at: number, from: number, bits: number): number {
  const byte = at + (from >>> 3);
  const word = codes[byte] | codes[byte + 1] << 8 | codes[byte + 2] << 16 | codes[byte + 3] << 24;
  return word >>> (from & 7) & ((1 << bits) - 1);
}

/** `m` numbers of `bits` bits of each of `count` codes of `codeBytes` bytes. */
export function unpackCodes(
  codes: Uint8Array,
  count: number,
  codeBytes: number,
  m: number,
  bits: number,
): Uint8Array | Uint32Array {
  if (bits === 8 && codeBytes === m) return codes;
  const numbers = bits <= 8 ? new Uint8Array(count * m) : new Uint32Array(count * m);
  if (bits === 4) unpackNibbles(codes, count, codeBytes, m, numbers);
  else {
    let to = 0;
    for (let row = 0; row < count; row++) {
      const at = row * codeBytes;
      for (let k = 0; k < m; k++) numbers[to++] = bitsAt(codes, at, k * bits, bits);
    }
  }
  return numbers;
}

function unpackNibbles(
  codes: Uint8Array,
  count: number,
  codeBytes: number,
  m: number,
  numbers: Uint8Array | Uint32Array,
): void {
  let to = 0;
  for (let row = 0; row < count; row++) {
    const at = row * codeBytes;
    for (let k = 0; k < m; k++) numbers[to++] = codes[at + (k >>> 1)] >>> ((k & 1) << 2) & 15;
  }
}
