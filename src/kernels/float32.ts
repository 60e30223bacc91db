/** The loops over float32s that are WebAssembly, with the memory that they work in. See `assembly/`. */
import { Buffer } from 'node:buffer';
import { COUNT, FLOATS, POSITION, TEXT } from './assembly/memory.ts';
import { MODULE } from './module.ts';
import { fillTables } from './tables.ts';

interface Exports {
  readonly memory: WebAssembly.Memory;
  readFloat32s(from: number, count: number, last: number, to: number): number;
  writeFloat32s(from: number, count: number, to: number): number;
}

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
  const { memory, readFloat32s, writeFloat32s } = instance.exports as unknown as Exports;
  const buffer = memory.buffer as ArrayBuffer;
  fillTables(buffer);
  return {
    readFloat32s,
    writeFloat32s,
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

/**
 * Writes the floats [`start`, `end`) as JSON numbers, a comma behind each, to `text[at]` on, where there must be room for 32 bytes
 * each. Returns the end, or `undefined` where there are no kernels.
 */
export function writeFloats(
  text: Uint8Array,
  at: number,
  values: Float32Array,
  start: number,
  end: number,
): number | undefined {
  if (kernels === undefined) return undefined;
  const { bytes, floats, writeFloat32s } = kernels;
  for (let i = start; i < end; i += COUNT) {
    const count = Math.min(COUNT, end - i);
    floats.set(values.subarray(i, i + count));
    const size = writeFloat32s(FLOATS, count, TEXT) - TEXT;
    text.set(bytes.subarray(TEXT, TEXT + size), at);
    at += size;
  }
  return at;
}
