/**
 * Going back from y = A x + b: x = P (y - b) with P the pseudo-inverse of A. It is A transposed where rows (or columns) are
 * orthonormal, as those of rotations, OPQ and PCA are; a whitening PCA needs the inverse of A At (At A).
 */
import { type Place, VtsError } from '../../../errors.ts';
import type { Inverse } from './transform.ts';

/** The shape of A, and what messages say of it. */
export interface LinearShape {
  readonly dimIn: number;
  readonly dimOut: number;
  readonly name: string;
  readonly place: Place;
}

/** The inverse over `matrix` (A, row by row). @throws VtsError InputUnsupported when A has no full rank */
export function linearInverse(
  matrix: Float32Array<ArrayBuffer>,
  bias: Float32Array | undefined,
  shape: LinearShape,
): Inverse {
  const { dimIn, dimOut } = shape;
  const back = isOrthonormal(matrix, shape)
    ? transposed(matrix, dimOut, dimIn)
    : pseudoInverse(matrix, shape);
  return (values, count, out) => multiply(values, count, bias, back, dimOut, dimIn, out);
}

/** `out = back (values - bias)` for each row; four rows go together, so that each number of `back` is loaded once for them. */
function multiply(
  values: Float32Array,
  count: number,
  bias: Float32Array | undefined,
  back: Float32Array,
  from: number,
  to: number,
  out: Float32Array,
): void {
  const rows = [0, 1, 2, 3].map(() => new Float64Array(from));
  const [a, b, c, d] = rows;
  for (let row = 0; row < count; row += 4) {
    const together = Math.min(4, count - row);
    for (let r = 0; r < together; r++) {
      for (let k = 0; k < from; k++) rows[r][k] = values[(row + r) * from + k] - (bias?.[k] ?? 0);
    }
    for (let j = 0; j < to; j++) {
      let [sumA, sumB, sumC, sumD] = [0, 0, 0, 0];
      const at = j * from;
      for (let k = 0; k < from; k++) {
        const factor = back[at + k];
        sumA += factor * a[k];
        sumB += factor * b[k];
        sumC += factor * c[k];
        sumD += factor * d[k];
      }
      const sums = [sumA, sumB, sumC, sumD];
      for (let r = 0; r < together; r++) out[(row + r) * to + j] = sums[r];
    }
  }
}

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrix.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) result[c * rows + r] = matrix[r * columns + c];
  }
  return result;
}

/** How far a probe may be off; matrices of faiss are off by rounding only. */
const TOLERANCE = 1e-3;

/** Whether A At (or At A, the smaller of the two) is the identity, tried on some vectors. */
function isOrthonormal(matrix: Float32Array, { dimIn, dimOut }: LinearShape): boolean {
  const small = Math.min(dimIn, dimOut);
  for (let probe = 0; probe < 4; probe++) {
    const x = Float64Array.from({ length: small }, (_, i) => Math.sin((i + 1) * (probe + 1.37)));
    const there = small === dimOut
      ? timesTransposed(matrix, x, dimOut, dimIn)
      : times(matrix, x, dimOut, dimIn);
    const back = small === dimOut
      ? times(matrix, there, dimOut, dimIn)
      : timesTransposed(matrix, there, dimOut, dimIn);
    let [off, length] = [0, 0];
    for (let i = 0; i < small; i++) {
      off += (back[i] - x[i]) ** 2;
      length += x[i] ** 2;
    }
    if (!(off <= TOLERANCE ** 2 * length)) return false;
  }
  return true;
}

function times(matrix: Float32Array, x: Float64Array, rows: number, columns: number): Float64Array {
  const y = new Float64Array(rows);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) y[r] += matrix[r * columns + c] * x[c];
  return y;
}

function timesTransposed(matrix: Float32Array, x: Float64Array, rows: number, columns: number): Float64Array {
  const y = new Float64Array(columns);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) y[c] += matrix[r * columns + c] * x[r];
  return y;
}

/** `At (A At)^-1` for a wide A, `(At A)^-1 At` for a tall one: columns of A At x = A (or rows) by Cholesky. */
function pseudoInverse(matrix: Float32Array, { dimIn, dimOut, name, place }: LinearShape): Float32Array {
  const wide = dimOut <= dimIn;
  const rows = wide ? matrix : transposed(matrix, dimOut, dimIn);
  const [small, large] = wide ? [dimOut, dimIn] : [dimIn, dimOut];
  const factor = cholesky(rows, small, large);
  if (factor === undefined) {
    throw new VtsError('InputUnsupported', `The matrix of the ${name} transform cannot be inverted`, place);
  }
  const result = new Float32Array(matrix.length);
  const x = new Float64Array(small);
  for (let column = 0; column < large; column++) {
    for (let i = 0; i < small; i++) x[i] = rows[i * large + column];
    solve(factor, x);
    for (let i = 0; i < small; i++) result[wide ? column * small + i : i * large + column] = x[i];
  }
  return result;
}

/** L with L Lt = R Rt for the rows R; `undefined` when they depend on each other. */
function cholesky(rows: Float32Array, n: number, length: number): Float64Array | undefined {
  const factor = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    let own = 0;
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < length; k++) sum += rows[i * length + k] * rows[j * length + k];
      if (i === j) own = sum;
      for (let k = 0; k < j; k++) sum -= factor[i * n + k] * factor[j * n + k];
      if (i !== j) factor[i * n + j] = sum / factor[j * n + j];
      else if (sum > 1e-10 * own) factor[i * n + i] = Math.sqrt(sum);
      else return undefined;
    }
  }
  return factor;
}

/** Solves L Lt x = b in place. */
function solve(factor: Float64Array, x: Float64Array): void {
  const n = x.length;
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= factor[i * n + k] * x[k];
    x[i] /= factor[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= factor[k * n + i] * x[k];
    x[i] /= factor[i * n + i];
  }
}
