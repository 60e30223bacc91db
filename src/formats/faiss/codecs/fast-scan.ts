/**
 * FastScan blocks: 4-bit sub-codes laid out for SIMD registers, `bbs` vectors a block. Sub-code m of vector w of a block, with
 * g = w / 32, r = w % 32, s = r % 16 and a = s < 8 ? 2s : 2(s - 8) + 1, is in byte `(m / 2) * bbs + g * 32 + (m % 2) * 16 + a`: its
 * low half when r < 16, else its high half.
 */
import type { Cursor } from '../cursor.ts';
import type { BlockShape } from '../rows/block-rows.ts';

/** The sizes of FastScan blocks. */
export interface FastScanShape {
  /** Sub-codes of a vector. */
  readonly m: number;
  /** Vectors of a block. */
  readonly bbs: number;
  /** Bytes of a vector behind the sub-codes of its block. */
  readonly extraBytes: number;
}

const MAX_BLOCK = 1 << 26;

/** The blocks of `shape`; rows come out as sub-codes packed like those of a PQ, then the extra bytes. */
export function fastScanBlocks(cursor: Cursor, { m, bbs, extraBytes }: FastScanShape): BlockShape {
  const pairs = Math.ceil(m / 2);
  const packed = Math.ceil(m / 2) * bbs;
  const blockBytes = packed + bbs * extraBytes;
  if (!(bbs > 0 && bbs % 32 === 0) || blockBytes > MAX_BLOCK) {
    throw cursor.malformed(`blocks of ${bbs} vectors with ${m} sub-codes`, {
      expected: `a multiple of 32 vectors, at most ${MAX_BLOCK} bytes`,
    });
  }
  const rowBytes = pairs + extraBytes;
  return {
    blockRows: bbs,
    blockBytes,
    rowBytes,
    unpack(block, slot, count, out) {
      for (let row = 0; row < count; row++) {
        const w = slot + row;
        const s = w & 15;
        const first = (w >>> 5) * 32 + (s < 8 ? 2 * s : 2 * (s - 8) + 1);
        const shift = (w & 31) < 16 ? 0 : 4;
        const to = row * rowBytes;
        for (let pair = 0; pair < pairs; pair++) {
          const byte = pair * bbs + first;
          out[to + pair] = block[byte] >>> shift & 15 | (block[byte + 16] >>> shift & 15) << 4;
        }
        if (extraBytes > 0) {
          const from = packed + w * extraBytes;
          out.set(block.subarray(from, from + extraBytes), to + pairs);
        }
      }
    },
  };
}
