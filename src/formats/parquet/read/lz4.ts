/**
 * LZ4 blocks (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md), bare (LZ4_RAW) or in Hadoop's frame, which the
 * codec LZ4 stands for.
 */
import { isVtsError } from '../../../errors.ts';
import { badCopy, endsEarly, tooLong } from './codec-errors.ts';

/** Literals up to this length are copied faster byte by byte than by a call. */
const SHORT = 64;

/** Unpacks the block `input` into all of `target`. @throws VtsError InputMalformed */
export function unpackLz4(input: Uint8Array, target: Uint8Array): void {
  let at = 0;
  let out = 0;
  const length = (nibble: number): number => {
    let value = nibble;
    if (nibble === 15) {
      let byte: number;
      do {
        if (at >= input.length) throw endsEarly('lz4');
        byte = input[at++];
        value += byte;
      } while (byte === 255);
    }
    return value;
  };
  while (at < input.length) {
    const token = input[at++];
    const literals = length(token >>> 4);
    if (at + literals > input.length) throw endsEarly('lz4');
    if (out + literals > target.length) throw tooLong('lz4', out + literals, target.length);
    if (literals > SHORT) {
      target.set(input.subarray(at, at + literals), out);
      at += literals;
      out += literals;
    } else for (const end = out + literals; out < end;) target[out++] = input[at++];
    if (at === input.length) break;
    if (at + 2 > input.length) throw endsEarly('lz4');
    const distance = input[at] | input[at + 1] << 8;
    at += 2;
    const count = length(token & 15) + 4;
    if (distance === 0 || distance > out || out + count > target.length) throw badCopy('lz4');
    // Where the two overlap, the copy repeats itself.
    let from = out - distance;
    for (const end = out + count; out < end;) target[out++] = target[from++];
  }
  if (out !== target.length) throw endsEarly('lz4');
}

/**
 * Unpacks Hadoop's frame: blocks, each after its unpacked and packed size, big-endian. Some writers leave the frame out.
 * @throws VtsError InputMalformed
 */
export function unpackHadoopLz4(input: Uint8Array, target: Uint8Array): void {
  try {
    const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
    let out = 0;
    for (let at = 0; at < input.length;) {
      if (at + 8 > input.length) throw endsEarly('lz4');
      const unpacked = view.getUint32(at);
      const packed = view.getUint32(at + 4);
      at += 8;
      if (at + packed > input.length) throw endsEarly('lz4');
      if (out + unpacked > target.length) throw tooLong('lz4', out + unpacked, target.length);
      unpackLz4(input.subarray(at, at + packed), target.subarray(out, out + unpacked));
      at += packed;
      out += unpacked;
    }
    if (out !== target.length) throw endsEarly('lz4');
  } catch (error) {
    if (!isVtsError(error)) throw error;
    unpackLz4(input, target);
  }
}
