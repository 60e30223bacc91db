/** Values of a fixed size: numbers, times and dense vectors, read straight into typed arrays. */
import { type DenseVectorType, isDenseVector, type LogicalType } from '../../core/types.ts';
import { decodeUtf8 } from '../../core/values.ts';
import { byteStore } from './byte-store.ts';
import { readFloat32Vector } from './float-vector.ts';
import { readBfloat, readDouble, readFloat32, readHalf, readInt64, readInteger } from './numbers.ts';
import { readString } from './strings.ts';
import { misfit, type Text } from './text.ts';
import { parseTimestamp, TIME_RULE } from '../../core/time.ts';
import { beginVector, endElement } from './vector-text.ts';

/** An array that values are read into; 64-bit integers go in two halves. */
export type FixedArray =
  | Uint8Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** How values of a type are read. */
export interface FixedReader {
  /** The array they go into, and how many of its elements one number takes. */
  readonly words: new (length: number) => FixedArray;
  readonly perValue: number;
  /** Reads the value at `text.pos` into `values` from `at` on. */
  read(text: Text, values: FixedArray, at: number): void;
}

/** The reader of `type`. */
export function fixedReader(type: LogicalType): FixedReader {
  if (isDenseVector(type)) return vectorReader(type);
  switch (type.kind) {
    case 'Int8':
      return reader(Int8Array, (text, values, at) => values[at] = readInteger(text, -128, 127));
    case 'Int16':
      return reader(Int16Array, (text, values, at) => values[at] = readInteger(text, -32768, 32767));
    case 'Int32':
      return reader(
        Int32Array,
        (text, values, at) => values[at] = readInteger(text, -2147483648, 2147483647),
      );
    case 'Int64':
      return reader(Int32Array, readInt64, 2);
    case 'Timestamptz':
      return reader(Int32Array, readTime, 2);
    case 'Float':
      return reader(Float32Array, (text, values, at) => values[at] = readFloat32(text));
    case 'Double':
      return reader(Float64Array, (text, values, at) => values[at] = readDouble(text));
    default:
      throw new TypeError(`${type.kind} has no fixed layout`);
  }
}

function vectorReader(type: DenseVectorType): FixedReader {
  const { dim } = type;
  switch (type.kind) {
    case 'FloatVector':
      return reader(Float32Array, (text, values, at) => readFloat32Vector(text, values, at, dim));
    case 'DoubleVector':
      return reader(Float64Array, (text, values, at) => {
        beginVector(text, dim);
        for (let i = 0; i < dim; i++) {
          values[at + i] = readDouble(text);
          endElement(text, i, dim);
        }
      });
    case 'Float16Vector':
      return reader(Uint16Array, elements(dim, readHalf));
    case 'BFloat16Vector':
      return reader(Uint16Array, elements(dim, readBfloat));
    case 'Int8Vector':
      return reader(Int8Array, elements(dim, (text) => readInteger(text, -128, 127)));
    case 'BinaryVector':
      return reader(Uint8Array, elements(dim / 8, (text) => readInteger(text, 0, 255)));
  }
}

function reader<T extends FixedArray>(
  words: new (length: number) => T,
  read: (text: Text, values: T, at: number) => void,
  perValue = 1,
): FixedReader {
  return { words, perValue, read: read as FixedReader['read'] };
}

function elements(count: number, readOne: (text: Text) => number) {
  return (text: Text, values: FixedArray, at: number): void => {
    beginVector(text, count);
    for (let i = 0; i < count; i++) {
      values[at + i] = readOne(text);
      endElement(text, i, count);
    }
  };
}

const time = byteStore(64);

function readTime(text: Text, words: Int32Array, at: number): void {
  const start = text.pos;
  time.length = 0;
  readString(text, time);
  const string = decodeUtf8(time.bytes.subarray(0, time.length))!;
  const micros = parseTimestamp(string);
  if (micros === undefined) {
    throw misfit(text, `${JSON.stringify(string.slice(0, 60))} is no such time`, TIME_RULE, start);
  }
  words[at] = Number(BigInt.asIntN(32, micros));
  words[at + 1] = Number(micros >> 32n);
}
