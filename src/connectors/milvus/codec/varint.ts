/** Columns of integers as varints: seven bits a byte, the lowest first; negative ones take ten bytes, as 64-bit numbers. */
import { type Bytes, malformed, type Spans } from './wire.ts';

/** How many varints lie in `spans`; each span ends where a varint does. */
export function countVarints(bytes: Bytes, spans: Spans): number {
  let count = 0;
  for (let s = 0; s < spans.length; s += 2) {
    const end = spans[s + 1];
    if (bytes[end - 1] > 0x7f) throw malformed('a number has no end', end - 1);
    let more = 0;
    for (let at = spans[s]; at < end; at++) more += bytes[at] >>> 7;
    count += end - spans[s] - more;
  }
  return count;
}

/** The int64 values in `spans`. */
export function decodeInt64s(bytes: Bytes, spans: Spans): BigInt64Array<ArrayBuffer> {
  const values = new BigInt64Array(countVarints(bytes, spans));
  // Two 32-bit halves a value, as all targets are little-endian: a bigint for each would cost ten times as much.
  const halves = new Int32Array(values.buffer);
  let to = 0;
  for (let s = 0; s < spans.length; s += 2) {
    const end = spans[s + 1];
    let at = spans[s];
    while (at < end) {
      let byte = bytes[at++];
      let low = byte & 0x7f;
      let high = 0;
      for (let shift = 7; byte > 0x7f; shift += 7) {
        byte = bytes[at++];
        if (shift < 28) low |= (byte & 0x7f) << shift;
        else if (shift === 28) {
          low |= byte << 28;
          high = (byte & 0x7f) >>> 4;
        } else if (shift < 70) high |= (byte & 0x7f) << (shift - 32);
        else throw malformed('a number has more than ten bytes', at - 1);
      }
      halves[to] = low;
      halves[to + 1] = high;
      to += 2;
    }
  }
  return values;
}

/** The integers in `spans`, which must fit `array`; `what` names their type in messages. */
export function decodeInts(
  bytes: Bytes,
  spans: Spans,
  array: Int8ArrayConstructor | Int16ArrayConstructor | Int32ArrayConstructor,
): Int8Array<ArrayBuffer> | Int16Array<ArrayBuffer> | Int32Array<ArrayBuffer> {
  const values = new array(countVarints(bytes, spans));
  const shift = 32 - 8 * array.BYTES_PER_ELEMENT;
  let to = 0;
  for (let s = 0; s < spans.length; s += 2) {
    const end = spans[s + 1];
    let at = spans[s];
    while (at < end) {
      const start = at;
      let byte = bytes[at++];
      let low = byte & 0x7f;
      let high = 0;
      for (let bits = 7; byte > 0x7f; bits += 7) {
        byte = bytes[at++];
        if (bits < 28) low |= (byte & 0x7f) << bits;
        else if (bits === 28) {
          low |= byte << 28;
          high = (byte & 0x7f) >>> 4;
        } else if (bits < 70) high |= (byte & 0x7f) << (bits - 32);
        else throw malformed('a number has more than ten bytes', at - 1);
      }
      if (low << shift >> shift !== low || high !== low >> 31) {
        throw malformed(`a number does not fit ${8 * array.BYTES_PER_ELEMENT} bits`, start);
      }
      values[to++] = low;
    }
  }
  return values;
}

/** Bytes of the varint whose 64 bits are `high` and `low`. */
export function varintBytes(low: number, high: number): number {
  if (high === 0) return low === 0 ? 1 : Math.ceil((32 - Math.clz32(low)) / 7);
  return Math.ceil((64 - Math.clz32(high)) / 7);
}

/** Writes the varint whose 64 bits are `high` and `low` into `out` from `at` on; returns where it ends. */
export function writeVarint(out: Uint8Array, at: number, low: number, high: number): number {
  while (high !== 0 || (low & ~0x7f) !== 0) {
    out[at++] = low & 0x7f | 0x80;
    low = low >>> 7 | high << 25;
    high >>>= 7;
  }
  out[at++] = low;
  return at;
}

/** A column of integers, to be written as varints. */
export type Integers = Int8Array | Int16Array | Int32Array | BigInt64Array;

/** Bytes of `values` from `from` to `to` as varints. */
export function varintsBytes(values: Integers, from: number, to: number): number {
  let size = 0;
  if (values instanceof BigInt64Array) {
    const halves = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
    for (let i = 2 * from; i < 2 * to; i += 2) size += varintBytes(halves[i], halves[i + 1]);
  } else for (let i = from; i < to; i++) size += varintBytes(values[i], values[i] >> 31);
  return size;
}

/** Writes `values` from `from` to `to` as varints; returns where they end. */
export function writeVarints(
  out: Uint8Array,
  at: number,
  values: Integers,
  from: number,
  to: number,
): number {
  if (values instanceof BigInt64Array) {
    const halves = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
    for (let i = 2 * from; i < 2 * to; i += 2) at = writeVarint(out, at, halves[i], halves[i + 1]);
  } else for (let i = from; i < to; i++) at = writeVarint(out, at, values[i], values[i] >> 31);
  return at;
}
