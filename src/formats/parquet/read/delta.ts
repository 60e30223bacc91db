/** The delta encodings; integers are unpacked by hyparquet once their header is checked. */
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { readVarInt } from 'hyparquet/src/thrift.js';
import { VtsError } from '../../../errors.ts';
import {
  bytesSource,
  copyBytes,
  fixedSource,
  plainFixedSource,
  tooFewValues,
  type ValueSource,
} from './value-source.ts';

/** Integers of one page that are unpacked at once; writers stay far below. */
const MOST_VALUES = 1 << 25;

/** DELTA_BINARY_PACKED integers of `width` bytes. */
export function deltaBinarySource(bytes: Uint8Array, width: number, atMost: number): ValueSource {
  const { values } = unpackIntegers(bytes, width, atMost);
  return plainFixedSource(new Uint8Array(values.buffer, 0, values.byteLength), width);
}

/** DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes. */
export function deltaLengthSource(bytes: Uint8Array, atMost: number): ValueSource {
  const { values: lengths, end } = unpackIntegers(bytes, 4, atMost);
  let from = end;
  let next = 0;
  return bytesSource((target, count) => {
    if (next + count > lengths.length) throw tooFewValues();
    for (const last = next + count; next < last; next++) {
      const length = lengths[next] as number;
      if (length < 0 || from + length > bytes.length) throw tooFewValues();
      copyBytes(bytes, from, target, length);
      from += length;
    }
  });
}

/** DELTA_BYTE_ARRAY: the length that each value shares with the one before, then the rest of all as above. */
export function deltaByteArraySource(bytes: Uint8Array, width: number, atMost: number): ValueSource {
  const { values: shared, end } = unpackIntegers(bytes, 4, atMost);
  const tail = bytes.subarray(end);
  const { values: rests, end: restEnd } = unpackIntegers(tail, 4, atMost);
  let from = restEnd;
  let next = 0;
  let last: Uint8Array = new Uint8Array(0);
  const nextValue = (): Uint8Array => {
    if (next >= shared.length || next >= rests.length) throw tooFewValues();
    const prefix = shared[next] as number;
    const rest = rests[next] as number;
    next++;
    if (prefix < 0 || prefix > last.length || rest < 0 || from + rest > tail.length) throw tooFewValues();
    const value = new Uint8Array(prefix + rest);
    value.set(last.subarray(0, prefix));
    value.set(tail.subarray(from, from + rest), prefix);
    from += rest;
    return last = value;
  };
  if (width === 0) {
    return bytesSource((target, count) => {
      for (let i = 0; i < count; i++) {
        const value = nextValue();
        copyBytes(value, 0, target, value.length);
      }
    });
  }
  return fixedSource((target, at, count) => {
    for (let i = 0; i < count; i++) {
      const value = nextValue();
      if (value.length !== width) {
        throw new VtsError('InputMalformed', `a value of ${value.length} bytes`, {
          expected: `${width} bytes`,
        });
      }
      target.set(value, at + i * width);
    }
  });
}

/** The integers at the front of `bytes`, at most `atMost`, and where they end. */
function unpackIntegers(
  bytes: Uint8Array,
  width: number,
  atMost: number,
): { values: Int32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>; end: number } {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  try {
    const block = readVarInt(reader);
    const miniblocks = readVarInt(reader);
    const count = readVarInt(reader);
    const sane = block > 0 && block % 128 === 0 && block <= 1 << 20 && miniblocks > 0 &&
      block % miniblocks === 0 && (block / miniblocks) % 8 === 0;
    if (!sane || count < 0 || count > atMost) {
      throw new VtsError('InputMalformed', `a delta header of ${count} values in blocks of ${block}`, {
        expected: `at most ${atMost} values`,
      });
    }
    if (count > MOST_VALUES) {
      throw new VtsError('MemoryLimit', `a page has ${count} delta-encoded values`, {
        expected: `at most ${MOST_VALUES}`,
        remedy: 'write the file again with smaller pages',
      });
    }
    reader.offset = 0;
    const values = width === 4 ? new Int32Array(count) : new BigInt64Array(count);
    // hyparquet always reads a first value, which an empty list lacks or has for nothing.
    if (count > 0) deltaBinaryUnpack(reader, count, values);
    else skipEmpty(reader);
    return { values, end: reader.offset };
  } catch (error) {
    if (error instanceof RangeError) throw tooFewValues();
    throw error;
  }
}

/** Moves past the header of a list without values, its first value included. */
function skipEmpty(reader: { view: DataView; offset: number }): void {
  for (let i = 0; i < 4 && reader.offset < reader.view.byteLength; i++) readVarInt(reader);
}
