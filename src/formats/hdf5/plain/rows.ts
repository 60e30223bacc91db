/** Reads rows of a data set from the pieces in which they are. */
import { release } from '../../../core/garbage.ts';
import { VtsError } from '../../../errors.ts';
import type { ByteSource } from '../../../stores/bytes.ts';
import type { Slab } from '../h5-file.ts';
import { DAMAGED } from '../library/h5-error.ts';
import { readExactlyAside } from '../read-exactly.ts';
import { clearRows, copyRows } from './copy-rows.ts';
import { unfilter } from './filters.ts';
import type { Piece, PlainDataset } from './objects.ts';

/** Fills `target` with the rows of `slab`. @throws VtsError InputTruncated, InputMalformed */
export async function readRows(
  source: ByteSource,
  dataset: PlainDataset,
  slab: Slab,
  target: Uint8Array,
): Promise<void> {
  const { across, filters, rowBytes, pieceRowBytes } = dataset;
  const whole = across === 1 && filters.length === 0 && rowBytes === pieceRowBytes;
  if (whole) await readWholeRows(source, dataset, slab, target);
  else await readPartsOfRows(source, dataset, slab, target);
}

/** Reads each piece into its place; those that follow one another in the file, at once. */
async function readWholeRows(
  source: ByteSource,
  dataset: PlainDataset,
  { firstRow, rows }: Slab,
  target: Uint8Array,
): Promise<void> {
  const { rowBytes, pieceRows } = dataset;
  const pieces = dataset.pieces();
  const end = firstRow + rows;
  for (let row = firstRow; row < end;) {
    const first = Math.floor(row / pieceRows);
    const address = pieces.get(first)?.address;
    let last = first;
    if (address !== undefined) {
      const follows = (piece: number) =>
        pieces.get(piece)?.address === address + (piece - first) * pieceRows * rowBytes;
      while ((last + 1) * pieceRows < end && follows(last + 1)) last++;
    }
    const next = Math.min(end, (last + 1) * pieceRows);
    const part = target.subarray((row - firstRow) * rowBytes, (next - firstRow) * rowBytes);
    if (address === undefined) part.fill(0);
    else await readExactlyAside(source, part, address + (row - first * pieceRows) * rowBytes);
    row = next;
  }
}

/** Reads pieces that are filtered, or narrower or wider than a row, and puts what is asked for of each into its place. */
async function readPartsOfRows(
  source: ByteSource,
  dataset: PlainDataset,
  slab: Slab,
  target: Uint8Array,
): Promise<void> {
  const { rowBytes, pieceRows, pieceRowBytes, across } = dataset;
  const pieces = dataset.pieces();
  const end = slab.firstRow + slab.rows;
  for (let row = slab.firstRow; row < end;) {
    const down = Math.floor(row / pieceRows);
    const next = Math.min(end, (down + 1) * pieceRows);
    const part = { ...slab, firstRow: row, rows: next - row };
    for (let column = 0; column < across; column++) {
      const left = column * pieceRowBytes;
      const width = Math.min(pieceRowBytes, rowBytes - left);
      const piece = pieces.get(down * across + column);
      const bytes = piece && await pieceBytes(source, dataset, piece, part);
      const at = (row - slab.firstRow) * rowBytes + left;
      const to = { bytes: target, at, step: rowBytes };
      if (bytes === undefined) clearRows(to, part.rows, width);
      else copyRows(to, { bytes, at: 0, step: pieceRowBytes }, part.rows, width);
    }
    row = next;
  }
}

/** Rows that are in one piece. If it is filtered, it is read as a whole. */
async function pieceBytes(
  source: ByteSource,
  { filters, info, pieceRows, pieceRowBytes }: PlainDataset,
  { address, bytes, skipped }: Piece,
  { dataset, firstRow, rows }: Slab,
): Promise<Uint8Array> {
  const [start, length] = [firstRow % pieceRows * pieceRowBytes, rows * pieceRowBytes];
  const isFiltered = filters.length > 0;
  const stored = new Uint8Array(isFiltered ? bytes : length);
  await readExactlyAside(source, stored, isFiltered ? address : address + start);
  release(stored.length);
  if (!isFiltered) return stored;
  try {
    const whole = unfilter(stored, {
      ...{ filters, skipped, valueBytes: info.size },
      length: pieceRows * pieceRowBytes,
    });
    release(whole.length);
    return whole.subarray(start, start + length);
  } catch (cause) {
    const { name: file } = source;
    throw new VtsError(
      'InputMalformed',
      `HDF5 cannot read ${dataset}, rows ${firstRow} to ${firstRow + rows - 1}, in ${file}: ${
        (cause as Error).message
      }`,
      { file, field: dataset, byte: address, remedy: DAMAGED, cause },
    );
  }
}
