/**
 * Panorama order: the vectors of a batch level by level, a level being the next `ceil(d / levels)` dimensions. Within a level, they
 * lie vector by vector.
 */
import type { Cursor } from '../cursor.ts';
import type { BlockShape } from '../rows/block-rows.ts';

const MAX_BLOCK = 1 << 28;

/** Batches of `batch` vectors of `dim` float32s in `levels` levels; rows come out as vectors. */
export function panoramaBlocks(cursor: Cursor, dim: number, levels: number, batch: number): BlockShape {
  const blockBytes = batch * dim * 4;
  if (!(levels >= 1 && batch >= 1 && blockBytes <= MAX_BLOCK)) {
    throw cursor.malformed(`batches of ${batch} vectors in ${levels} levels`, {
      expected: `at least 1 of both, and at most ${MAX_BLOCK} bytes a batch`,
    });
  }
  const width = Math.ceil(dim / levels);
  return {
    blockRows: batch,
    blockBytes,
    rowBytes: dim * 4,
    unpack(block, slot, count, out) {
      for (let first = 0; first < dim; first += width) {
        const bytes = Math.min(width, dim - first) * 4;
        const level = first * batch * 4;
        for (let row = 0; row < count; row++) {
          const from = level + (slot + row) * bytes;
          out.set(block.subarray(from, from + bytes), (row * dim + first) * 4);
        }
      }
    },
  };
}
