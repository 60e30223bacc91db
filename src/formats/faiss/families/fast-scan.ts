/**
 * FastScan indexes without lists: 4-bit codes in blocks. `IPfs` (PQ), `IRfs`, `ILfs`, `IPRf`, `IPLf` (additive quantizers), `Irfn`
 * (RaBitQ). Their codes come out of the blocks as those of the plain indexes.
 */
import { type AdditiveKind, readAdditive } from '../codecs/additive.ts';
import type { Codec } from '../codecs/codec.ts';
import { fastScanBlocks, type FastScanShape } from '../codecs/fast-scan.ts';
import { readPq } from '../codecs/pq.ts';
import { readRabitQ } from '../codecs/rabitq.ts';
import type { Cursor } from '../cursor.ts';
import { readHeader } from '../header.ts';
import type { IndexParser } from '../index-node.ts';
import { blockRows, type BlockShape } from '../rows/block-rows.ts';
import type { RowReader } from '../rows/rows.ts';
import { codesNode } from './codes.ts';
import { centredRows } from './quantized.ts';

/** Header, PQ, `i32 implem, i32 bbs, i32 qbs, u64 ntotal2, u64 M2`, blocks. */
export const parsePqFastScan: IndexParser = ({ fourcc, cursor }) => {
  const header = readHeader(cursor);
  const pq = readPq(cursor, header.dim);
  if (pq.bits !== 4) throw cursor.malformed(`a FastScan index has ${pq.label} codes`, { expected: '4 bits' });
  cursor.i32('the implementation');
  const bbs = cursor.i32('the block size');
  cursor.i32('the query block size');
  const blocks = fastScanBlocks(cursor, { m: pq.m, bbs, extraBytes: 0 });
  cursor.u64('the padded number of vectors');
  cursor.u64('the padded number of sub-codes');
  const codes = readBlocks(cursor, header.total, blocks);
  return codesNode(fourcc, header, fastScanCodec(pq), codes);
};

const ADDITIVE: Readonly<Record<string, AdditiveKind>> = {
  IRfs: 'RQ',
  ILfs: 'LSQ',
  IPRf: 'PRQ',
  IPLf: 'PLSQ',
};

/** Header, additive quantizer, its FastScan fields, blocks. */
export const parseAdditiveFastScan: IndexParser = ({ fourcc, cursor }) => {
  const header = readHeader(cursor);
  const aq = readAdditive(cursor, ADDITIVE[fourcc], header.dim);
  const { shape } = readAdditiveFields(cursor);
  cursor.u64('the padded number of vectors');
  readAdditiveTail(cursor);
  const blocks = additiveBlocks(cursor, aq, shape);
  return codesNode(fourcc, header, fastScanCodec(aq), readBlocks(cursor, header.total, blocks));
};

/** `i32 implem, i32 bbs, i32 qbs, u64 M, u64 nbits, u64 ksub, u64 code_size`, as additive FastScan indexes have them. */
export function readAdditiveFields(cursor: Cursor): { shape: FastScanShape } {
  cursor.i32('the implementation');
  const bbs = cursor.i32('the block size');
  cursor.i32('the query block size');
  const m = cursor.count('the number of sub-codes of a FastScan index', 2 ** 20);
  const bits = cursor.count('the number of bits of a sub-code', 64);
  cursor.u64('the values of a sub-code');
  cursor.u64('the code size');
  if (bits !== 4) throw cursor.malformed(`a FastScan index has sub-codes of ${bits} bits`, { expected: '4' });
  return { shape: { m, bbs, extraBytes: 0 } };
}

/** `u64 M2, bool rescale_norm, i32 norm_scale, u64 max_train_points`. */
export function readAdditiveTail(cursor: Cursor): void {
  cursor.u64('the padded number of sub-codes');
  cursor.bool('the flag "rescale norm"');
  cursor.i32('the scale of norms');
  cursor.u64('the number of training points');
}

/** The blocks of additive codes, whose rows must hold all of a code but its norm. */
export function additiveBlocks(
  cursor: Cursor,
  { label, bits }: { readonly label: string; readonly bits: readonly number[] },
  shape: FastScanShape,
): BlockShape {
  if (bits.some((b) => b !== 4) || shape.m < bits.length) {
    throw cursor.malformed(`${label} codes lie in FastScan blocks of ${shape.m} sub-codes`, {
      expected: `at least ${bits.length} sub-codes of 4 bits`,
    });
  }
  return fastScanBlocks(cursor, shape);
}

/** `codec` for codes that come out of blocks: `PQ16x4fs`. */
export function fastScanCodec<C extends Codec>(codec: C): C {
  return { ...codec, label: `${codec.label}fs` };
}

/** Header, RaBitQ, centre, `u8 qb, i32 bbs, u64 ntotal2, u64 M2, u64 code_size`, blocks with each vector's factors. */
export const parseRabitQFastScan: IndexParser = ({ fourcc, cursor }) => {
  const header = readHeader(cursor);
  const rabitq = readRabitQ(cursor, header.dim, 'multi-bit');
  const centre = cursor.position;
  cursor.array('the centre of the vectors', 4);
  cursor.u8('the bits of queries');
  const bbs = cursor.i32('the block size');
  cursor.u64('the padded number of vectors');
  cursor.u64('the padded number of sub-codes');
  cursor.u64('the code size');
  const blocks = fastScanBlocks(cursor, {
    m: Math.ceil(header.dim / 4),
    bbs,
    extraBytes: rabitq.factorBytes,
  });
  const codes = readBlocks(cursor, header.total, blocks);
  const rows = centredRows(cursor.at(centre), header.dim, codes, rabitq);
  return codesNode(fourcc, header, fastScanCodec(rabitq), codes, rows);
};

function readBlocks(cursor: Cursor, total: number, blocks: BlockShape): RowReader {
  const bytes = Math.ceil(total / blocks.blockRows) * blocks.blockBytes;
  const { position } = cursor.arrayOf('the blocks of codes', 1, bytes);
  return blockRows(
    cursor.source,
    { count: total, runAt: () => ({ position, firstRow: 0, rows: total }) },
    blocks,
  );
}
