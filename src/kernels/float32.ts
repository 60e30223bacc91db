/** The loops over float32s that are WebAssembly, with the memory that they work in. See `assembly/`. */
import { Buffer } from 'node:buffer';
import { FRACTIONS, POSITION, SHIFTS, TENS } from './assembly/memory.ts';
import { MODULE } from './module.ts';

interface Exports {
  readonly memory: WebAssembly.Memory;
  readFloat32s(from: number, count: number, last: number, to: number): number;
}

/** Floats at most in one call, where they lie, and where their text does. */
const COUNT = 2048;
const FLOATS = 2048;
const TEXT = FLOATS + 4 * COUNT;

/** Bytes of text that are looked at for each float. Longer ones take a few calls more. */
const WIDTH = 16;
/** Room for the longest number that is read here, with what stands around it. */
const LONGEST = 64;

const LINE_FEED = 0x0a;

/** `undefined` on a processor that lacks the instructions (128-bit SIMD); all is done without them then. */
const kernels = open();

function open() {
  const binary = Buffer.from(MODULE, 'base64');
  if (!WebAssembly.validate(binary)) return undefined;
  const instance = new WebAssembly.Instance(new WebAssembly.Module(binary));
  const { memory: { buffer }, readFloat32s } = instance.exports as unknown as Exports;
  new BigUint64Array(buffer, TENS, 17).set(Array.from({ length: 17 }, (_, i) => 10n ** BigInt(i)));
  new Float64Array(buffer, FRACTIONS, 19).set(Array.from({ length: 19 }, (_, i) => Number(`1e-${i}`)));
  new Uint8Array(buffer, SHIFTS, 32).set(Array.from({ length: 32 }, (_, i) => i < 16 ? 255 : i - 16));
  return {
    readFloat32s,
    bytes: new Uint8Array(buffer),
    floats: new Float32Array(buffer, FLOATS, COUNT),
    position: new Uint32Array(buffer, POSITION, 1),
  };
}

/** Numbers that were read, and where the text goes on. */
export interface FloatsRead {
  count: number;
  at: number;
}

/**
 * Reads plain numbers of a JSON array at `text[at]`, separated by commas, into `values[start .. end)`; the last is followed by
 * `]`. Sets `read` to how many it has read before the end or anything unusual, which is left to the caller.
 */
export function readFloats(
  text: Uint8Array,
  at: number,
  values: Float32Array,
  start: number,
  end: number,
  read: FloatsRead,
): void {
  let i = start;
  while (i < end && kernels !== undefined) {
    const { bytes, floats, position, readFloat32s } = kernels;
    const wanted = Math.min(COUNT, end - i);
    const size = Math.min(text.length - at, wanted * WIDTH + LONGEST);
    bytes.set(text.subarray(at, at + size), TEXT);
    // Where the piece ends no number goes on.
    bytes[TEXT + size] = LINE_FEED;
    const count = readFloat32s(TEXT, wanted, i + wanted === end ? 0x5d : 0x2c, FLOATS);
    if (count === 0) break;
    values.set(count === COUNT ? floats : floats.subarray(0, count), i);
    i += count;
    at += position[0] - TEXT;
  }
  read.count = i - start;
  read.at = at;
}
