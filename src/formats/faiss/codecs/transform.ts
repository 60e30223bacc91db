/**
 * Vector transforms before an index (`VectorTransform`): a code, fields of their own, then `i32 d_in, i32 d_out, bool is_trained`.
 * What is read is how to go back.
 */
import type { Cursor, Extent } from '../cursor.ts';
import { MAX_DIM } from '../header.ts';
import { rotationInverse } from './hadamard-rotation.ts';
import { linearInverse } from './linear-inverse.ts';
import { loadFloats, loadInts } from './tables.ts';

/** A transform of vectors of `dimIn` dimensions into such of `dimOut`. */
export interface Transform {
  /** `OPQ 128->64`. */
  readonly label: string;
  readonly dimIn: number;
  readonly dimOut: number;
  /** Whether going back gives the same bits. */
  readonly exact: boolean;
  /** Loads what goes back; or why there is no way back. */
  readonly inverse: (() => Inverse) | string;
}

/** Writes `count` vectors of `dimIn` dimensions to `out`, from those of `dimOut` in `values`. */
export type Inverse = (
  values: Float32Array<ArrayBuffer>,
  count: number,
  out: Float32Array<ArrayBuffer>,
) => void;

/** The fields that a kind has of its own. */
interface Fields {
  readonly name: string;
  readonly exact?: (map: Ends) => boolean;
  inverse(ends: Ends): (() => Inverse) | string;
}

interface Ends {
  readonly dimIn: number;
  readonly dimOut: number;
}

const READERS: Readonly<Record<string, (cursor: Cursor) => Fields>> = {
  rrot: (cursor) => linear(cursor, 'RR'),
  LTra: (cursor) => linear(cursor, 'OPQ'),
  PCAm: (cursor) => pca(cursor, false, false),
  PcAm: (cursor) => pca(cursor, false, true),
  Pcam: (cursor) => pca(cursor, true, true),
  Viqm(cursor) {
    cursor.skip(4 + 4, 'the options of the ITQ matrix');
    return linear(cursor, 'ITQMatrix');
  },
  Viqt: itq,
  RmDT: remap,
  VNrm(cursor) {
    cursor.f32('the norm');
    return { name: 'L2norm', inverse: () => () => (values, _, out) => out.set(values) };
  },
  VCnt: centering,
  HRot(cursor) {
    const seed = cursor.u32('the seed of the rotation');
    return {
      name: 'HR',
      inverse: ({ dimIn, dimOut }) => {
        if (dimIn <= dimOut && (dimOut & (dimOut - 1)) === 0) {
          return () => rotationInverse(seed, dimIn, dimOut);
        }
        throw cursor.malformed(`a Hadamard rotation of ${dimIn} into ${dimOut} dimensions`, {
          expected: 'a power of two, no smaller than the dimensions of the vectors',
        });
      },
    };
  },
};

/** Parses a transform. */
export function readTransform(cursor: Cursor): Transform {
  const start = cursor.position;
  const fourcc = cursor.fourcc('the code of the transform');
  if (!Object.hasOwn(READERS, fourcc)) {
    throw cursor.malformed(`a transform of the unknown kind ${JSON.stringify(fourcc)}`, { byte: start });
  }
  const fields = READERS[fourcc](cursor);
  const dimIn = cursor.small('the number of input dimensions of the transform', 1, MAX_DIM);
  const dimOut = cursor.small('the number of output dimensions of the transform', 1, MAX_DIM);
  cursor.bool('the flag "is trained" of the transform');
  const ends = { dimIn, dimOut };
  return {
    label: `${fields.name} ${dimIn}->${dimOut}`,
    ...ends,
    exact: fields.exact?.(ends) ?? false,
    inverse: fields.inverse(ends),
  };
}

/** `bool have_bias, vec<f32> A[d_out][d_in], vec<f32> b`: y = A x + b. */
function linear(cursor: Cursor, name: string): Fields {
  const start = cursor.position;
  const hasBias = cursor.bool('the flag "has a bias"');
  const matrix = cursor.array('the matrix of the transform', 4);
  const bias = cursor.array('the bias of the transform', 4);
  return {
    name,
    inverse({ dimIn, dimOut }) {
      if (matrix.count === 0) return `the ${name} transform was never trained`;
      if (matrix.count !== dimIn * dimOut || (hasBias && bias.count !== dimOut)) {
        throw cursor.malformed(
          `the matrix of a transform has ${matrix.count} numbers, its bias ${bias.count}`,
          {
            byte: start,
            expected: `${dimIn * dimOut} and ${hasBias ? dimOut : 0}`,
          },
        );
      }
      return () =>
        linearInverse(
          loadFloats(cursor.source, matrix),
          hasBias ? loadFloats(cursor.source, bias) : undefined,
          { dimIn, dimOut, name, place: { file: cursor.source.name, byte: matrix.position } },
        );
    },
  };
}

function pca(cursor: Cursor, hasEpsilon: boolean, hasBins: boolean): Fields {
  const power = cursor.f32('the eigen power of the PCA');
  if (hasEpsilon) cursor.f32('the epsilon of the PCA');
  const rotated = cursor.bool('the flag "random rotation"');
  if (hasBins) cursor.i32('the balanced bins of the PCA');
  cursor.array('the mean of the PCA', 4);
  cursor.array('the eigenvalues of the PCA', 4);
  cursor.array('the principal components', 4);
  return linear(cursor, `PCA${rotated ? 'R' : ''}${power === 0 ? '' : 'W'}`);
}

function itq(cursor: Cursor): Fields {
  cursor.array('the mean of the ITQ', 4);
  cursor.bool('the flag "PCA" of the ITQ');
  for (const part of ['Viqm', 'LTra']) {
    const start = cursor.position;
    const fourcc = cursor.fourcc('the code of the transform');
    if (fourcc !== part) {
      throw cursor.malformed(`a transform ${JSON.stringify(fourcc)} inside ITQ`, {
        byte: start,
        expected: part,
      });
    }
    READERS[part](cursor);
    cursor.skip(4 + 4 + 1, 'the transform inside ITQ');
  }
  return {
    name: 'ITQ',
    inverse: () => 'ITQ centres and scales each vector, and keeps neither place nor length',
  };
}

/** `vec<i32> map[d_out]`: output dimension i is input dimension map[i], or 0 where that is -1. */
function remap(cursor: Cursor): Fields {
  const extent = cursor.array('the map of dimensions', 4);
  const load = ({ dimIn, dimOut }: Ends) => {
    if (extent.count !== dimOut) {
      throw cursor.malformed(`a map of ${extent.count} dimensions`, {
        byte: extent.position,
        expected: `${dimOut}`,
      });
    }
    const map = loadInts(cursor.source, extent);
    const wrong = map.find((from) => from < -1 || from >= dimIn);
    if (wrong === undefined) return map;
    throw cursor.malformed(`a map of dimensions has ${wrong}`, {
      byte: extent.position,
      expected: `-1 to ${dimIn - 1}`,
    });
  };
  return {
    name: 'Remap',
    exact: (ends) => new Set(load(ends).filter((from) => from >= 0)).size === ends.dimIn,
    inverse: (ends) => () => remapInverse(load(ends), ends.dimIn, ends.dimOut),
  };
}

/** Bits are moved as integers, so that no NaN changes. */
export function remapInverse(map: Int32Array, dimIn: number, dimOut: number): Inverse {
  return (values, count, out) => {
    const from = new Int32Array(values.buffer, values.byteOffset, values.length);
    const to = new Int32Array(out.buffer, out.byteOffset, out.length);
    for (let row = 0; row < count; row++) {
      for (let i = 0; i < dimOut; i++) if (map[i] >= 0) to[row * dimIn + map[i]] = from[row * dimOut + i];
    }
  };
}

function centering(cursor: Cursor): Fields {
  const mean: Extent = cursor.array('the mean', 4);
  return {
    name: 'Centering',
    inverse({ dimIn }) {
      if (mean.count === 0) return 'the Centering transform was never trained';
      if (mean.count !== dimIn) {
        throw cursor.malformed(`a mean of ${mean.count} dimensions`, {
          byte: mean.position,
          expected: `${dimIn}`,
        });
      }
      return () => {
        const values = loadFloats(cursor.source, mean);
        return (rows, count, out) => {
          for (let at = 0; at < count * dimIn; at += dimIn) {
            for (let i = 0; i < dimIn; i++) out[at + i] = rows[at + i] + values[i];
          }
        };
      };
    },
  };
}
