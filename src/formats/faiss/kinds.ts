/** Every code that names an index in a file: faiss 1.5 to 1.15, then Milvus' own (knowhere). A further kind is a line here. */
import {
  parseBinaryFromFloat,
  parseBinaryHash,
  parseBinaryIvf,
  parseBinaryMultiHash,
} from './families/binary.ts';
import { parseAdditiveFastScan, parsePqFastScan, parseRabitQFastScan } from './families/fast-scan.ts';
import { parseBinaryFlat, parseFlat, parseFlatPanorama } from './families/flat.ts';
import { parseCagra, parseHnsw, parseHnswPanorama, parseNndescent, parseNsg } from './families/graph.ts';
import { parseIdMap } from './families/id-map.ts';
import {
  parseIvfAdditive,
  parseIvfEden,
  parseIvfFlat,
  parseIvfPanorama,
  parseIvfPq,
  parseIvfPqr,
  parseIvfRabitQ,
  parseIvfSpectralHash,
  parseIvfSq,
} from './families/ivf.ts';
import { parseIvfDedup } from './families/ivf-dedup.ts';
import {
  parseIvfAdditiveFastScan,
  parseIvfPqFastScan,
  parseIvfRabitQFastScan,
} from './families/ivf-fast-scan.ts';
import { parseOldIvfFlat, parseOldIvfPq, parseOldIvfSq } from './families/ivf-old.ts';
import { parseIndependentQuantizer, parsePreTransform } from './families/pre-transform.ts';
import { parseAdditive, parseEden, parseLsh, parsePq, parseRabitQ, parseSq } from './families/quantized.ts';
import { parseRefine } from './families/refine.ts';
import { parseTwoLevel } from './families/two-level.ts';
import {
  parseLattice,
  parseMultiIndex,
  parseNull,
  parseResidualCoarse,
  parseRowwise,
} from './families/without-vectors.ts';
import type { IndexParser } from './index-node.ts';

/** One kind of index. */
export interface IndexKind {
  /** In words. */
  readonly name: string;
  /** How common it is, P0 the most. */
  readonly priority: 'P0' | 'P1' | 'P2' | 'P3';
  /** Absent where the kind is refused, with a reason. */
  readonly parse?: IndexParser;
  readonly refused?: string;
}

const OLD_RABITQ =
  'what it keeps beside its blocks has changed since; faiss 1.14 or later saves it in a form that vts reads';
const SVS = "its vectors are in a stream that only Intel's library reads";
const SEVERAL = 'Milvus keeps several indexes in it, and says nowhere how';

/** By code. */
export const INDEX_KINDS: Readonly<Record<string, IndexKind>> = {
  null: { name: 'no index', priority: 'P0', parse: parseNull },
  IxFI: { name: 'Flat with inner product', priority: 'P0', parse: parseFlat },
  IxF2: { name: 'Flat with L2', priority: 'P0', parse: parseFlat },
  IxFl: { name: 'Flat with another metric', priority: 'P0', parse: parseFlat },
  IxFP: { name: 'Flat in Panorama order with L2', priority: 'P2', parse: parseFlatPanorama },
  IxFp: { name: 'Flat in Panorama order with inner product', priority: 'P2', parse: parseFlatPanorama },
  IxHe: { name: 'LSH (sign bits)', priority: 'P3', parse: parseLsh },
  IxHE: { name: 'LSH (sign bits), as saved before 2017', priority: 'P3', parse: parseLsh },
  IxPq: { name: 'PQ (product quantization)', priority: 'P1', parse: parsePq },
  IxPQ: { name: 'PQ (product quantization), as saved by old versions', priority: 'P1', parse: parsePq },
  IxPo: { name: 'PQ with polysemous codes', priority: 'P1', parse: parsePq },
  IxSQ: { name: 'SQ (scalar quantization)', priority: 'P1', parse: parseSq },
  IxRq: { name: 'RQ (residual quantization)', priority: 'P3', parse: parseAdditive },
  IxRQ: {
    name: 'RQ (residual quantization), as saved by old versions',
    priority: 'P3',
    parse: parseAdditive,
  },
  IxLS: { name: 'LSQ (local search quantization)', priority: 'P3', parse: parseAdditive },
  IxPR: { name: 'PRQ (product residual quantization)', priority: 'P3', parse: parseAdditive },
  IxPL: { name: 'PLSQ (product local search quantization)', priority: 'P3', parse: parseAdditive },
  ImRQ: {
    name: 'a residual coarse quantizer, which stores no vectors',
    priority: 'P3',
    parse: parseResidualCoarse,
  },
  Imiq: {
    name: 'a multi-index quantizer (IMI), which stores no vectors',
    priority: 'P2',
    parse: parseMultiIndex,
  },
  IPfs: { name: 'PQ FastScan', priority: 'P2', parse: parsePqFastScan },
  ILfs: { name: 'LSQ FastScan', priority: 'P3', parse: parseAdditiveFastScan },
  IRfs: { name: 'RQ FastScan', priority: 'P3', parse: parseAdditiveFastScan },
  IPLf: { name: 'PLSQ FastScan', priority: 'P3', parse: parseAdditiveFastScan },
  IPRf: { name: 'PRQ FastScan', priority: 'P3', parse: parseAdditiveFastScan },
  IxLa: { name: 'a lattice codec, which stores no vectors', priority: 'P3', parse: parseLattice },
  IRMf: {
    name: 'a row-wise min-max codec (float32), which stores no vectors',
    priority: 'P3',
    parse: parseRowwise,
  },
  IRMh: {
    name: 'a row-wise min-max codec (float16), which stores no vectors',
    priority: 'P3',
    parse: parseRowwise,
  },
  IxEe: { name: 'EDEN', priority: 'P3', parse: parseEden },
  IxEd: { name: 'EDEN', priority: 'P3', parse: parseEden },
  Ixrq: { name: 'RaBitQ', priority: 'P3', parse: parseRabitQ },
  Ixrr: { name: 'RaBitQ with more than one bit', priority: 'P3', parse: parseRabitQ },
  Irfn: { name: 'RaBitQ FastScan', priority: 'P3', parse: parseRabitQFastScan },
  Irfs: { name: 'RaBitQ FastScan, as saved before 1.14', priority: 'P3', refused: OLD_RABITQ },
  IxPT: {
    name: 'PreTransform (OPQ, PCA, normalization and the like before another index)',
    priority: 'P1',
    parse: parsePreTransform,
  },
  IxRF: { name: 'Refine (an index whose results a second one sharpens)', priority: 'P1', parse: parseRefine },
  IxRP: { name: 'Refine in Panorama order', priority: 'P2', parse: parseRefine },
  IxMp: { name: 'IDMap', priority: 'P0', parse: parseIdMap },
  IxM2: { name: 'IDMap2', priority: 'P0', parse: parseIdMap },
  Ix2L: { name: '2-level (a coarse quantizer and PQ)', priority: 'P3', parse: parseTwoLevel },
  IHNf: { name: 'HNSW over Flat', priority: 'P0', parse: parseHnsw },
  IHNp: { name: 'HNSW over PQ', priority: 'P1', parse: parseHnsw },
  IHNs: { name: 'HNSW over SQ', priority: 'P1', parse: parseHnsw },
  IHN2: { name: 'HNSW over a 2-level index', priority: 'P3', parse: parseHnsw },
  IH00: { name: 'HNSW over another index', priority: 'P2', parse: parseHnsw },
  IHfP: { name: 'HNSW over Flat in Panorama order', priority: 'P2', parse: parseHnswPanorama },
  IHNc: { name: 'HNSW from Cagra', priority: 'P2', parse: parseCagra },
  IHc2: { name: 'HNSW from Cagra', priority: 'P2', parse: parseCagra },
  INSf: { name: 'NSG over Flat', priority: 'P2', parse: parseNsg },
  INSp: { name: 'NSG over PQ', priority: 'P2', parse: parseNsg },
  INSs: { name: 'NSG over SQ', priority: 'P2', parse: parseNsg },
  INNf: { name: 'NNDescent over Flat', priority: 'P2', parse: parseNndescent },
  IwFl: { name: 'IVF with Flat', priority: 'P0', parse: parseIvfFlat },
  IwFd: { name: 'IVF with Flat, duplicates stored once', priority: 'P2', parse: parseIvfDedup },
  IwP2: { name: 'IVF with Flat in Panorama order', priority: 'P2', parse: parseIvfPanorama },
  IwPn: { name: 'IVF with Flat in Panorama order', priority: 'P2', parse: parseIvfPanorama },
  IwSq: { name: 'IVF with SQ (scalar quantization)', priority: 'P1', parse: parseIvfSq },
  IwSQ: {
    name: 'IVF with SQ (scalar quantization), as saved by old versions',
    priority: 'P1',
    parse: parseIvfSq,
  },
  IwPQ: { name: 'IVF with PQ (product quantization)', priority: 'P1', parse: parseIvfPq },
  IwQR: { name: 'IVF with PQ and a refining PQ', priority: 'P2', parse: parseIvfPqr },
  IwPf: { name: 'IVF with PQ FastScan', priority: 'P2', parse: parseIvfPqFastScan },
  IwRQ: { name: 'IVF with RQ (residual quantization)', priority: 'P3', parse: parseIvfAdditive },
  IwLS: { name: 'IVF with LSQ (local search quantization)', priority: 'P3', parse: parseIvfAdditive },
  IwPR: { name: 'IVF with PRQ (product residual quantization)', priority: 'P3', parse: parseIvfAdditive },
  IwPL: {
    name: 'IVF with PLSQ (product local search quantization)',
    priority: 'P3',
    parse: parseIvfAdditive,
  },
  IVRf: { name: 'IVF with RQ FastScan', priority: 'P3', parse: parseIvfAdditiveFastScan },
  IVLf: { name: 'IVF with LSQ FastScan', priority: 'P3', parse: parseIvfAdditiveFastScan },
  NPRf: { name: 'IVF with PRQ FastScan', priority: 'P3', parse: parseIvfAdditiveFastScan },
  NPLf: { name: 'IVF with PLSQ FastScan', priority: 'P3', parse: parseIvfAdditiveFastScan },
  IwSh: { name: 'IVF with spectral hashes', priority: 'P3', parse: parseIvfSpectralHash },
  IwEe: { name: 'IVF with EDEN', priority: 'P3', parse: parseIvfEden },
  IwEd: { name: 'IVF with EDEN', priority: 'P3', parse: parseIvfEden },
  Iwrq: { name: 'IVF with RaBitQ', priority: 'P3', parse: parseIvfRabitQ },
  Iwrr: { name: 'IVF with RaBitQ of more than one bit', priority: 'P3', parse: parseIvfRabitQ },
  Iwrn: { name: 'IVF with RaBitQ FastScan', priority: 'P3', parse: parseIvfRabitQFastScan },
  Iwrf: { name: 'IVF with RaBitQ FastScan, as saved before 1.14', priority: 'P3', refused: OLD_RABITQ },
  IwIQ: { name: 'IVF with an independent quantizer', priority: 'P3', parse: parseIndependentQuantizer },
  IvFl: { name: 'IVF with Flat, as saved before 2018', priority: 'P2', parse: parseOldIvfFlat },
  IvFL: { name: 'IVF with Flat, as saved before 2018', priority: 'P2', parse: parseOldIvfFlat },
  IvSQ: { name: 'IVF with SQ, as saved before 2018', priority: 'P2', parse: parseOldIvfSq },
  IvPQ: { name: 'IVF with PQ, as saved before 2018', priority: 'P2', parse: parseOldIvfPq },
  IvQR: { name: 'IVF with PQ and a refining PQ, as saved before 2018', priority: 'P2', parse: parseOldIvfPq },
  ISVD: { name: "Intel's SVS", priority: 'P3', refused: SVS },
  ISV2: { name: "Intel's SVS", priority: 'P3', refused: SVS },
  ILVQ: { name: "Intel's SVS with LVQ", priority: 'P3', refused: SVS },
  ISVL: { name: "Intel's SVS with LeanVec", priority: 'P3', refused: SVS },
  ISVF: { name: "Intel's SVS", priority: 'P3', refused: SVS },
  ISID: { name: "Intel's SVS IVF", priority: 'P3', refused: SVS },
  ISIQ: { name: "Intel's SVS IVF", priority: 'P3', refused: SVS },
  ISIL: { name: "Intel's SVS IVF", priority: 'P3', refused: SVS },
  IBxF: { name: 'binary Flat', priority: 'P1', parse: parseBinaryFlat },
  IBwF: { name: 'binary IVF', priority: 'P1', parse: parseBinaryIvf },
  IBFf: { name: 'binary vectors in a float index', priority: 'P3', parse: parseBinaryFromFloat },
  IBHf: { name: 'binary HNSW', priority: 'P1', parse: parseHnsw },
  IBHc: { name: 'binary HNSW from Cagra', priority: 'P2', parse: parseCagra },
  IBMp: { name: 'binary IDMap', priority: 'P1', parse: parseIdMap },
  IBM2: { name: 'binary IDMap2', priority: 'P1', parse: parseIdMap },
  IBHh: { name: 'binary hash', priority: 'P3', parse: parseBinaryHash },
  IBHm: { name: 'binary multi-hash', priority: 'P3', parse: parseBinaryMultiHash },
  IxF9: { name: "Milvus' Flat with cosine norms", priority: 'P2', parse: parseFlat },
  IxP7: { name: "Milvus' PQ with cosine norms", priority: 'P2', parse: parsePq },
  IxP5: { name: "Milvus' PQ with cosine norms", priority: 'P2', parse: parseAdditive },
  IxS8: { name: "Milvus' SQ with cosine norms", priority: 'P2', parse: parseSq },
  IxS4: { name: "Milvus' SQ with cosine norms", priority: 'P2', parse: parseSq },
  IxSI: { name: "Milvus' SQ with norms", priority: 'P2', parse: parseSq },
  IxSC: { name: "Milvus' SCANN", priority: 'P2', parse: parseRefine },
  IwFc: { name: "Milvus' IVF with Flat in chunks", priority: 'P2', parse: parseIvfFlat },
  IwrQ: { name: "Milvus' IVF with RaBitQ", priority: 'P3', parse: parseIvfRabitQ },
  IHN5: { name: "Milvus' HNSW with cosine", priority: 'P2', parse: parseHnsw },
  IHN6: { name: "Milvus' HNSW with cosine", priority: 'P2', parse: parseHnsw },
  IHN7: { name: "Milvus' HNSW with cosine", priority: 'P2', parse: parseHnsw },
  IHN8: { name: "Milvus' HNSW with cosine", priority: 'P2', parse: parseHnsw },
  IHN9: { name: "Milvus' HNSW with cosine", priority: 'P2', parse: parseHnsw },
  IHNa: { name: "Milvus' HNSW with cosine", priority: 'P2', parse: parseHnsw },
  IHNb: { name: "Milvus' HNSW with cosine", priority: 'P2', parse: parseHnsw },
  IHMV: { name: "Milvus' wrapper of several indexes", priority: 'P3', refused: SEVERAL },
};
