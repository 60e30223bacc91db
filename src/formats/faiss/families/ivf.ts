/**
 * IVF indexes: what every IVF begins with, fields of the codes, inverted lists of (code, id). Each kind of codes has a parser of a few
 * lines here; `ivfNode` makes the vectors of codes, lists and centroids.
 */
import { type AdditiveKind, readAdditive } from '../codecs/additive.ts';
import { type Codec, decodedRows } from '../codecs/codec.ts';
import { readEden } from '../codecs/eden.ts';
import { readPq } from '../codecs/pq.ts';
import { type RabitQForm, readRabitQ } from '../codecs/rabitq.ts';
import { readSq } from '../codecs/sq.ts';
import { readTransform } from '../codecs/transform.ts';
import type { DenseVectorType } from '../../../core/types.ts';
import type { Cursor } from '../cursor.ts';
import {
  type IndexNode,
  indexNode,
  type IndexParser,
  type MissingVectors,
  type ParserInput,
} from '../index-node.ts';
import { type InvertedLists, type ListShape, readInvertedLists } from '../lists/inverted-lists.ts';
import { withCentroids, withRefinement } from '../rows/derived-rows.ts';
import { type RowReader, rowReader } from '../rows/rows.ts';
import { oneRun } from '../rows/rows.ts';
import { checkNumbers } from './id-map.ts';
import { centroidsOf, type IvfHeader, readIvfHeader } from './ivf-header.ts';
import { checkCodeSize } from './quantized.ts';

/** How an IVF keeps its vectors. */
export interface IvfVectors {
  readonly label: string;
  readonly type: DenseVectorType;
  readonly lossy?: string;
  /** The vectors of the codes in the lists. */
  rows(lists: InvertedLists): RowReader;
}

/** The node of an IVF over `lists`. */
export function ivfNode(
  { fourcc, cursor }: ParserInput,
  { header, nlist, nprobe, quantizer, label }: IvfHeader,
  lists: InvertedLists | MissingVectors,
  { label: codes, type, lossy, rows }: IvfVectors,
): IndexNode {
  const node = {
    fourcc,
    path: `${label} > ${codes}`,
    header,
    parts: { quantizer },
    byList: true,
  };
  if (!('codes' in lists)) return indexNode({ ...node, facts: { nlist, nprobe }, vectors: lists });
  const stored = lists.codes.count;
  const notes = ['the coarse quantizer (the centroids) is left out: it serves search only'];
  if (stored < header.total) {
    notes.push(
      `${header.total - stored} of ${header.total} vectors were never stored by faiss (NaN in them, say)`,
    );
  }
  if (stored > header.total) {
    notes.push(`the lists hold ${stored} vectors, although the header counts ${header.total}`);
  }
  return indexNode({
    ...node,
    facts: { codeSize: lists.codes.rowBytes, nlist, nprobe, ...lists.facts },
    notes,
    vectors: {
      type,
      rows: stored === 0 ? noRows(cursor, type) : rows(lists),
      ...(lossy === undefined ? {} : { lossy }),
    },
    ids: lists.ids,
  });
}

/** An index may be untrained and so have no centroids, as long as it has no rows. */
function noRows({ source }: Cursor, type: DenseVectorType): RowReader {
  const rowBytes = type.kind === 'BinaryVector' ? type.dim / 8 : type.dim * 4;
  return rowReader(source, oneRun(0, 0, rowBytes));
}

/** Vectors stored as they were. */
export function exactVectors(dim: number, label = 'Flat'): IvfVectors {
  return { label, type: { kind: 'FloatVector', dim }, rows: ({ codes }) => codes };
}

/** Vectors of codes, of residuals where `byResidual`. */
export function codedVectors(
  cursor: Cursor,
  { quantizer, nlist, header }: IvfHeader,
  codec: Codec,
  byResidual: boolean,
): IvfVectors {
  return {
    label: codec.label,
    type: { kind: 'FloatVector', dim: header.dim },
    lossy: `${codec.label} codes`,
    rows({ codes, lists }) {
      const rows = decodedRows(codes, codec);
      return byResidual ? withCentroids(rows, lists, centroidsOf(cursor, quantizer, nlist, header)) : rows;
    },
  };
}

/** Parses the lists of an IVF. */
export function readLists(
  { cursor, sibling }: ParserInput,
  { nlist }: IvfHeader,
  codeSize: number,
  more: Partial<ListShape> = {},
): InvertedLists | MissingVectors {
  return readInvertedLists(cursor, { nlist, codeSize, sibling, ...more });
}

/** `IwFl`: lists of vectors; Milvus' `IwFc` has them in segments. */
export const parseIvfFlat: IndexParser = (input) => {
  const ivf = readIvfHeader(input);
  const { dim, cosine } = ivf.header;
  // Milvus keeps the norms of cosine vectors behind the ids.
  const lists = readLists(input, ivf, dim * 4, { tailBytes: cosine ? 4 : 0 });
  return ivfNode(input, ivf, lists, exactVectors(dim));
};

/** `IwPn`, `IwP2`: `u64 levels, [u64 batch]`, lists in Panorama order. */
export const parseIvfPanorama: IndexParser = (input) => {
  const { fourcc, cursor } = input;
  const ivf = readIvfHeader(input);
  const levels = cursor.count('the number of levels', Number.MAX_SAFE_INTEGER);
  if (fourcc === 'IwP2') cursor.u64('the batch size');
  const { dim } = ivf.header;
  return ivfNode(input, ivf, readLists(input, ivf, dim * 4, { levels }), exactVectors(dim, 'FlatPanorama'));
};

/** `IwSq`: SQ, `u64 code_size, bool by_residual`; `IwSQ` is always by residual. */
export const parseIvfSq: IndexParser = (input) => {
  const { fourcc, cursor } = input;
  const ivf = readIvfHeader(input);
  const sq = readSq(cursor, ivf.header.dim);
  checkCodeSize(cursor, sq);
  const flagged = fourcc === 'IwSQ' || cursor.bool('the flag "by residual"');
  // Without bits, the centroid is all there is.
  const byResidual = flagged || sq.codeBytes === 0;
  const lists = readLists(input, ivf, sq.codeBytes);
  return ivfNode(input, ivf, lists, codedVectors(cursor, ivf, sq, byResidual));
};

/** `IwPQ`: `bool by_residual, u64 code_size`, PQ. */
export const parseIvfPq: IndexParser = (input) => {
  const { cursor } = input;
  const ivf = readIvfHeader(input);
  const { codec, byResidual } = readIvfPqFields(cursor, ivf);
  const lists = readLists(input, ivf, codec.codeBytes);
  return ivfNode(input, ivf, lists, codedVectors(cursor, ivf, codec, byResidual));
};

/** The fields of IVFPQ before its lists. */
export function readIvfPqFields(
  cursor: Cursor,
  { header }: IvfHeader,
): { codec: Codec; byResidual: boolean } {
  const byResidual = cursor.bool('the flag "by residual"');
  const codeSize = cursor.count('the code size', Number.MAX_SAFE_INTEGER);
  const codec = readPq(cursor, header.dim);
  if (codeSize !== codec.codeBytes) {
    throw cursor.malformed(`the index gives its ${codec.label} codes ${codeSize} bytes`, {
      expected: `${codec.codeBytes}`,
    });
  }
  return { codec, byResidual };
}

/** `IwQR`: IVFPQ, then another PQ, its codes by id, `f32 k_factor`. An untrained index ends before its lists do. */
export const parseIvfPqr: IndexParser = (input) => {
  const { cursor } = input;
  const ivf = readIvfHeader(input);
  const { codec, byResidual } = readIvfPqFields(cursor, ivf);
  const lists = readLists(input, ivf, codec.codeBytes);
  return ivfNode(input, ivf, lists, readPqRefinement(cursor, ivf, codec, byResidual));
};

/** Parses the refining PQ behind the lists of IVFPQR. */
export function readPqRefinement(
  cursor: Cursor,
  ivf: IvfHeader,
  codec: Codec,
  byResidual: boolean,
): IvfVectors {
  const coded = codedVectors(cursor, ivf, codec, byResidual);
  if (!ivf.header.trained) return coded;
  const refine = readPq(cursor, ivf.header.dim);
  const { position, count } = cursor.array('the refining codes', 1);
  cursor.f32('the factor of the refinement');
  const total = Math.floor(count / refine.codeBytes);
  const codes = rowReader(cursor.source, oneRun(position, total, refine.codeBytes));
  const check = (ids: BigInt64Array, rowOf: (index: number) => number) =>
    checkNumbers(ids, total, rowOf, cursor.source.name, (id) => `there is no refining code for the id ${id}`);
  return {
    ...coded,
    label: `${codec.label}+${refine.label}`,
    lossy: `${codec.label}+${refine.label} codes`,
    rows: (lists) => withRefinement(coded.rows(lists), lists.ids, decodedRows(codes, refine), check),
  };
}

const ADDITIVE: Readonly<Record<string, AdditiveKind>> = {
  IwRQ: 'RQ',
  IwLS: 'LSQ',
  IwPR: 'PRQ',
  IwPL: 'PLSQ',
};

/** `IwRQ`, `IwLS`, `IwPR`, `IwPL`: `u64 code_size`, quantizer, `bool by_residual, i32 use_precomputed_table`. */
export const parseIvfAdditive: IndexParser = (input) => {
  const { fourcc, cursor } = input;
  const ivf = readIvfHeader(input);
  const codeSize = cursor.count('the code size', Number.MAX_SAFE_INTEGER);
  const aq = readAdditive(cursor, ADDITIVE[fourcc], ivf.header.dim);
  if (codeSize !== aq.codeBytes) {
    throw cursor.malformed(`the index gives its ${aq.label} codes ${codeSize} bytes`, {
      expected: `${aq.codeBytes}`,
    });
  }
  const byResidual = cursor.bool('the flag "by residual"');
  cursor.i32('the flag "use precomputed table"');
  const lists = readLists(input, ivf, aq.codeBytes);
  return ivfNode(input, ivf, lists, codedVectors(cursor, ivf, aq, byResidual));
};

/** `IwEe`, `IwEd`: EDEN, `u64 code_size, bool by_residual`. */
export const parseIvfEden: IndexParser = (input) => {
  const { fourcc, cursor } = input;
  const ivf = readIvfHeader(input);
  const eden = readEden(cursor, ivf.header.dim, fourcc === 'IwEe');
  checkCodeSize(cursor, eden);
  const byResidual = cursor.bool('the flag "by residual"');
  const lists = readLists(input, ivf, eden.codeBytes);
  return ivfNode(input, ivf, lists, codedVectors(cursor, ivf, eden, byResidual));
};

const RABITQ_FORMS: Readonly<Record<string, RabitQForm>> = {
  Iwrq: '1 bit',
  Iwrr: 'multi-bit',
  IwrQ: "Milvus' 1 bit",
};

/** `Iwrq`, `Iwrr`, `IwrQ`: RaBitQ, `u64 code_size, bool by_residual, u8 qb`. */
export const parseIvfRabitQ: IndexParser = (input) => {
  const { fourcc, cursor } = input;
  const ivf = readIvfHeader(input);
  const rabitq = readRabitQ(cursor, ivf.header.dim, RABITQ_FORMS[fourcc]);
  checkCodeSize(cursor, rabitq);
  const byResidual = cursor.bool('the flag "by residual"');
  cursor.u8('the bits of queries');
  const lists = readLists(input, ivf, rabitq.codeBytes);
  return ivfNode(input, ivf, lists, codedVectors(cursor, ivf, rabitq, byResidual));
};

/** `IwSh`: transform, `i32 nbit, f32 period, i32 threshold_type, vec<f32> trained`, lists of sign bits of sines. */
export const parseIvfSpectralHash: IndexParser = (input) => {
  const { cursor } = input;
  const ivf = readIvfHeader(input);
  readTransform(cursor);
  const bits = cursor.small('the number of bits of the spectral hash', 1, 2 ** 24);
  cursor.f32('the period');
  cursor.small('the type of the thresholds', 0, 3);
  cursor.array('the thresholds', 4);
  const lists = readLists(input, ivf, Math.ceil(bits / 8));
  const missing = 'it keeps the sign of a sine for each bit, from which no vector comes back';
  const node = ivfNode(input, ivf, lists, exactVectors(ivf.header.dim, `SpectralHash${bits}`));
  return { ...node, vectors: { missing } };
};
