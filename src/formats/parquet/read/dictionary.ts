/** Dictionaries: a page of distinct values in PLAIN, and pages of indices into it. */
import type { SchemaElement } from 'hyparquet';
import { VtsError } from '../../../errors.ts';
import { HybridReader } from './hybrid.ts';
import {
  bytesSource,
  copyBytes,
  fixedSource,
  plainSource,
  tooFewValues,
  type ValueSource,
} from './value-source.ts';
import { type LeafValues, ValuesBuilder, valueWidth } from './values.ts';

/** The distinct values of a column chunk. */
export type Dictionary = LeafValues;

/** Indices unpacked at a time. */
const PIECE = 16384;

/**
 * The dictionary in `bytes`, a page that says it has `count` values.
 * @throws VtsError InputMalformed
 */
export function readDictionary(bytes: Uint8Array, count: number, element: SchemaElement): Dictionary {
  if (element.type === 'BOOLEAN') throw new VtsError('InputMalformed', 'booleans have a dictionary');
  const width = valueWidth(element);
  if (count * (width || 4) > bytes.length) throw tooFewValues();
  const builder = new ValuesBuilder(width);
  plainSource(bytes, element).read(builder, count);
  return builder.finish();
}

/** The values that the indices in `bytes` stand for. The first byte is their width. */
export function dictionarySource(bytes: Uint8Array, dictionary: Dictionary): ValueSource {
  const indices = bytes.length === 0 ? undefined : new HybridReader(bytes.subarray(1), bytes[0]);
  const piece = new Uint32Array(PIECE);
  const inPieces = (count: number, use: (done: number, take: number) => void) => {
    if (count > 0 && indices === undefined) throw tooFewValues();
    for (let done = 0; done < count; done += PIECE) {
      const take = Math.min(PIECE, count - done);
      indices!.read(piece, take);
      for (let i = 0; i < take; i++) {
        if (piece[i] >= dictionary.count) throw noSuchValue(piece[i], dictionary.count);
      }
      use(done, take);
    }
  };
  const { width, bytes: values, offsets } = dictionary;
  if (width === 0) {
    return bytesSource((target, count) =>
      inPieces(count, (_, take) => {
        for (let i = 0; i < take; i++) {
          const index = piece[i];
          copyBytes(values, offsets[index], target, offsets[index + 1] - offsets[index]);
        }
      })
    );
  }
  const gather = gatherer(values, width);
  return fixedSource((target, at, count) =>
    inPieces(count, (done, take) => gather(piece, take, target, at + done * width))
  );
}

type Gather = (indices: Uint32Array, count: number, target: Uint8Array<ArrayBuffer>, at: number) => void;

/** Copies values by their indices, as integers: copying floats one by one may change a NaN's payload. */
function gatherer(values: Uint8Array<ArrayBuffer>, width: number): Gather {
  const words = width % 4 === 0
    ? new Uint32Array(values.buffer, values.byteOffset, values.length / 4)
    : undefined;
  const byBytes: Gather = (indices, count, target, at) => {
    for (let i = 0, to = at; i < count; i++) {
      const from = indices[i] * width;
      for (let b = 0; b < width; b++) target[to++] = values[from + b];
    }
  };
  if (words === undefined) return byBytes;
  const perValue = width / 4;
  return (indices, count, target, at) => {
    if ((target.byteOffset + at) % 4 !== 0) return byBytes(indices, count, target, at);
    const to = new Uint32Array(target.buffer, target.byteOffset + at, count * perValue);
    if (perValue === 1) { for (let i = 0; i < count; i++) to[i] = words[indices[i]]; }
    else {
      for (let i = 0, next = 0; i < count; i++) {
        const from = indices[i] * perValue;
        for (let w = 0; w < perValue; w++) to[next++] = words[from + w];
      }
    }
  };
}

function noSuchValue(index: number, count: number): VtsError {
  return new VtsError('InputMalformed', `a page refers to value ${index} of its dictionary`, {
    expected: `less than ${count}`,
  });
}
