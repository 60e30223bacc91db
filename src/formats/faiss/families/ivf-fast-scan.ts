/**
 * IVF FastScan indexes: lists of blocks of 4-bit codes. `IwPf` (PQ), `IVRf`, `IVLf`, `NPRf`, `NPLf` (additive quantizers), `Iwrn` (RaBitQ).
 */
import { type AdditiveKind, readAdditive } from '../codecs/additive.ts';
import { fastScanBlocks } from '../codecs/fast-scan.ts';
import { readPq } from '../codecs/pq.ts';
import { readRabitQ } from '../codecs/rabitq.ts';
import type { IndexParser } from '../index-node.ts';
import { additiveBlocks, fastScanCodec, readAdditiveFields, readAdditiveTail } from './fast-scan.ts';
import { codedVectors, ivfNode, readLists } from './ivf.ts';
import { readIvfHeader } from './ivf-header.ts';

/** `bool by_residual, u64 code_size, i32 bbs, u64 M2, i32 implem, u64 qbs2`, PQ; Milvus has `bool cosine, [norms]` before the PQ. */
export const parseIvfPqFastScan: IndexParser = (input) => {
  const { cursor } = input;
  const ivf = readIvfHeader(input);
  const byResidual = cursor.bool('the flag "by residual"');
  cursor.u64('the code size');
  const bbs = cursor.i32('the block size');
  cursor.u64('the padded number of sub-codes');
  cursor.i32('the implementation');
  cursor.u64('the query block size');
  const cosine = ivf.header.writtenBy === 'knowhere' && cursor.bool('the flag "cosine"');
  if (cosine) cursor.array('the norms', 4);
  const pq = readPq(cursor, ivf.header.dim);
  if (pq.bits !== 4) throw cursor.malformed(`a FastScan index has ${pq.label} codes`, { expected: '4 bits' });
  const blocks = fastScanBlocks(cursor, { m: pq.m, bbs, extraBytes: 0 });
  const lists = readLists(input, ivf, pq.codeBytes, { blocks });
  const node = ivfNode(input, ivf, lists, codedVectors(cursor, ivf, fastScanCodec(pq), byResidual));
  return cosine ? { ...node, header: { ...node.header, cosine } } : node;
};

const ADDITIVE: Readonly<Record<string, AdditiveKind>> = {
  IVRf: 'RQ',
  IVLf: 'LSQ',
  NPRf: 'PRQ',
  NPLf: 'PLSQ',
};

/** Quantizer, `bool by_residual`, the FastScan fields of additive quantizers with `u64 qbs2` among them. */
export const parseIvfAdditiveFastScan: IndexParser = (input) => {
  const { fourcc, cursor } = input;
  const ivf = readIvfHeader(input);
  const aq = readAdditive(cursor, ADDITIVE[fourcc], ivf.header.dim);
  const byResidual = cursor.bool('the flag "by residual"');
  const { shape } = readAdditiveFields(cursor);
  cursor.u64('the query block size');
  readAdditiveTail(cursor);
  const blocks = additiveBlocks(cursor, aq, shape);
  const lists = readLists(input, ivf, blocks.rowBytes, { blocks });
  return ivfNode(input, ivf, lists, codedVectors(cursor, ivf, fastScanCodec(aq), byResidual));
};

/** RaBitQ, `bool by_residual, u64 code_size, i32 bbs, u64 qbs2, u64 M2, i32 implem, u8 qb, bool centered`. */
export const parseIvfRabitQFastScan: IndexParser = (input) => {
  const { cursor } = input;
  const ivf = readIvfHeader(input);
  const rabitq = readRabitQ(cursor, ivf.header.dim, 'multi-bit');
  const byResidual = cursor.bool('the flag "by residual"');
  cursor.u64('the code size');
  const bbs = cursor.i32('the block size');
  cursor.u64('the query block size');
  cursor.u64('the padded number of sub-codes');
  cursor.i32('the implementation');
  cursor.u8('the bits of queries');
  cursor.bool('the flag "centered"');
  const m = Math.ceil(ivf.header.dim / 4);
  const blocks = fastScanBlocks(cursor, { m, bbs, extraBytes: rabitq.factorBytes });
  const lists = readLists(input, ivf, rabitq.codeBytes, { blocks });
  return ivfNode(input, ivf, lists, codedVectors(cursor, ivf, fastScanCodec(rabitq), byResidual));
};
