/**
 * The run-length and bit-packed hybrid of levels, dictionary indices and booleans
 * (https://github.com/apache/parquet-format/blob/master/Encodings.md#RLE), read piece by piece, so that a run of a billion
 * equal values takes no memory.
 */
import { VtsError } from '../../../errors.ts';

/** Reads values of `width` bits, at most 32. */
export class HybridReader {
  readonly #bytes: Uint8Array;
  readonly #width: number;
  #at = 0;
  /** Values left in the run at hand, which is of one value or bit-packed. */
  #left = 0;
  #packed = false;
  #value = 0;
  /** Of a bit-packed run: the bit of `#bytes` that comes next. */
  #bit = 0;

  constructor(bytes: Uint8Array, width: number) {
    if (width > 32) {
      throw new VtsError('InputMalformed', `values of ${width} bits`, { expected: 'at most 32 bits' });
    }
    this.#bytes = bytes;
    this.#width = width;
  }

  /** Puts the next `count` values to the front of `target`; returns how many of them are `wanted`, if that is asked for. */
  read(target: Uint8Array | Uint32Array, count: number, wanted = -1): number {
    if (this.#width === 0) {
      target.fill(0, 0, count);
      return wanted === 0 ? count : 0;
    }
    let hits = 0;
    for (let done = 0; done < count;) {
      if (this.#left === 0) this.#nextRun();
      const take = Math.min(this.#left, count - done);
      if (!this.#packed) {
        target.fill(this.#value, done, done + take);
        if (this.#value === wanted) hits += take;
      } else {
        this.#unpack(target, done, take);
        if (wanted >= 0) { for (let i = done; i < done + take; i++) if (target[i] === wanted) hits++; }
      }
      this.#left -= take;
      done += take;
    }
    return hits;
  }

  #nextRun(): void {
    const header = this.#varint();
    this.#left = header >>> 1;
    this.#packed = (header & 1) === 1;
    if (this.#packed) {
      this.#left *= 8;
      this.#bit = this.#at * 8;
      this.#at += (header >>> 1) * this.#width;
      return;
    }
    const size = (this.#width + 7) >>> 3;
    if (this.#at + size > this.#bytes.length) throw endsEarly();
    this.#value = 0;
    for (let i = 0; i < size; i++) this.#value |= this.#bytes[this.#at++] << (8 * i);
    this.#value >>>= 0;
  }

  #varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.#at >= this.#bytes.length) throw endsEarly();
      const byte = this.#bytes[this.#at++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new VtsError('InputMalformed', 'the length of a run takes more than 32 bits');
  }

  /** The last group of a run may be cut off after the values that count. */
  #unpack(target: Uint8Array | Uint32Array, start: number, count: number): void {
    const width = this.#width;
    const bytes = this.#bytes;
    const bit = this.#bit;
    if (bit + count * width > bytes.length * 8) throw endsEarly();
    this.#bit = bit + count * width;
    let byte = Math.floor(bit / 8);
    let shift = bit & 7;
    let at = start;
    const end = start + count;
    if (width === 8) {
      target.set(bytes.subarray(byte, byte + count), start);
      return;
    }
    if (width === 1 && shift === 0) {
      for (; at + 8 <= end; at += 8) {
        const bits = bytes[byte++];
        target[at] = bits & 1;
        target[at + 1] = bits >>> 1 & 1;
        target[at + 2] = bits >>> 2 & 1;
        target[at + 3] = bits >>> 3 & 1;
        target[at + 4] = bits >>> 4 & 1;
        target[at + 5] = bits >>> 5 & 1;
        target[at + 6] = bits >>> 6 & 1;
        target[at + 7] = bits >>> 7;
      }
    }
    const mask = width === 32 ? -1 : (1 << width) - 1;
    while (at < end) {
      let value = bytes[byte] >>> shift;
      for (let have = 8 - shift, next = byte + 1; have < width; have += 8, next++) {
        value |= bytes[next] << have;
      }
      target[at++] = (value & mask) >>> 0;
      shift += width;
      byte += shift >>> 3;
      shift &= 7;
    }
  }
}

/** Bits that hold the levels 0 to `level`. */
export function levelBits(level: number): number {
  return 32 - Math.clz32(level);
}

function endsEarly(): VtsError {
  return new VtsError('InputMalformed', 'run-length encoded values end early');
}
