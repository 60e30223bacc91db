/** Sorting 64-bit integers without making a BigInt of any. */

/** The order that sorts `keys` ascending: `keys[order[0]] <= keys[order[1]] <= ...`; equal keys stay in order. */
export function sortOrder(keys: BigInt64Array<ArrayBuffer>): Uint32Array {
  const bytes = new Uint8Array(keys.buffer, keys.byteOffset, keys.byteLength);
  let order = Uint32Array.from({ length: keys.length }, (_, i) => i);
  if (isSorted(keys)) return order;
  let next = new Uint32Array(keys.length);
  for (let digit = 0; digit < 8; digit++) {
    // The sign bit counts the other way round.
    const flip = digit === 7 ? 0x80 : 0;
    const starts = startsOf(bytes, digit, flip);
    if (starts === undefined) continue;
    for (let i = 0; i < order.length; i++) next[starts[bytes[order[i] * 8 + digit] ^ flip]++] = order[i];
    [order, next] = [next, order];
  }
  return order;
}

/** Where each value of a digit begins after sorting by it; `undefined` when all keys have the same. */
function startsOf(bytes: Uint8Array, digit: number, flip: number): Uint32Array | undefined {
  const starts = new Uint32Array(257);
  for (let at = digit; at < bytes.length; at += 8) starts[(bytes[at] ^ flip) + 1]++;
  if (starts.includes(bytes.length / 8)) return undefined;
  for (let value = 1; value < 256; value++) starts[value] += starts[value - 1];
  return starts;
}

function isSorted(keys: BigInt64Array<ArrayBuffer>): boolean {
  const high = new Int32Array(keys.buffer, keys.byteOffset, keys.length * 2);
  const low = new Uint32Array(keys.buffer, keys.byteOffset, keys.length * 2);
  for (let i = 2; i < high.length; i += 2) {
    if (high[i + 1] < high[i - 1] || (high[i + 1] === high[i - 1] && low[i] < low[i - 2])) return false;
  }
  return true;
}
